"""Sizes and counts that the chat core enforces. They are set by settings of the same names."""

from msgspec import Struct


class Limits(Struct, frozen=True):
    message_length: int = 10_000
    """Unicode code points in a message."""
    username_length: int = 20
    password_min: int = 8
    password_max: int = 100
    groups_per_user: int = 100
    """Private rooms a user may have created and be a member of. Rooms others added them to do not count."""
    max_sessions_per_user: int = 100
    """Open sessions of an account."""
    reactions_per_message: int = 50
    """Different emoji on one message."""
    edits_per_message: int = 100
    """Previous contents stored per message: the first one, and the latest of the others."""
    pins_per_room: int = 100
    saved_per_user: int = 5000
    drafts_per_user: int = 200
    scheduled_per_user: int = 100
    invitations_per_user: int = 100
    """Open invitations of an account."""
    resync_after: int = 1000
    """Changed messages above which a resuming client has to reload the room."""
    receipts_room: int = 50
    """Members above which delivery is not tracked."""
    large_room: int = 500
    """Members above which a room has no typing, presence, read and member events."""
