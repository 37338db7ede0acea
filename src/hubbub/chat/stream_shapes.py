"""Shapes of a user's stream."""

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from hubbub.chat.shapes import Message

EntryKind = Literal[
    "direct",
    "mention",
    "reaction",
    "reminder",
    "membership",
    "thread",
    "saved",
    "draft",
    "scheduled",
    "settings",
]

ActivityKind = Literal["mention", "reaction"]


class Marks(Struct):
    """The caller's own marks in a room, as they follow from device to device."""

    read_seq: int
    muted: bool
    archived: bool
    marked_unread: bool


class ThreadMarks(Struct):
    """The caller's own marks in a thread."""

    following: bool
    read_seq: int


class Entry(Struct, omit_defaults=True):
    """An entry of a user's stream, at the `position` of its last change.

    | `kind` | what changed | fields |
    |---|---|---|
    | `direct` | a message that was written to the user directly | `room`, `seq`, `message` |
    | `mention` | a message that mentions the user, or did | `room`, `seq`, `message` |
    | `reaction` | a message of the user's to which somebody else reacted | `room`, `seq`, `message` |
    | `reminder` | the time of a saved message's reminder has come | `room`, `seq`, `message` |
    | `membership` | the user's own marks in a room | `room`, `me` |
    | `thread` | whether the user follows a thread, how far they have read it | `room`, `seq` of its root, `thread` |
    | `saved` | whether the user saved a message, and its reminder | `room`, `seq` |
    | `draft` | a draft of the user | `room`, `seq` of the root if it is in a thread |
    | `scheduled` | a scheduled message: made, changed, sent, failed or removed | `room`, `scheduled`: its id |
    | `settings` | the user's own profile or chosen status | |
    """

    position: int
    kind: Annotated[str, Meta(extra_json_schema={"enum": list(get_args(EntryKind))})]
    """One of `EntryKind`; a later release has more."""
    room: int | None = None
    seq: int | None = None
    me: Marks | None = None
    thread: ThreadMarks | None = None
    message: Message | None = None
    scheduled: int | None = None


class Entries(Struct):
    """Entries, oldest first. `position`: where to continue; `has_more`: there are more right now."""

    entries: list[Entry]
    position: int
    has_more: bool
