"""Hubbub: a real-time chat system you can pip install."""

__version__ = "0.1.0"
