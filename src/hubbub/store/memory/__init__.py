"""A store in dicts and lists, for one process, without persistence."""
