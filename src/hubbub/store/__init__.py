"""Where it is kept: a store in memory, and one on SQL databases."""
