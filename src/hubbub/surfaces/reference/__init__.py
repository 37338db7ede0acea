"""The published descriptions of the API, generated from the types the code validates with, and their readable pages."""
