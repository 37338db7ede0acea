"""The aggregates in memory. A refused command has changed nothing, so a transaction needs no way back."""

from hubbub.store.memory.accounts import MemoryAccounts
from hubbub.store.memory.edits import MemoryEdits
from hubbub.store.memory.inboxes import MemoryInboxes
from hubbub.store.memory.members import MemoryMembers
from hubbub.store.memory.messages import MemoryMessages
from hubbub.store.memory.notices import MemoryNotices
from hubbub.store.memory.pictures import MemoryPictures
from hubbub.store.memory.reactions import MemoryReactions
from hubbub.store.memory.rooms import MemoryRooms
from hubbub.store.memory.sessions import MemorySessions
from hubbub.store.memory.tables import Tables
from hubbub.store.memory.tickets import MemoryTickets


class MemoryTransaction:
    """`hubbub.chat.transaction.Transaction` on plain collections."""

    def __init__(self) -> None:
        tables = Tables()
        self.accounts = MemoryAccounts(tables)
        self.pictures = MemoryPictures(tables)
        self.sessions = MemorySessions(tables)
        self.tickets = MemoryTickets(tables)
        self.rooms = MemoryRooms(tables)
        self.members = MemoryMembers(tables)
        self.messages = MemoryMessages(tables)
        self.edits = MemoryEdits(tables)
        self.reactions = MemoryReactions()
        self.notices = MemoryNotices(tables)
        self.inboxes = MemoryInboxes(tables)
