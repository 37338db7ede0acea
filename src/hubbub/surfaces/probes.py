"""Whether the store answers, as probes ask it: one question at a time, however many ask.

Nothing limits who probes, as a balancer must never be refused; so a flood of probes costs the store no more than one.
"""

import asyncio
from collections.abc import Awaitable, Callable

from hubbub.chat.accounts import AnyAccount
from hubbub.chat.ledger import Store
from hubbub.chat.sessions import TouchSessions
from hubbub.errors import HubbubError

_SECONDS = 5
_READING_SECONDS = 2
"""Less than what proxies wait for."""


class Probe:
    """`ask` is asked anew once the question before it is answered; `seconds`: how long the answer is waited for."""

    def __init__(self, ask: Callable[[], Awaitable[object]], seconds: int) -> None:
        self._ask = ask
        self._seconds = seconds
        self._asking: asyncio.Task[str | None] | None = None

    async def problem(self) -> str | None:
        """What is wrong; None: nothing. Whoever asks meanwhile is given the same answer."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._answer())
        return await asyncio.shield(self._asking)

    async def _answer(self) -> str | None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._ask()
        except TimeoutError:
            return "The storage does not answer."
        except HubbubError as error:
            return str(error)
        return None


class Probes:
    """`reading`: the store can be read from. `writing`: it can be written to as well."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reading = Probe(self._read, _READING_SECONDS)
        self.writing = Probe(self._write_and_read, _SECONDS)

    async def _read(self) -> None:
        await self._store.read(AnyAccount())

    async def _write_and_read(self) -> None:
        await self._store.write(TouchSessions({}))
        await self._read()
