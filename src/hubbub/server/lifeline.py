"""The pipe between a supervisor and one of its workers: a socket pair used for nothing else.

The worker writes one word per line: `migrating` and `starting` while it starts, `ready URL` when it serves, then
`alive` every second. The supervisor writes nothing. A closed pipe means that the other process has ended, however it
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
        """Never blocks and never raises: a supervisor that does not read, or is gone, must not stop a worker."""
        with suppress(OSError):
            self._line.send(f"{word}\n".encode(), socket.MSG_DONTWAIT)

    def end_with_supervisor(self, grace: float) -> None:
        """From now on, SIGTERM this process when the supervisor is gone, and kill it `grace` seconds later."""
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
    """Print to standard output. Nobody reading it is no reason not to serve."""
    try:
        print(line, flush=True)  # noqa: T201 - the operator's answer
    except OSError:
        # Or Python would try again when it ends, and say so.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class WorkerState:
    """The supervisor's end: what the worker reported last."""

    def __init__(self) -> None:
        self.url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Where it serves, as soon as it does."""
        self.migrating = False
        self.silent = 0
        """How often `passed` was called since the worker said anything."""

    def passed(self) -> None:
        """One second has passed. Counted, not measured: a pause of the whole machine is not a worker's silence."""
        if not self.migrating:
            self.silent += 1

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Read until the pipe is closed."""
        with suppress(OSError):
            while line := await reader.readline():
                self._apply(line.decode(errors="replace").strip())

    def _apply(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        self.migrating = word == "migrating"
        # While it starts, what it says is no sign that it gets anywhere.
        if word == "ready" and not self.url.done():
            self.silent = 0
            self.url.set_result(rest)
        elif word == "alive":
            self.silent = 0
