"""One transaction: the aggregates, what was read of them, and what is yet to be written."""

from hubbub.store.sql.accounts import SqlAccounts
from hubbub.store.sql.cursors import SqlCursors
from hubbub.store.sql.drafts import SqlDrafts
from hubbub.store.sql.edits import SqlEdits
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.invitations import SqlInvitations
from hubbub.store.sql.jobs import SqlJobs
from hubbub.store.sql.leases import SqlLeases
from hubbub.store.sql.members import SqlMembers
from hubbub.store.sql.messages import SqlMessages
from hubbub.store.sql.notices import SqlNotices
from hubbub.store.sql.pictures import SqlPictures
from hubbub.store.sql.pins import SqlPins
from hubbub.store.sql.reactions import SqlReactions
from hubbub.store.sql.rooms import SqlRooms
from hubbub.store.sql.saved import SqlSaved
from hubbub.store.sql.scheduled import SqlScheduled
from hubbub.store.sql.schedules import SqlSchedules
from hubbub.store.sql.sessions import SqlSessions
from hubbub.store.sql.setup_tokens import SqlSetupTokens
from hubbub.store.sql.statement import Executor
from hubbub.store.sql.store_clock import StoreClock
from hubbub.store.sql.threads import SqlThreads
from hubbub.store.sql.tickets import SqlTickets
from hubbub.store.sql.user_streams import SqlUserStreams
from hubbub.store.sql.workspaces import SqlWorkspaces


class SqlTransaction:
    """`hubbub.chat.transaction.Transaction`, and with `changing` False a `Snapshot`. Call `flush` before the commit.

    `known`: the identity map, updated with what is read and written.
    """

    def __init__(self, executor: Executor, changing: bool = False, known: IdentityMap | None = None) -> None:
        known = known or IdentityMap()
        self.executor = executor
        self.accounts = SqlAccounts(executor, changing, known)
        self.invitations = SqlInvitations(executor)
        self.setup_tokens = SqlSetupTokens(executor)
        self.workspaces = SqlWorkspaces(executor)
        self.pictures = SqlPictures(executor)
        self.sessions = SqlSessions(executor)
        self.tickets = SqlTickets(executor)
        self.rooms = SqlRooms(executor, changing, known)
        self.edits = SqlEdits(executor)
        self.reactions = SqlReactions(executor)
        self.messages = SqlMessages(executor, self.reactions)
        self.threads = SqlThreads(executor, self.messages)
        self.pins = SqlPins(executor, self.messages)
        self.saved = SqlSaved(executor)
        self.drafts = SqlDrafts(executor)
        self.scheduled = SqlScheduled(executor)
        self.members = SqlMembers(executor, changing, known, self.rooms, self.messages)
        self.notices = SqlNotices(executor)
        self.user_streams = SqlUserStreams(executor, known)
        self._clock = StoreClock(executor)
        # Not `self.now`: a transaction that refers to itself is freed by the garbage collector only, with all its rows.
        self.jobs = SqlJobs(executor, self._clock.now)
        self.cursors = SqlCursors(executor, changing)
        self.schedules = SqlSchedules(executor)
        self.leases = SqlLeases(executor)

    def now(self) -> int:
        return self._clock.now()

    def flush(self) -> None:
        """Write everything. User streams come last: see `SqlUserStreams`."""
        self.sessions.flush()
        self.accounts.flush()
        self.rooms.flush()
        self.members.flush()
        self.messages.flush()
        self.threads.flush()
        self.notices.flush()
        self.cursors.flush()
        self.jobs.flush()
        self.leases.flush()
        self.user_streams.flush()
