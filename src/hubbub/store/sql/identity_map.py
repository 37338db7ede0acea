"""Records already read or written, so that they need no second query."""

from hubbub.chat.records import Account, MemberRecord, RoomRecord
from hubbub.store.sql.statement import Row

_MOST = 30_000


class IdentityMap:
    """Records as stored; None for those known not to exist.

    `bodies`: the columns of rooms without their counters. Valid as long as nobody else writes to the database; for one
    transaction where several servers share it.
    """

    def __init__(self) -> None:
        self.accounts: dict[int, Account | None] = {}
        self.rooms: dict[int, RoomRecord] = {}
        self.bodies: dict[int, Row] = {}
        self.members: dict[tuple[int, int], MemberRecord | None] = {}
        self.stream_heads: dict[int, int] = {}

    @property
    def is_too_large(self) -> bool:
        """About fifteen megabytes: then it is emptied."""
        return len(self.accounts) + len(self.rooms) + len(self.members) + len(self.stream_heads) > _MOST
