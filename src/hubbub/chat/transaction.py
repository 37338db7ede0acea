"""Commands and queries, and what they see of the store.

A `Query` is answered from a `Snapshot`, which is consistent. A `Command` is decided within the `Transaction` that will
commit it, so a race between two commands is settled by their order alone. A command first reads and raises, then
changes; a command that raises leaves no trace.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from hubbub.chat.events import Event
from hubbub.chat.jobs import NewJob
from hubbub.chat.requests import Who
from hubbub.chat.storage.accounts import AccountReads, Accounts
from hubbub.chat.storage.cursors import CursorReads, Cursors
from hubbub.chat.storage.drafts import DraftReads, Drafts
from hubbub.chat.storage.edits import EditReads, Edits
from hubbub.chat.storage.invitations import InvitationReads, Invitations
from hubbub.chat.storage.jobs import JobReads, Jobs
from hubbub.chat.storage.leases import Leases
from hubbub.chat.storage.members import MemberReads, Members
from hubbub.chat.storage.messages import MessageReads, Messages
from hubbub.chat.storage.notices import NoticeReads, Notices
from hubbub.chat.storage.pictures import PictureReads, Pictures
from hubbub.chat.storage.pins import PinReads, Pins
from hubbub.chat.storage.reactions import ReactionReads, Reactions
from hubbub.chat.storage.rooms import RoomReads, Rooms
from hubbub.chat.storage.saved import Saved, SavedReads
from hubbub.chat.storage.scheduled import Scheduled, ScheduledReads
from hubbub.chat.storage.schedules import ScheduleReads, Schedules
from hubbub.chat.storage.sessions import SessionReads, Sessions
from hubbub.chat.storage.setup_tokens import SetupTokenReads, SetupTokens
from hubbub.chat.storage.threads import ThreadReads, Threads
from hubbub.chat.storage.tickets import Tickets
from hubbub.chat.storage.user_streams import UserStreamReads, UserStreams
from hubbub.chat.storage.workspaces import WorkspaceReads, Workspaces
from hubbub.errors import HubbubError

Result = TypeVar("Result")
ResultOut = TypeVar("ResultOut", covariant=True)


class Snapshot(Protocol):
    """Reading, as of one moment."""

    def now(self) -> int:
        """Milliseconds since 1970 by the clock of the store, which all servers that share it go by."""

    @property
    def accounts(self) -> AccountReads: ...
    @property
    def invitations(self) -> InvitationReads: ...
    @property
    def setup_tokens(self) -> SetupTokenReads: ...
    @property
    def workspaces(self) -> WorkspaceReads: ...
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
    def threads(self) -> ThreadReads: ...
    @property
    def pins(self) -> PinReads: ...
    @property
    def saved(self) -> SavedReads: ...
    @property
    def drafts(self) -> DraftReads: ...
    @property
    def scheduled(self) -> ScheduledReads: ...
    @property
    def edits(self) -> EditReads: ...
    @property
    def reactions(self) -> ReactionReads: ...
    @property
    def notices(self) -> NoticeReads: ...
    @property
    def user_streams(self) -> UserStreamReads: ...
    @property
    def jobs(self) -> JobReads: ...
    @property
    def cursors(self) -> CursorReads: ...
    @property
    def schedules(self) -> ScheduleReads: ...


class Transaction(Snapshot, Protocol):
    """Reading and changing."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def setup_tokens(self) -> SetupTokens: ...
    @property
    def workspaces(self) -> Workspaces: ...
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
    def threads(self) -> Threads: ...
    @property
    def pins(self) -> Pins: ...
    @property
    def saved(self) -> Saved: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def scheduled(self) -> Scheduled: ...
    @property
    def edits(self) -> Edits: ...
    @property
    def reactions(self) -> Reactions: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def user_streams(self) -> UserStreams: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def leases(self) -> Leases: ...


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
    kept: tuple[Who, ...] = ()
    """Accounts that must not be closed, nor get another password, until the command is committed."""
    key: tuple[int, int, str] | None = None
    """The idempotency key (room, sender, key)."""


NOTHING = Touches()


class Outcome(Struct, Generic[Result]):
    """The result of a command: an answer for its caller, events to broadcast, and jobs that are stored with it.

    It contains no live records: later commands of the same batch change those before this is broadcast.
    """

    result: Result
    events: list[Event] = []
    jobs: list[NewJob] = []


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
