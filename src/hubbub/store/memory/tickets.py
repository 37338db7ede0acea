"""Single-use tickets in memory."""

from hubbub.chat.records import TicketRecord
from hubbub.store.memory.tables import Tables


class MemoryTickets:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, ticket: TicketRecord) -> None:
        self._tables.tickets[ticket.digest] = ticket

    def take(self, digest: str) -> TicketRecord | None:
        return self._tables.tickets.pop(digest, None)
