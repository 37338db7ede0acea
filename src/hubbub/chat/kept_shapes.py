"""Shapes of what is kept: pinned and saved messages, drafts."""

from msgspec import Struct

from hubbub.chat.clock import Timestamp
from hubbub.chat.shapes import Message, Sender


class Pin(Struct):
    """A pinned message, with who pinned it and when."""

    message: Message
    by: Sender
    at: Timestamp


class Saved(Struct, omit_defaults=True):
    """A message that the caller saved, as it is now.

    `remind_at`: when they want to be reminded of it. `reminded_at`: when they were, and have not saved it again since.
    """

    room: int
    seq: int
    saved_at: Timestamp
    remind_at: Timestamp | None = None
    reminded_at: Timestamp | None = None
    message: Message | None = None


class Scheduled(Struct, omit_defaults=True):
    """A message of the caller that will be sent `at` a time. `failed`: the code of the reason for which it was refused
    then; it stays until it is given another time or removed."""

    id: int
    room: int
    content: str
    at: Timestamp
    thread: int | None = None
    also_in_room: bool = False
    reply_to: int | None = None
    failed: str | None = None


class Draft(Struct, omit_defaults=True):
    """What the caller has begun to write. `at`: when it was typed; `thread`: the root of the thread that it is for."""

    room: int
    content: str
    at: Timestamp
    thread: int | None = None
    reply_to: int | None = None
