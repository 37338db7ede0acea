"""Commands and queries, and what they see of the store.

A `Query` is answered from a `Snapshot`, which is consistent. A `Command` is decided within the `Transaction` that will
commit it, so a race between two commands is settled by their order alone. A command first reads and raises, then
changes; a command that raises leaves no trace.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from hubbub.chat.events import Event
from hubbub.chat.requests import Who
from hubbub.chat.storage.accounts import AccountReads, Accounts
from hubbub.chat.storage.edits import EditReads, Edits
from hubbub.chat.storage.inboxes import Inboxes, InboxReads
from hubbub.chat.storage.members import MemberReads, Members
from hubbub.chat.storage.messages import MessageReads, Messages
from hubbub.chat.storage.notices import NoticeReads, Notices
from hubbub.chat.storage.pictures import PictureReads, Pictures
from hubbub.chat.storage.reactions import Reactions
from hubbub.chat.storage.rooms import RoomReads, Rooms
from hubbub.chat.storage.sessions import SessionReads, Sessions
from hubbub.chat.storage.tickets import Tickets
from hubbub.errors import HubbubError

Result = TypeVar("Result")
ResultOut = TypeVar("ResultOut", covariant=True)


class Snapshot(Protocol):
    """Reading, as of one moment."""

    @property
    def accounts(self) -> AccountReads: ...
    @property
    def pictures(self) -> PictureReads: ...
    @property
    def sessions(self) -> SessionReads: ...
    @property
    def rooms(self) -> RoomReads: ...
    @property
    def members(self) -> MemberReads: ...
    @property
    def messages(self) -> MessageReads: ...
    @property
    def edits(self) -> EditReads: ...
    @property
    def notices(self) -> NoticeReads: ...
    @property
    def inboxes(self) -> InboxReads: ...


class Transaction(Snapshot, Protocol):
    """Reading and changing."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def pictures(self) -> Pictures: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def rooms(self) -> Rooms: ...
    @property
    def members(self) -> Members: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def edits(self) -> Edits: ...
    @property
    def reactions(self) -> Reactions: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def inboxes(self) -> Inboxes: ...


class Touches(Struct, frozen=True):
    """What a command changes, and what must not change until it is committed.

    The store locks exactly this, for all commands of a batch in one order (rooms by ascending id, then accounts by
    ascending id), so that servers that share a database do not deadlock; and it reads it in a few queries. A room that
    a command locks without having declared it is an error that `tests/test_touches.py` finds.
    """

    members: tuple[tuple[int, int], ...] = ()
    """Members (room, user), and their rooms. The accounts of the users are read, not locked."""
    rooms: tuple[int, ...] = ()
    rooms_of: tuple[int, ...] = ()
    """Users all of whose rooms are changed."""
    direct: tuple[tuple[int, Who], ...] = ()
    """The direct rooms of two users, where they exist."""
    changed: tuple[int, ...] = ()
    """Accounts that are changed."""
    kept: tuple[int, ...] = ()
    """Accounts that must not be closed, nor get another password, until the command is committed."""
    key: tuple[int, int, str] | None = None
    """The idempotency key (room, sender, key)."""


NOTHING = Touches()


class Outcome(Struct, Generic[Result]):
    """The result of a command: an answer for its caller, and events to broadcast.

    It contains no live records: later commands of the same batch change those before this is broadcast.
    """

    result: Result
    events: list[Event] = []


class Command(Protocol[Result]):
    """One change. Commands are decided in order of arrival, stored with the others of their batch, then broadcast."""

    def touches(self) -> Touches: ...

    def decide(self, tx: Transaction) -> "Outcome[Result]": ...


class Query(Protocol[ResultOut]):
    """One question about a snapshot."""

    def answer(self, snapshot: Snapshot) -> ResultOut: ...


class Store(Protocol):
    """Stores the results of commands durably and answers queries."""

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        """Queue a command. `done` is called when it is on disk, or with the error that refused it. Never raises."""

    async def write(self, command: Command[Result]) -> Result:
        """Like `submit`, and waits for the result. Raises the error that refused the command."""

    async def read(self, query: Query[Result]) -> Result:
        """Answer a query from a snapshot no older than the last finished write."""
