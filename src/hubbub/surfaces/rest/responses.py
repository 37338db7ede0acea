"""Bodies of answers that are no shape of their own in `hubbub.chat.shapes`."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from hubbub.chat.clock import Timestamp
from hubbub.chat.credentials import Newcomers
from hubbub.chat.shapes import Changes, Edit, Member, Notice, Receipt, Room, Session, User
from hubbub.chat.workspace_shapes import Workspace


class Users(Struct):
    users: list[User]
    has_more: bool


class Rooms(Struct):
    rooms: list[Room]
    has_more: bool


class Members(Struct):
    members: list[Member]
    has_more: bool


class Receipts(Struct):
    receipts: list[Receipt]


class Notices(Struct):
    notices: list[Notice]
    has_more: bool


class Sessions(Struct):
    sessions: list[Session]


class Edits(Struct):
    edits: list[Edit]


class SignedIn(Struct, omit_defaults=True):
    """`token` is left out when a cookie carries it."""

    user: User
    session: int
    expires_at: Timestamp
    token: str | None = None


class Whoami(Struct):
    """The caller, and the server's rules for new accounts. `user` is null for a caller who is not signed in."""

    user: User | None
    registration: Newcomers
    setup_token: bool
    can_invite: bool
    admin: bool
    username_length: int
    display_name_length: int
    password_min: int
    password_max: int


class PublicWorkspace(Workspace, kw_only=True):
    """The workspace, and who may register."""

    registration: Newcomers
    setup_token: bool


class Ticket(Struct):
    """Valid once, for `seconds`."""

    ticket: str
    seconds: int


class Sync(Struct):
    """The data of the first screen: the user, their rooms, and the changes in the rooms given in `since`."""

    user: User
    server_time: Timestamp
    rooms: list[Room]
    changes: list[Changes]
    gone: list[int]


class Command(Struct):
    """A slash command: a message `/name arguments` runs it."""

    name: str
    usage: str
    description: str


class Commands(Struct):
    commands: list[Command]


class Plugin(Struct):
    """A plugin that has something for clients. `modules`: paths of ES modules for the web client."""

    name: str
    modules: list[str]


class Plugins(Struct):
    plugins: list[Plugin]


class Health(Struct, omit_defaults=True):
    status: str
    detail: str | None = None


def ok_if_existing(kind: type[Any]) -> dict[int, ResponseSpec]:
    """For calls that answer 201 when they create something, and 200 when it exists, such as after a retry."""
    return {200: ResponseSpec(kind, generate_examples=False, description="It exists already")}


def sent(kind: type[Any]) -> dict[int, ResponseSpec]:
    """For calls that send a message, which may be a slash command."""
    answer = ResponseSpec(kind, generate_examples=False, description="It was a slash command; this is its answer")
    created = ResponseSpec(kind, generate_examples=False, description="Created")
    return {**ok_if_existing(kind), 201: created, 202: answer}
