"""Jobs: the transactional outbox and who carries it out."""
