"""The aggregates in memory. A refused command has changed nothing, so a transaction needs no way back."""

from hubbub.chat import clock
from hubbub.store.memory.accounts import MemoryAccounts
from hubbub.store.memory.cursors import MemoryCursors
from hubbub.store.memory.drafts import MemoryDrafts
from hubbub.store.memory.edits import MemoryEdits
from hubbub.store.memory.invitations import MemoryInvitations
from hubbub.store.memory.jobs import MemoryJobs
from hubbub.store.memory.leases import MemoryLeases
from hubbub.store.memory.members import MemoryMembers
from hubbub.store.memory.messages import MemoryMessages
from hubbub.store.memory.notices import MemoryNotices
from hubbub.store.memory.pictures import MemoryPictures
from hubbub.store.memory.pins import MemoryPins
from hubbub.store.memory.reactions import MemoryReactions
from hubbub.store.memory.rooms import MemoryRooms
from hubbub.store.memory.saved import MemorySaved
from hubbub.store.memory.scheduled import MemoryScheduled
from hubbub.store.memory.schedules import MemorySchedules
from hubbub.store.memory.sessions import MemorySessions
from hubbub.store.memory.setup_tokens import MemorySetupTokens
from hubbub.store.memory.tables import Tables
from hubbub.store.memory.threads import MemoryThreads
from hubbub.store.memory.tickets import MemoryTickets
from hubbub.store.memory.user_streams import MemoryUserStreams
from hubbub.store.memory.workspaces import MemoryWorkspaces


class MemoryTransaction:
    """`hubbub.chat.transaction.Transaction` on plain collections."""

    def __init__(self) -> None:
        tables = Tables()
        self.accounts = MemoryAccounts(tables)
        self.invitations = MemoryInvitations(tables)
        self.setup_tokens = MemorySetupTokens(tables)
        self.workspaces = MemoryWorkspaces(tables)
        self.pictures = MemoryPictures(tables)
        self.sessions = MemorySessions(tables)
        self.tickets = MemoryTickets(tables)
        self.rooms = MemoryRooms(tables)
        self.members = MemoryMembers(tables)
        self.messages = MemoryMessages(tables)
        self.threads = MemoryThreads(tables)
        self.pins = MemoryPins(tables, self.messages)
        self.saved = MemorySaved(tables)
        self.drafts = MemoryDrafts(tables)
        self.scheduled = MemoryScheduled(tables)
        self.edits = MemoryEdits(tables)
        self.reactions = MemoryReactions(tables)
        self.notices = MemoryNotices(tables)
        self.user_streams = MemoryUserStreams(tables)
        self.jobs = MemoryJobs(tables, clock.now)
        self.cursors = MemoryCursors(tables)
        self.schedules = MemorySchedules(tables)
        self.leases = MemoryLeases(tables)

    def now(self) -> int:
        return clock.now()
