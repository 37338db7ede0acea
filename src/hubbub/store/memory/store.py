"""The store in memory.

Its coroutines never wait, so the `chat` code can be driven without an event loop; a lock makes it safe for threads.
Sending is O(1).
"""

from collections.abc import Callable
from threading import Lock

from hubbub.chat.events import Event, JobsAdded
from hubbub.chat.transaction import Command, Query, Result
from hubbub.errors import HubbubError
from hubbub.store.memory.transaction import MemoryTransaction


class MemoryStore:
    def __init__(self, publish: Callable[[list[Event]], None] = lambda events: None) -> None:
        self._transaction = MemoryTransaction()
        self._publish = publish
        self._lock = Lock()

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        try:
            result = self._carry_out(command)
        except HubbubError as error:
            done(error)
            return
        done(result)

    async def write(self, command: Command[Result]) -> Result:
        return self._carry_out(command)

    async def read(self, query: Query[Result]) -> Result:
        with self._lock:
            return query.answer(self._transaction)

    def _carry_out(self, command: Command[Result]) -> Result:
        with self._lock:
            outcome = command.decide(self._transaction)
            for job in outcome.jobs:
                self._transaction.jobs.add(job)
            self._publish([*outcome.events, JobsAdded()] if outcome.jobs else outcome.events)
        return outcome.result
