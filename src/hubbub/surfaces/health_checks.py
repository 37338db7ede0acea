"""Health checks of the store. Concurrent probes share one check.

Probes are not rate-limited, as a load balancer must never be refused. Sharing makes a flood of them as cheap as one.
"""

import asyncio
from collections.abc import Awaitable, Callable

from hubbub.chat.accounts import AnyAccount
from hubbub.chat.sessions import TouchSessions
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError

_SECONDS = 5
_READING_SECONDS = 2
"""Less than the usual time limit of proxies."""


class HealthCheck:
    """Runs `check` at most once at a time. `seconds`: its time limit."""

    def __init__(self, check: Callable[[], Awaitable[object]], seconds: int) -> None:
        self._check = check
        self._seconds = seconds
        self._running: asyncio.Task[str | None] | None = None

    async def problem(self) -> str | None:
        """What is wrong, as a sentence; None if nothing is. Callers that come while a check runs get its result."""
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())
        return await asyncio.shield(self._running)

    async def _run(self) -> str | None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._check()
        except TimeoutError:
            return "The storage does not answer."
        except HubbubError as error:
            return str(error)
        return None


class HealthChecks:
    """`reading`: the store can be read. `writing`: it can be written and read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reading = HealthCheck(self._read, _READING_SECONDS)
        self.writing = HealthCheck(self._write_and_read, _SECONDS)

    async def _read(self) -> None:
        await self._store.read(AnyAccount())

    async def _write_and_read(self) -> None:
        await self._store.write(TouchSessions({}))
        await self._read()
