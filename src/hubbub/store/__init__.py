"""Storage: in memory, and on SQL databases."""
