"""Live delivery of one room, or of one's inbox: as server-sent events, by long polling, over a WebSocket.

Each begins at a position or now, and can be resumed from the last position it gave.
"""
