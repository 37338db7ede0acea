"""The hooks that a plugin may implement, and the shapes that they take and return.

A plugin implements a hook by a function of the same name, marked with `@hookimpl`. It may leave out the argument. Hooks
that declare something (settings, routes, commands …) are called once, at start. The others are called when it happens.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pluggy
import typer
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from hubbub.chat.credentials import Credentials
from hubbub.chat.limits import Limits
from hubbub.chat.message_kinds import MessageKind
from hubbub.chat.shapes import TEXT, Extra
from hubbub.chat.transaction import Store
from hubbub.work.work import Work

PROJECT = "hubbub"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
Function = TypeVar("Function", bound=Callable[..., Any])


class Refused(Exception):  # noqa: N818 - reads as what it is
    """What a hook raises to refuse a message, a sign-in, a password or a command.

    `detail` is for users: what is wrong and what to do. `reason` is for programs, a word of the plugin's own.
    """

    def __init__(self, detail: str, reason: str = "refused") -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


def required(function: Function) -> Function:
    """Nothing passes without this hook: what it was asked about is refused (`unavailable`) if it raises or is too slow.

    Without it, a hook that fails is named in the log and the server goes on as if the plugin had nothing to say.
    """
    function.required = True  # type: ignore[attr-defined]
    return function


class Draft(Struct, frozen=True):
    """A message that is about to be stored, or an edit of one."""

    user: int
    """The id of the author."""
    content: str
    room: int | None = None
    to: int | str | None = None
    """The person that it goes to (id or name), where `room` is None."""
    seq: int | None = None
    """The message that is edited; None: a new one."""
    reply_to: int | None = None
    thread: int | None = None
    """The `seq` of the message whose thread it is a reply in."""
    kind: str = TEXT
    extra: Extra | None = None
    """What a message of another kind than text consists of; `content` is its text for clients that do not know it."""


class SignIn(Struct, frozen=True):
    """An attempt to sign in."""

    username: str
    password: str
    address: str
    """The network address of the client."""


class NewPassword(Struct, frozen=True):
    """A password that somebody chose. It is long enough already."""

    password: str
    names: Sequence[str]
    """The names of the account."""
    field: str
    """The name of the field in the request."""


class Invocation(Struct, frozen=True):
    """`/name arguments`, as somebody wrote it into a room that they may post in, or to a person."""

    name: str
    arguments: str
    user: int
    room: int | None = None
    to: int | str | None = None
    key: str | None = None
    """The idempotency key of the message: the same command again has the same key."""


class Answer(Struct, frozen=True):
    """Shown to the caller only, and not stored. Markdown."""

    text: str


class Post(Struct, frozen=True):
    """Posted as the caller, where the command was written. `kind` and `extra`: of a message that is not plain text."""

    content: str
    kind: str = TEXT
    extra: Mapping[str, Any] | None = None


class SlashCommand(Struct, frozen=True):
    """A command that people run by a message `/name arguments`."""

    name: str
    """1 to 32 of `a-z`, `0-9`, `_`, `-`; the first one a letter."""
    description: str
    run: Callable[[Invocation], Awaitable[Answer | Post]]
    usage: str = ""
    """The arguments, such as `[question]`."""


class PluginServer(Struct, frozen=True):
    """What a plugin gets of the server it runs in. A plugin is a part of the server: nothing is kept from it."""

    store: Store
    """Commands and queries of `hubbub.chat`. What is written here passes no `compose` hook and no rate limit."""
    credentials: Credentials
    limits: Limits
    public_url: str


class Hooks(Protocol):
    """The specifications. Those with `async` may be implemented by a plain function, which must not block."""

    @hookspec
    def settings(self) -> type[Struct]:
        """Declare the plugin's settings: a struct whose fields have defaults, or must be given."""

    @hookspec
    def configure(self, settings: Struct) -> None:
        """Take the settings, before any other hook but `settings` is called. Raise ValueError to refuse them."""

    @hookspec
    async def start(self, server: PluginServer) -> None:
        """The server is about to listen."""

    @hookspec
    async def stop(self) -> None:
        """The server has stopped listening; its store is still open."""

    @hookspec
    async def compose(self, draft: Draft) -> str | None:
        """Change or refuse a message or an edit, from any interface, before it is stored.

        Return the new content, or None to leave it. Raise Refused to refuse it. Called for each message: be quick.
        """

    @hookspec
    async def authenticate(self, attempt: SignIn) -> bool | None:
        """Judge a sign-in: True, the password is right; False, it is wrong; None, the server's own check decides.

        Raise Refused to refuse the sign-in whatever the password is.
        """

    @hookspec
    def check_password(self, chosen: NewPassword) -> None:
        """Refuse a new password by raising Refused, or InvalidInput. Runs in a thread; must not be `async`."""

    @hookspec
    def slash_commands(self) -> Sequence[SlashCommand]:
        """Declare slash commands. A name can be taken once in a server."""

    @hookspec
    def routes(self) -> Sequence[HTTPRouteHandler]:
        """Declare REST calls: Litestar handlers, served below `/api/plugins/NAME`. A `caller: Identity` is who calls.

        They need a session, unless the handler has `opt={"public": True}`.
        """

    @hookspec
    def message_kinds(self) -> Sequence[MessageKind[Any]]:
        """Declare kinds of messages. A name can be taken once in a server."""

    @hookspec
    def work(self, work: Work) -> None:
        """Register what is done after a commit: consumers of the rooms' log, kinds of jobs, what happens at a time."""

    @hookspec
    def cli(self) -> typer.Typer:
        """Declare commands of the command line: `hubbub NAME …`."""

    @hookspec
    def client_modules(self) -> Sequence[Path]:
        """Declare ES modules of the web client: files that end in `.js`."""


DECLARING = (
    "settings", "configure", "slash_commands", "routes", "message_kinds", "work", "cli", "client_modules",
)  # fmt: skip
"""The hooks that are called once, before the server starts."""
