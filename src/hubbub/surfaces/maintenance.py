"""Ending idle sessions, and deleting sessions that ended long ago."""

import asyncio

from hubbub.chat import clock
from hubbub.chat.authenticator import Authenticator
from hubbub.chat.sessions import EndIdleSessions, ForgetSessions, IdleSessions, StaleSessions
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError
from hubbub.live.rooms.hub import Hub

_EVERY_SECONDS = 3600
_KEPT_DAYS = 30
"""Ended sessions are kept for so long, as sign-ins from their addresses count as known."""
_DAY = 86_400_000
_AT_ONCE = 200


class Maintenance:
    """Runs at the start and every hour, in batches. Readers find the sessions, so that the writer is not blocked."""

    def __init__(self, store: Store, authenticator: Authenticator, hub: Hub, idle_days: int) -> None:
        self._store = store
        self._authenticator = authenticator
        self._hub = hub
        self._idle_days = idle_days
        self._next = 0
        self._running: asyncio.Task[None] | None = None

    def tick(self, second: int) -> None:
        if second >= self._next and (self._running is None or self._running.done()):
            self._next = second + _EVERY_SECONDS
            # An open socket counts as use.
            for session in self._hub.sessions():
                self._authenticator.used(session)
            self._running = asyncio.get_running_loop().create_task(self._clean_up())

    async def _clean_up(self) -> None:
        try:
            if self._idle_days:
                await self._end_idle(clock.now() - self._idle_days * _DAY)
            before = clock.now() - _KEPT_DAYS * _DAY
            while stale := await self._store.read(StaleSessions(before, _AT_ONCE)):
                await self._store.write(ForgetSessions(stale))
        except HubbubError:
            return  # full disk or shutdown: the next run continues

    async def _end_idle(self, before: int) -> None:
        while idle := await self._store.read(IdleSessions(before, _AT_ONCE)):
            if not await self._store.write(EndIdleSessions(idle, before)):
                return
