"""Single-use tickets, with which a browser opens a connection or a page without its token."""

from typing import Protocol

from hubbub.chat.records import TicketRecord


class Tickets(Protocol):
    def add(self, ticket: TicketRecord) -> None:
        """Store a ticket, and drop those that expired an hour ago."""

    def take(self, digest: str) -> TicketRecord | None:
        """Remove a ticket and return it; None if it does not exist or was taken before."""
