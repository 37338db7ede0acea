"""Live delivery of one room, or of the messages to a user: by server-sent events, long polling or a WebSocket.

Each feed begins at a position or now, and can be resumed from the last position it gave.
"""
