"""`ChatServer`: the whole chat in one object, for use within a program. No event loop, no files, no port.

It runs the server's `chat` code on the memory store. That store's coroutines never suspend, so they are run by hand.
"""

import warnings
from collections.abc import Coroutine, Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Any, TypeVar

from msgspec.structs import replace

from hubbub.chat import accounts, direct, history, members, messages, passwords, rooms
from hubbub.chat.credentials import Credentials, Registration
from hubbub.chat.device_tokens import DeviceTokens
from hubbub.chat.limits import Limits
from hubbub.chat.sessions import EndSession, Identify, Identity
from hubbub.chat.shapes import LARGEST_ID, Message
from hubbub.chat.tokens import Tokens
from hubbub.chat.transaction import Command, Query
from hubbub.chat.user_stream import StreamSince
from hubbub.errors import Conflict, InvalidInput, NotFound, WeakPasswordWarning
from hubbub.store.memory.store import MemoryStore
from hubbub.surfaces.null_throttle import NullThrottle

Result = TypeVar("Result")
_SESSION_DAYS = 30


class ChatServer:
    """Accounts, private messages and groups, in memory only. Thread-safe.

    Methods that act for a user take the token from `login`. Errors are those of `hubbub.errors`:
    InvalidInput (a ValueError), NotAuthenticated, NotAllowed (a PermissionError), NotFound (a LookupError), Conflict,
    LimitExceeded. Groups that the caller is not in raise NotFound. Timestamps are in UTC.

    >>> server = ChatServer()
    >>> _ = server.register_user("alice", "password123"), server.register_user("bob", "secure456")
    >>> alice, bob = server.login("alice", "password123"), server.login("bob", "secure456")
    >>> _ = server.send_message(alice, "bob", "Hello Bob!")
    >>> [(message["from"], message["content"]) for message in server.get_messages(bob)]
    [('alice', 'Hello Bob!')]
    """

    def __init__(self, *, strict: bool = False, limits: Limits | None = None, secret_key: str | None = None) -> None:
        """`strict`: reject passwords that are too short, instead of issuing a WeakPasswordWarning.

        `secret_key` signs the tokens; by default it is random, so tokens end with the process.
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
            Registration(),
            _SESSION_DAYS,
        )

    # Users

    def register_user(self, username: str, password: str) -> int:
        """Create an account and return its id.

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
        """A token (a JWT) for the other methods. Raises NotAuthenticated if the name or the password is wrong."""
        _text(username, "username"), _text(password, "password")
        return _run(self._credentials.sign_in(username, password, "ChatServer", "")).token

    def logout(self, token: str) -> None:
        """End the session. Its token is no longer valid."""
        caller = self._caller(token)
        self._write(EndSession(caller.user, caller.session))

    # Private messages

    def send_message(self, token: str, to: str, content: str) -> dict[str, str]:
        """Send to one user; returns the message as the recipient sees it. The time is independent of the stored
        messages.

        Raises:
            NotFound: there is no such user.
            InvalidInput: an empty message, one of more than 1,000 characters, or one to oneself.
        """
        actor = self._caller(token).user
        _text(to, "to"), _text(content, "content")
        posted = self._write(messages.compose(actor, content, self._limits, to=to))
        return {"from": posted.message.sender.username, "to": to, **_body(posted.message)}

    def get_messages(self, token: str) -> list[dict[str, str]]:
        """The private messages sent to the caller, oldest first."""
        caller = self._caller(token)
        own = self._read(accounts.AccountOf(caller.user)).username
        entries = self._read(StreamSince(caller.user, 0, LARGEST_ID, "direct")).entries
        received = [entry.message for entry in entries if entry.message is not None]
        return [{"from": message.sender.username, "to": own, **_body(message)} for message in received]

    def get_conversation(self, token: str, username: str) -> list[dict[str, str]]:
        """The private messages between the caller and another user, oldest first. Raises NotFound for unknown users."""
        caller = self._caller(token)
        pair = self._read(direct.Between(caller.user, _text(username, "username")))
        if pair.room is None:
            return []
        found = self._read(history.History(caller.user, pair.room, LARGEST_ID)).messages
        names = {pair.own.id: pair.own.username, pair.peer.id: pair.peer.username}
        other = {pair.own.id: pair.peer.username, pair.peer.id: pair.own.username}
        return [{"from": names[m.sender.id], "to": other[m.sender.id], **_body(m)} for m in found]

    # Groups

    def create_group(self, token: str, name: str) -> int:
        """Create a group owned by the caller; returns its id. Raises LimitExceeded if they have created 100."""
        actor = self._caller(token).user
        return self._write(rooms.CreateRoom(actor, "private", self._limits, _text(name, "name"))).room.id

    def add_to_group(self, token: str, group_id: int, username: str) -> None:
        """Add a user to a group. Any member may.

        Raises:
            NotFound: there is no such user, or the caller is in no such group.
            Conflict: the user is a member already.
            LimitExceeded: the user can be in no more groups.
        """
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        joined = self._write(members.AddMember(actor, group, self._limits, _text(username, "username")))
        if not joined.created:
            raise Conflict(f"{username} is a member of this group already.")

    def remove_from_group(self, token: str, group_id: int, username: str) -> None:
        """Remove a member, or leave. Raises NotAllowed unless the caller owns the group or removes themselves."""
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        self._read(rooms.OneRoom(actor, group))
        account = self._read(accounts.AccountNamed(_text(username, "username")))
        if account is None:
            raise NotFound("There is no such user.")
        self._write(members.RemoveMember(actor, group, account.id, self._limits))

    def list_groups(self, token: str) -> list[dict[str, Any]]:
        """The caller's groups, each as `{"id", "name", "members"}` with the members' user names."""
        actor = self._caller(token).user
        groups = [room for room in self._read(rooms.MyRooms(actor)) if room.kind == "private"]
        return [{"id": room.id, "name": room.name, "members": self._names(actor, room.id)} for room in groups]

    def send_group_message(self, token: str, group_id: int, content: str) -> dict[str, str]:
        """Send to a group. Raises NotFound if the caller is not in it."""
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        name = self._group_name(actor, group)
        posted = self._write(messages.compose(actor, _text(content, "content"), self._limits, room=group))
        return {"from": posted.message.sender.username, "group": name, **_body(posted.message)}

    def get_group_messages(self, token: str, group_id: int) -> list[dict[str, str]]:
        """All messages of a group, oldest first. Raises NotFound if the caller is not in it."""
        actor, group = self._caller(token).user, _number(group_id, "group_id")
        name = self._group_name(actor, group)
        found = self._read(history.History(actor, group, LARGEST_ID)).messages
        return [{"from": message.sender.username, "group": name, **_body(message)} for message in found]

    # Internals

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
    """`hubbub.chat.passwords.Hasher` in the calling thread."""

    async def make(self, password: str, address: str, words: Sequence[str], field: str = "password") -> str:
        return passwords.make(password)

    async def check(self, password: str, stored: str | None, address: str) -> tuple[bool, str | None]:
        return passwords.check(password, stored)


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that never suspends."""
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
