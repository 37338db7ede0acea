"""Bodies of REST answers that are no shape of their own in `hubbub.chat.shapes`."""

from collections.abc import Iterator

from msgspec import Struct

from hubbub.chat.shapes import Edit, Member, Notice, Room, Session, User


class Rooms(Struct):
    """A page of rooms; also a sequence of its rooms. `has_more`: another page follows."""

    rooms: list[Room]
    has_more: bool = False

    def __iter__(self) -> Iterator[Room]:
        return iter(self.rooms)

    def __len__(self) -> int:
        return len(self.rooms)

    def __getitem__(self, index: int) -> Room:
        return self.rooms[index]


class SignedIn(Struct):
    user: User
    session: int
    token: str


class Health(Struct):
    status: str = ""


class Sessions(Struct):
    sessions: list[Session]


class Users(Struct):
    users: list[User]


class Members(Struct):
    members: list[Member]


class Edits(Struct):
    edits: list[Edit]


class Notices(Struct):
    notices: list[Notice]


class Ticket(Struct):
    ticket: str
