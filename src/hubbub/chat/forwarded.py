"""What a forwarded message holds: the text of another message, with its author and time.

Where it came from is not in it. An event is one frame for all readers of a room, and some of them may not know that the
source's room exists. It is kept beside the message; who may read it asks for it (`forwarding.SourceOf`).
"""

from msgspec import Struct

from hubbub.chat.clock import Timestamp
from hubbub.chat.shapes import Room, Sender

FORWARD = "forward"
"""The kind of a forwarded message. Clients neither post nor edit it: the server vouches for what it says."""


class Forwarded(Struct, omit_defaults=True, frozen=True):
    """The `extra` of a forwarded message: the text as it was then, who wrote it, and when. `comment`: of who forwarded
    it."""

    text: str
    author: Sender
    at: Timestamp
    comment: str | None = None

    def content(self) -> str:
        """For clients that do not know the kind. No longer than text and comment with a line in between."""
        head = f"Forwarded from {self.author.display_name}:\n{self.text}"
        return head if self.comment is None else f"{self.comment}\n\n{head}"


class Source(Struct, omit_defaults=True):
    """Where a forwarded message came from. `thread`: the root of the thread that it is a reply in."""

    room: Room
    seq: int
    thread: int | None = None
