"""The native socket, `/ws`: frames in, events out."""
