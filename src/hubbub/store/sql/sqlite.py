"""SQLite: one thread writes, a few read, each with its own connection.

The writer is a group commit: it takes all queued commands, decides them in order in one transaction, commits, and only
then answers. Batches grow with the load; when idle a batch is one command and waits for nothing. WAL lets readers
continue meanwhile; `synchronous=FULL` means that what was answered survives a power failure.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from hubbub.chat.events import Event
from hubbub.chat.transaction import Command, Query, Result
from hubbub.errors import HubbubError, Unavailable
from hubbub.store.sql.batch import LARGEST_BATCH, Decided, Waiting, finish, settle
from hubbub.store.sql.sqlite_file import Writer, connect, snapshot

_READERS = 2
_CHECKPOINT_SECONDS = 1.0
_LONG_WAL_PAGES = 25_000

_Asked = tuple[Query[Any], asyncio.Future[Any]]


class SqliteStore:
    """`hubbub.chat.transaction.Store` on one migrated SQLite file; `publish` is called with all committed events."""

    def __init__(self, path: Path, publish: Callable[[list[Event]], None]) -> None:
        self._path = path
        self._publish = publish
        self._loop = asyncio.get_running_loop()
        self._gathered: list[Waiting] = []
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._unanswered = 0
        self._closed = False
        self._answers: deque[tuple[asyncio.Future[Any], Any]] = deque()
        self._woken = False
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._stopping = threading.Event()
        # One after the other, as turning WAL on takes the file for itself; and here, so that a failure is seen.
        self._writer = self._start("sqlite-write", self._write_batches)
        self._others = [self._start("sqlite-read", self._answer_all) for _ in range(_READERS)]
        self._others.append(self._start("sqlite-checkpoint", self._checkpoint))

    def _start(self, name: str, work: Callable[[sqlite3.Connection], None]) -> threading.Thread:
        thread = threading.Thread(target=work, args=(connect(self._path),), name=name, daemon=True)
        thread.start()
        return thread

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        if self._closed:
            done(Unavailable("The server is shutting down. Connect again in a moment.", reason="shutting_down"))
            return
        if not self._gathered:
            # All of this turn of the loop at once: waking the writer for each would make it begin with the first alone.
            self._loop.call_soon(self._hand_over)
        self._gathered.append((command, done))
        self._unanswered += 1

    def under_way(self) -> bool:
        """Whether a submitted command has not been answered yet."""
        return self._unanswered > 0

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        for first in range(0, len(gathered), LARGEST_BATCH):
            self._queue.put(gathered[first : first + LARGEST_BATCH])

    async def write(self, command: Command[Result]) -> Result:
        future: asyncio.Future[Result] = self._loop.create_future()

        self.submit(command, lambda result: settle(future, result))
        return await future

    async def read(self, query: Query[Result]) -> Result:
        future: asyncio.Future[Result] = self._loop.create_future()
        self._asked.put((query, future))
        return await future

    async def close(self) -> None:
        """Finish the submitted commands, then close the file."""
        self._closed = True
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        self._stopping.set()
        for _ in range(_READERS):
            self._asked.put(None)
        for thread in self._others:
            await asyncio.to_thread(thread.join)

    # Reading, in the readers' threads

    def _answer_all(self, connection: sqlite3.Connection) -> None:
        while (asked := self._asked.get()) is not None:
            query, future = asked
            answer: Any
            try:
                answer = snapshot(connection, query)
            except Exception as error:
                answer = error
            # The loop is woken once for all that is answered until it comes to look.
            self._answers.append((future, answer))
            if not self._woken:
                self._woken = True
                self._loop.call_soon_threadsafe(self._settle_all)
        connection.close()

    # Writing, in the writer's thread

    def _write_batches(self, connection: sqlite3.Connection) -> None:
        writer = Writer(connection)
        open_ = True
        while open_:
            batch: list[Waiting] = []
            waiting = self._queue.get()
            with suppress(Empty):
                while True:
                    if waiting is None:
                        open_ = False
                        break
                    batch += waiting
                    if len(batch) >= LARGEST_BATCH:
                        break
                    waiting = self._queue.get_nowait()
            if batch:
                decided = writer.commit([command for command, _ in batch])
                self._loop.call_soon_threadsafe(self._finish, batch, decided)
        connection.close()

    # Moving what the WAL holds into the file, in a thread of its own: done by the writer, as SQLite would by itself, it
    # held every sender up for tens of milliseconds now and then.

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        while not self._stopping.wait(_CHECKPOINT_SECONDS):
            with suppress(sqlite3.Error):  # a full or broken disk is reported to those who write
                _, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if pages == moved and pages > _LONG_WAL_PAGES:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    # Telling, in the event loop's thread

    def _settle_all(self) -> None:
        # First this: what is answered from here on may not be seen below, so it wakes the loop again.
        self._woken = False
        while self._answers:
            settle(*self._answers.popleft())

    def _finish(self, batch: list[Waiting], decided: list[Decided]) -> None:
        self._unanswered -= len(batch)
        finish(batch, decided, self._publish)
