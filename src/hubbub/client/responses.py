"""Bodies of REST answers that are no shape of their own in `hubbub.chat.shapes`."""

from collections.abc import Iterator

from msgspec import Struct

from hubbub.chat.activity_shapes import Activity
from hubbub.chat.kept_shapes import Draft, Pin, Saved, Scheduled
from hubbub.chat.shapes import Edit, Member, Notice, Room, Session, User
from hubbub.chat.thread_shapes import FollowedThread
from hubbub.chat.workspace_shapes import Workspace


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


class PublicWorkspace(Workspace, kw_only=True):
    """`registration`: who may register. `open`, `invitation` (whoever has one), `closed`, or `first` while there is no
    account. `setup_token`: whether the first account needs the token that the server printed."""

    registration: str
    setup_token: bool


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


class ScheduledList(Struct):
    scheduled: list[Scheduled]


class Edits(Struct):
    edits: list[Edit]


class Notices(Struct):
    notices: list[Notice]


class Pins(Struct):
    pins: list[Pin]


class ActivityPage(Struct):
    """What others did that concerns the user. `next`: give it as `after` for the page that follows; None at the end."""

    activity: list[Activity]
    has_more: bool
    next: int | None = None


class SavedPage(Struct):
    """A page of saved messages. `next`: give it as `after` for the page that follows; None at the end."""

    saved: list[Saved]
    has_more: bool
    next: str | None = None


class Drafts(Struct):
    drafts: list[Draft]


class FollowedThreads(Struct):
    """A page of followed threads. `next`: the `after` of the page that follows; None at the end. `unread`: how many of
    all followed threads have unread replies; None from a server of an older version."""

    threads: list[FollowedThread]
    next: str | None = None
    unread: int | None = None


class Ticket(Struct):
    ticket: str


class Command(Struct):
    """A slash command of the server. `usage`: its arguments."""

    name: str
    usage: str
    description: str


class Commands(Struct):
    commands: list[Command]


class CommandAnswer(Struct):
    """What a slash command answers to its caller. Nothing was stored."""

    command: str
    answer: str
