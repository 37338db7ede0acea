"""One transaction: the aggregates, what was read of them, and what is yet to be written."""

from hubbub.store.sql.accounts import SqlAccounts
from hubbub.store.sql.edits import SqlEdits
from hubbub.store.sql.identity_map import IdentityMap
from hubbub.store.sql.inboxes import SqlInboxes
from hubbub.store.sql.members import SqlMembers
from hubbub.store.sql.messages import SqlMessages
from hubbub.store.sql.notices import SqlNotices
from hubbub.store.sql.pictures import SqlPictures
from hubbub.store.sql.reactions import SqlReactions
from hubbub.store.sql.rooms import SqlRooms
from hubbub.store.sql.sessions import SqlSessions
from hubbub.store.sql.statement import Executor
from hubbub.store.sql.tickets import SqlTickets


class SqlTransaction:
    """`hubbub.chat.transaction.Transaction`, and with `changing` False a `Snapshot`. Call `flush` before the commit.

    `known`: the identity map, updated with what is read and written.
    """

    def __init__(self, executor: Executor, changing: bool = False, known: IdentityMap | None = None) -> None:
        known = known or IdentityMap()
        self.executor = executor
        self.accounts = SqlAccounts(executor, changing, known)
        self.pictures = SqlPictures(executor)
        self.sessions = SqlSessions(executor)
        self.tickets = SqlTickets(executor)
        self.rooms = SqlRooms(executor, changing, known)
        self.edits = SqlEdits(executor)
        self.reactions = SqlReactions(executor)
        self.messages = SqlMessages(executor, self.reactions)
        self.members = SqlMembers(executor, changing, known, self.rooms, self.messages)
        self.notices = SqlNotices(executor)
        self.inboxes = SqlInboxes(executor, known)

    def flush(self) -> None:
        """Write everything. Inboxes come last: see `SqlInboxes`."""
        self.sessions.flush()
        self.accounts.flush()
        self.rooms.flush()
        self.members.flush()
        self.messages.flush()
        self.notices.flush()
        self.inboxes.flush()
