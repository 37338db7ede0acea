"""Single-use tickets in SQL."""

from sqlalchemy import bindparam, delete, insert

from hubbub.chat.records import TicketRecord
from hubbub.store.sql.schema import tickets
from hubbub.store.sql.statement import Executor, Statement

ADD_TICKET = Statement(insert(tickets))
TAKE_TICKET = Statement(
    delete(tickets)
    .where(tickets.c.digest == bindparam("digest"))
    .returning(tickets.c.digest, tickets.c.session_id, tickets.c.use, tickets.c.expires_at)
)
DROP_EXPIRED = Statement(delete(tickets).where(tickets.c.expires_at < bindparam("before")))


class SqlTickets:
    """Tickets within a transaction."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def add(self, ticket: TicketRecord) -> None:
        # Tickets nobody came with are swept out by those who ask for new ones.
        self._tx.run(DROP_EXPIRED, {"before": ticket.expires_at - 3_600_000})
        self._tx.run(
            ADD_TICKET,
            {
                "digest": ticket.digest,
                "session_id": ticket.session,
                "use": ticket.use,
                "expires_at": ticket.expires_at,
            },
        )

    def take(self, digest: str) -> TicketRecord | None:
        row = self._tx.one(TAKE_TICKET, {"digest": digest})
        return None if row is None else TicketRecord(*row)
