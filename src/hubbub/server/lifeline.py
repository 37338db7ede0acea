"""The line between a supervisor and one of its workers: a pair of sockets that nothing else is written to.

The worker says a word a line: `migrating` and `starting` while it starts, `ready URL` when it serves, then `alive`
every second. The supervisor says nothing. Whoever finds the line closed knows that the other end is gone, however it
ended: the kernel closes it.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
from contextlib import suppress

VARIABLE = "_HUBBUB_WORKER_LINE"
"""Tells a worker which open file its end is."""


class Lifeline:
    """The worker's end."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def say(self, word: str) -> None:
        """Never waits and never raises: a supervisor that does not read, or is gone, must not hold a worker up."""
        with suppress(OSError):
            self._line.send(f"{word}\n".encode(), socket.MSG_DONTWAIT)

    def end_with_supervisor(self, grace: float) -> None:
        """From now on: SIGTERM to this process when the supervisor is gone, and `grace` seconds later the end of it."""
        threading.Thread(target=self._outlive, args=(grace,), name="lifeline", daemon=True).start()

    def _outlive(self, grace: float) -> None:
        with suppress(OSError):
            while self._line.recv(64):
                pass
        # While it starts this ends it at once; later it drains.
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(grace)
        os._exit(1)


def print_to_operator(line: str) -> None:
    """To standard output. One that nobody reads any more is no reason not to serve."""
    try:
        print(line, flush=True)  # noqa: T201 - the operator's answer
    except OSError:
        # Or Python would try again when it ends, and say so.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class WorkerState:
    """The supervisor's end: what the worker said last."""

    def __init__(self) -> None:
        self.url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Where it serves, as soon as it does."""
        self.migrating = False
        self.silent = 0
        """How often `passed` was called since the worker said anything."""

    def passed(self) -> None:
        """A second has gone by. Counted, not measured: when the whole machine was held up, nobody was silent."""
        if not self.migrating:
            self.silent += 1

    async def hear(self, reader: asyncio.StreamReader) -> None:
        """Until the line is closed."""
        with suppress(OSError):
            while line := await reader.readline():
                self._heard(line.decode(errors="replace").strip())

    def _heard(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        self.migrating = word == "migrating"
        # While it starts, what it says is no sign that it gets anywhere.
        if word == "ready" and not self.url.done():
            self.silent = 0
            self.url.set_result(rest)
        elif word == "alive":
            self.silent = 0
