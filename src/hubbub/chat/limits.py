"""The sizes and counts the chat core holds to. Settings with the same names fill them."""

from msgspec import Struct


class Limits(Struct, frozen=True):
    message_length: int = 10_000
    """Unicode code points in a message."""
    username_length: int = 20
    password_min: int = 8
    password_max: int = 100
    groups_per_user: int = 100
    """Private rooms one user may have made and be a member of; those they were brought into are not counted."""
    max_sessions_per_user: int = 100
    """Places where one account may be signed in at once."""
    reactions_per_message: int = 50
    """Different emoji on one message."""
    edits_per_message: int = 100
    """Earlier versions of a message that are kept: the first one, and the latest of the others."""
    resync_after: int = 1000
    """Changed messages past which a resuming client is told to start over."""
    receipts_room: int = 50
    """Members past which it is not tracked what was delivered to whom."""
    large_room: int = 500
    """Members past which a room gets no typing, presence, read or member events."""
