"""One worker as its supervisor sees it: a process and a pipe."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from typing import Any

from hubbub.server.lifeline import VARIABLE, WorkerState

SOCKET = "_HUBBUB_WORKER_SOCKETS"
"""The variable that tells a worker which open files its listening sockets are."""


class Worker:
    """A running process. Whoever starts it ends it, by `stop` or `kill`."""

    def __init__(self, process: Process, line: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = process.pid
        self._process = process
        self._state = WorkerState()
        # Kept: closing it would end the worker.
        self._line = writer
        self._reading = asyncio.create_task(self._state.read(line))
        self.ended = asyncio.create_task(process.wait())
        """Its exit code, when it has ended by itself or otherwise."""

    @classmethod
    async def start(cls, listening: list[socket.socket]) -> "Worker":
        """Start this program with these arguments as a worker that serves the sockets."""
        numbers = [each.fileno() for each in listening]
        ours, theirs = socket.socketpair()
        line, writer = await asyncio.open_unix_connection(sock=ours)
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "hubbub", *sys.argv[1:],
                    # What it prints goes to the log: nobody reads it, and the supervisor's own output stays one line.
                    stdin=asyncio.subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True,
                    pass_fds=[*numbers, theirs.fileno()],
                    env={**os.environ, SOCKET: ",".join(map(str, numbers)), VARIABLE: str(theirs.fileno())},
                )  # fmt: skip
        except BaseException:
            writer.close()
            raise
        return cls(process, line, writer)

    async def ready(self, limit: int) -> str | None:
        """Its URL; None if it ended instead, or took longer than `limit` seconds besides migrating."""
        state = self._state
        waiting: list[asyncio.Future[Any]] = [state.url, self.ended]
        while not state.url.done() and not self.ended.done() and state.silent <= limit:
            await asyncio.wait(waiting, timeout=1, return_when=asyncio.FIRST_COMPLETED)
            state.passed()
        return state.url.result() if state.url.done() else None

    async def fails(self, limit: int) -> str:
        """Wait until it has ended or was silent for `limit` seconds; says which."""
        while not self.ended.done():
            if self._state.silent >= limit:
                return "worker_hung"
            await asyncio.wait({self.ended}, timeout=1)
            self._state.passed()
        return "worker_ended"

    async def stop(self, grace: float) -> None:
        """Let it finish, for at most `grace` seconds."""
        self._send(signal.SIGTERM)
        await asyncio.wait({self.ended}, timeout=grace)
        await self.kill()

    async def kill(self) -> None:
        self._send(signal.SIGKILL)
        await self.ended
        self._reading.cancel()
        self._line.close()

    def _send(self, number: signal.Signals) -> None:
        if not self.ended.done():
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
