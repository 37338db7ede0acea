"""Shapes of invitations to the server."""

from msgspec import Struct

from hubbub.chat.clock import Timestamp
from hubbub.chat.shapes import Sender


class InvitedRoom(Struct, omit_defaults=True):
    """A room that an invitation leads to. `name` is left out if the room has none."""

    id: int
    name: str | None = None


class Invitation(Struct, omit_defaults=True):
    """An invitation to register, without its code. `by`: who made it; `uses`: how many may come; left out: any number.

    `people`: the latest who came by it, at most 100; `used` counts all of them. `ended`: nobody can use it any more.
    """

    id: int
    by: Sender
    created_at: Timestamp
    expires_at: Timestamp
    used: int
    rooms: list[InvitedRoom]
    people: list[Sender]
    uses: int | None = None
    ended: bool = False


class NewInvitation(Struct):
    """An invitation, with the code and link to give away. They are shown once: the server keeps only a digest."""

    invitation: Invitation
    code: str
    link: str


class InvitationPreview(Struct):
    """An invitation as the invited see it before they register."""

    by: Sender
    expires_at: Timestamp
    rooms: list[InvitedRoom]
