"""Compatible interfaces of other chat systems: adapters without rules of their own. Each can be disabled."""
