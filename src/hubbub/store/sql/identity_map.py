"""What is known of a database without asking it again."""

from hubbub.chat.records import Account, MemberRecord, RoomRecord
from hubbub.store.sql.transaction import Row

_MOST = 30_000


class IdentityMap:
    """Records that were read or written, as they are stored; None where it is known that there is none.

    `bodies`: of rooms, all that can change of them but their counters. Good for as long as nobody else writes to the
    database: where several servers share it, for one transaction.
    """

    def __init__(self) -> None:
        self.accounts: dict[int, Account | None] = {}
        self.rooms: dict[int, RoomRecord] = {}
        self.bodies: dict[int, Row] = {}
        self.members: dict[tuple[int, int], MemberRecord | None] = {}
        self.inbox_heads: dict[int, int] = {}

    @property
    def is_too_large(self) -> bool:
        """Some fifteen megabytes: better begun anew than grown."""
        return len(self.accounts) + len(self.rooms) + len(self.members) + len(self.inbox_heads) > _MOST
