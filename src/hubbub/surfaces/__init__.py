"""How people come in: the native API and the socket's events."""
