"""Ending idle sessions, and deleting sessions that ended long ago."""

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.sessions import EndIdleSessions, ForgetSessions, IdleSessions, StaleSessions
from hubbub.chat.transaction import Store
from hubbub.work.work import Work

_EVERY_SECONDS = 3600
_KEPT_DAYS = 30
"""Ended sessions are kept for so long, as sign-ins from their addresses count as known."""
_DAY = 86_400_000
_AT_ONCE = 200


def register_session_retention(work: Work, idle_days: int) -> None:
    """Each hour. `idle_days`: sessions that were not used for so long end; 0: none."""
    work.scheduler.every("session-retention", _EVERY_SECONDS, _Retention(work.store, idle_days).carry_out)


class _Retention(Struct, frozen=True):
    """In batches. Readers find the sessions, so that the writer is not blocked."""

    store: Store
    idle_days: int

    async def carry_out(self) -> None:
        if self.idle_days:
            await self._end_idle(clock.now() - self.idle_days * _DAY)
        before = clock.now() - _KEPT_DAYS * _DAY
        while stale := await self.store.read(StaleSessions(before, _AT_ONCE)):
            await self.store.write(ForgetSessions(stale))

    async def _end_idle(self, before: int) -> None:
        while idle := await self.store.read(IdleSessions(before, _AT_ONCE)):
            if not await self.store.write(EndIdleSessions(idle, before)):
                return
