"""`ChatServer`: the whole chat in one object, for programs that want it in process. No event loop, no file, no port.

The same `chat` code as the server's, on the memory store. Its coroutines never wait, so they are run by hand.
"""

import warnings
from collections.abc import Coroutine, Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Any, TypeVar

from msgspec.structs import replace

from hubbub.chat import accounts, direct, members, messages, passwords, rooms
from hubbub.chat.credentials import Credentials
from hubbub.chat.device_tokens import DeviceTokens
from hubbub.chat.inbox import InboxSince
from hubbub.chat.ledger import Command, Query
from hubbub.chat.limits import Limits
from hubbub.chat.sessions import EndSession, Identify, Identity
from hubbub.chat.shapes import LARGEST_ID, Message
from hubbub.chat.tokens import Tokens
from hubbub.errors import Conflict, InvalidInput, NotFound, WeakPasswordWarning
from hubbub.store.memory import MemoryStore
from hubbub.surfaces.null_throttle import NullThrottle

Result = TypeVar("Result")
_SESSION_DAYS = 30


class ChatServer:
    """Register people, sign them in, let them talk. Safe to use from many threads; kept in memory only.

    Every method that acts for somebody takes the token that `login` gave. Errors are those of `hubbub.errors`:
    InvalidInput (a ValueError), NotAuthenticated, NotAllowed (a PermissionError), NotFound (a LookupError), Conflict,
    LimitExceeded. Groups of others are NotFound, as if they were not there. Timestamps are in UTC.

    >>> server = ChatServer()
    >>> _ = server.register_user("alice", "password123"), server.register_user("bob", "secure456")
    >>> alice, bob = server.login("alice", "password123"), server.login("bob", "secure456")
    >>> _ = server.send_message(alice, "bob", "Hello Bob!")
    >>> [(message["from"], message["content"]) for message in server.get_messages(bob)]
    [('alice', 'Hello Bob!')]
    """

    def __init__(self, *, strict: bool = False, limits: Limits | None = None, secret_key: str | None = None) -> None:
        """`strict`: refuse passwords that are too short, instead of warning of them with a WeakPasswordWarning.

        `secret_key` signs the tokens; one is made when it is not given.
        """
        limits = limits or Limits(message_length=1000)
        self._strong = limits.password_min
        self._limits = limits if strict else replace(limits, password_min=1)
        self._store = MemoryStore()
        keys = [secret_key or token_urlsafe(32)]
        self._tokens = Tokens(keys)
        self._credentials = Credentials(
            self._store,
            _Hasher(),
            self._tokens,
            DeviceTokens(keys),
            self._limits,
            NullThrottle(),
            "open",
            _SESSION_DAYS,
        )

    # Users

    def register_user(self, username: str, password: str) -> int:
        """Create an account; its id.

        Raises:
            InvalidInput: a name of other than 1 to 20 characters, or with some that are not allowed; an empty password
                or one of more than 100 characters; with `strict`, one of less than 8.
            Conflict: the name is taken, or looks like one that is.
        """
        _text(username, "username")
        if self._limits.password_min <= len(_text(password, "password")) < self._strong:
            warnings.warn(
                f"This password has less than {self._strong} characters. ChatServer(strict=True) refuses such.",
                WeakPasswordWarning,
                stacklevel=2,
            )
        return _run(self._credentials.register(username, password, None, "")).id

    def login(self, username: str, password: str) -> str:
        """A token (a JWT) for everything else. Raises NotAuthenticated when the name or the password is wrong."""
        _text(username, "username"), _text(password, "password")
        return _run(self._credentials.sign_in(username, password, "ChatServer", "")).token

    def logout(self, token: str) -> None:
        """End the session: the token is good for nothing any more."""
        caller = self._caller(token)
        self._write(EndSession(caller.user, caller.session))

    # Private messages

    def send_message(self, token: str, to: str, content: str) -> dict[str, str]:
        """Send to one person; the message as they will see it. Takes the same time however much is stored.

        Raises:
            NotFound: there is no such user.
            InvalidInput: an empty message, or one of more than 1,000 characters; `to` is oneself.
        """
        actor = self._caller(token).user
        _text(to, "to"), _text(content, "content")
        posted = self._write(messages.compose(actor, content, self._limits, to=to))
        return {"from": posted.message.sender.username, "to": to, **_body(posted.message)}

    def get_messages(self, token: str) -> list[dict[str, str]]:
        """What others sent to the caller alone, oldest first."""
        caller = self._caller(token)
        own = self._read(accounts.AccountOf(caller.user)).username
        inbox = self._read(InboxSince(caller.user, 0, LARGEST_ID)).arrived
        return [{"from": one.message.sender.username, "to": own, **_body(one.message)} for one in inbox]

    def get_conversation(self, token: str, username: str) -> list[dict[str, str]]:
        """What the caller and one other sent each other, oldest first. Raises NotFound for an unknown user."""
        caller = self._caller(token)
        pair = self._read(direct.Between(caller.user, _text(username, "username")))
        if pair.room is None:
            return []
        found = self._read(messages.History(caller.user, pair.room, LARGEST_ID)).messages
        names = {pair.own.id: pair.own.username, pair.peer.id: pair.peer.username}
        other = {pair.own.id: pair.peer.username, pair.peer.id: pair.own.username}
        return [{"from": names[m.sender.id], "to": other[m.sender.id], **_body(m)} for m in found]

    # Groups

    def create_group(self, token: str, name: str) -> int:
        """Make a group, which the caller owns; its id. Raises LimitExceeded when they made 100 already."""
        actor = self._caller(token).user
        return self._write(rooms.CreateRoom(actor, "private", self._limits, _text(name, "name"))).room.id

    def add_to_group(self, token: str, group_id: int, username: str) -> None:
        """Bring somebody in: any member may.

        Raises:
            NotFound: no such user, or no such group that the caller is in.
            Conflict: they are in it already.
            LimitExceeded: they made 100 groups already.
        """
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        joined = self._write(members.AddMember(actor, group, self._limits, _text(username, "username")))
        if not joined.created:
            raise Conflict(f"{username} is a member of this group already.")

    def remove_from_group(self, token: str, group_id: int, username: str) -> None:
        """Remove somebody, or leave. Raises NotAllowed when the caller neither made the group nor is the one to go."""
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        self._read(rooms.OneRoom(actor, group))
        account = self._read(accounts.AccountNamed(_text(username, "username")))
        if account is None:
            raise NotFound("There is no such user.")
        self._write(members.RemoveMember(actor, group, account.id, self._limits))

    def list_groups(self, token: str) -> list[dict[str, Any]]:
        """The caller's groups: `{"id", "name", "members"}` each, the members by name."""
        actor = self._caller(token).user
        groups = [room for room in self._read(rooms.MyRooms(actor)) if room.kind == "private"]
        return [{"id": room.id, "name": room.name, "members": self._names(actor, room.id)} for room in groups]

    def send_group_message(self, token: str, group_id: int, content: str) -> dict[str, str]:
        """Send to everyone in a group. Raises NotFound when the caller is not in it."""
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        name = self._group_name(actor, group)
        posted = self._write(messages.compose(actor, _text(content, "content"), self._limits, room=group))
        return {"from": posted.message.sender.username, "group": name, **_body(posted.message)}

    def get_group_messages(self, token: str, group_id: int) -> list[dict[str, str]]:
        """Everything that was sent to a group, oldest first. Raises NotFound when the caller is not in it."""
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        name = self._group_name(actor, group)
        found = self._read(messages.History(actor, group, LARGEST_ID)).messages
        return [{"from": message.sender.username, "group": name, **_body(message)} for message in found]

    # Within

    def _caller(self, token: str) -> Identity:
        return self._read(Identify(self._tokens.read(_text(token, "token")).session))

    def _group_name(self, actor: int, group: int) -> str:
        room = self._read(rooms.OneRoom(actor, group))
        if room.kind != "private":
            raise NotFound("There is no such room.")
        return room.name or ""

    def _names(self, actor: int, room: int) -> list[str]:
        return [member.user.username for member in self._read(members.Members(actor, room, 0, LARGEST_ID))]

    def _read(self, query: Query[Result]) -> Result:
        return _run(self._store.read(query))

    def _write(self, command: Command[Result]) -> Result:
        return _run(self._store.write(command))


class _Hasher:
    """`hubbub.chat.passwords.Hasher` in place: the thread that asks is the one that waits."""

    async def make(self, password: str, address: str, words: Sequence[str], field: str = "password") -> str:
        return passwords.make(password)

    async def check(self, password: str, stored: str | None, address: str) -> tuple[bool, str | None]:
        return passwords.check(password, stored)


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    work.close()
    raise RuntimeError("The memory store waited for something.")


def _body(message: Message) -> dict[str, str]:
    at = datetime.fromisoformat(message.at)
    return {"content": message.content, "timestamp": f"{at:%Y-%m-%d %H:%M:%S}"}


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {type(value).__name__}", field)
    return value


def _number(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(f"must be a whole number, not {type(value).__name__}", field)
    return value
