"""A plugin for Hubbub: rolls dice, refuses words, and counts them."""
