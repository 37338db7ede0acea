"""Several worker processes on one port, and their supervisor.

The supervisor opens a listening socket for each worker (SO_REUSEPORT: the kernel spreads connections over them) and
keeps it open. A worker is replaced without refusing a connection: its successor accepts from the same socket before it
stops.
"""

import asyncio
import os
import signal
import socket
from typing import Any, NamedTuple

import msgspec
import structlog

from hubbub.server import lifeline
from hubbub.server.lifeline import Lifeline
from hubbub.server.listening import UNIX, hosts, listen
from hubbub.server.settings import BadSetting, Settings
from hubbub.server.worker import SOCKET, Worker

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
_log = structlog.get_logger("workers")


class Inherited(NamedTuple):
    """What a worker is started with."""

    listening: list[socket.socket]
    line: Lifeline


def supervise(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP replaces the workers one after another. Raises BadSetting."""
    sockets = _sockets(settings)

    async def run() -> None:
        await _Supervisor(settings, sockets).run()

    asyncio.run(run())


def inherited() -> Inherited | None:
    """What this process was started with, if it is a worker."""
    numbers = [os.environ.pop(name, None) for name in (SOCKET, lifeline.VARIABLE)]
    if None in numbers:
        return None
    *listening, line = [socket.socket(fileno=int(number)) for number in ",".join(filter(None, numbers)).split(",")]
    for each in (*listening, line):
        each.set_inheritable(False)
    return Inherited(listening, Lifeline(line))


class _Supervisor:
    def __init__(self, settings: Settings, sockets: list[list[socket.socket]]) -> None:
        self._slots = [_Slot(number, each, settings) for number, each in enumerate(sockets)]
        self._stopping = asyncio.Event()
        self._replacing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._replace)
        stopping = asyncio.create_task(self._stopping.wait())
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait({stopping, starting}, return_when=asyncio.FIRST_COMPLETED)
            if not stopping.done() and not starting.result():
                raise BadSetting("The workers could not be started: the first line above says why.")
            keeping = {slot.task for slot in self._slots if slot.task is not None}
            # A slot's task goes on for ever: if it ended, it is a fault of ours, and nothing is left running.
            done, _ = await asyncio.wait({stopping, *keeping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            starting.cancel()
            if self._replacing is not None:
                self._replacing.cancel()
            await asyncio.gather(*[slot.end() for slot in self._slots])

    async def _start(self) -> bool:
        """Start the workers one by one, as the first may migrate; whether all run."""
        urls = []
        for slot in self._slots:
            url = await slot.replace()
            if url is None:
                return False
            urls.append(url)
        lifeline.print_to_operator(f"Hubbub is listening on {urls[0]}")
        return True

    def _replace(self) -> None:
        if self._replacing is None or self._replacing.done():
            self._replacing = asyncio.create_task(self._replace_all())

    async def _replace_all(self) -> None:
        """Replace the workers one by one; if one cannot be started, the old ones stay."""
        for slot in self._slots:
            if await slot.replace() is None:
                _log.error("not_replaced", slot=slot.number)
                return
        _log.info("replaced")


class _Slot:
    """A listening socket and its worker. Only the slot's task starts or ends a worker there."""

    def __init__(self, number: int, listening: list[socket.socket], settings: Settings) -> None:
        self.number = number
        self.task: asyncio.Task[None] | None = None
        self._listening = listening
        self._grace = settings.drain_seconds + 10
        self._start_limit = settings.worker_start_seconds
        self._silence_limit = settings.worker_silence_seconds
        self._running: list[Worker] = []
        self._wanted: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._asked = asyncio.Event()

    async def replace(self) -> str | None:
        """Put a new worker here, in the place of the present one if there is one.

        Where it serves; None if it could not be started: who was there before goes on.
        """
        self._asked.set()
        wanted = self._wanted
        if self.task is None:
            self.task = asyncio.create_task(self._keep())
        waiting: list[asyncio.Future[Any]] = [wanted, self.task]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not wanted.done():
            self.task.result()
        return wanted.result()

    async def end(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        await asyncio.gather(*[worker.stop(self._grace) for worker in self._running])

    async def _keep(self) -> None:
        """Start a worker, end the previous one, and wait until another is needed; repeat."""
        pause = _FIRST_PAUSE
        while True:
            # Who asks from here on wants a worker that is started after that.
            answer, self._wanted = self._wanted, asyncio.get_running_loop().create_future()
            self._asked.clear()
            url = await self._start()
            if url is not None:
                pause = _FIRST_PAUSE
                while len(self._running) > 1:
                    await self._running[0].stop(self._grace)
                    del self._running[0]
            answer.set_result(url)
            if self._running:
                await self._until_needed(self._running[0])
            else:
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)

    async def _start(self) -> str | None:
        try:
            worker = await Worker.start(self._listening)
        except OSError as error:
            _log.error("worker_not_started", slot=self.number, error=str(error))
            return None
        self._running.append(worker)
        url = await worker.ready(self._start_limit)
        if url is None:
            code = worker.ended.result() if worker.ended.done() else None
            await worker.kill()
            self._running.remove(worker)
            _log.error("worker_not_started", slot=self.number, worker=worker.pid, code=code)
        else:
            _log.info("worker_started", slot=self.number, worker=worker.pid)
        return url

    async def _until_needed(self, worker: Worker) -> None:
        """Wait until another worker is requested or this one has failed and ended."""
        asked = asyncio.create_task(self._asked.wait())
        failing = asyncio.create_task(worker.fails(self._silence_limit))
        try:
            await asyncio.wait({asked, failing}, return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                code = worker.ended.result() if worker.ended.done() else None
                _log.error(failing.result(), slot=self.number, worker=worker.pid, code=code)
                await worker.kill()
                self._running.remove(worker)
                await asyncio.sleep(_FIRST_PAUSE)
        finally:
            asked.cancel()
            failing.cancel()


def _sockets(settings: Settings) -> list[list[socket.socket]]:
    """For each worker what it listens on: of its own with a port, one for all with a Unix socket."""
    first = listen(settings, reuse_port=True)
    port = next((each.getsockname()[1] for each in first if each.family != socket.AF_UNIX), None)
    made = [first]
    tcp = [host for host in hosts(settings) if not host.startswith(UNIX)]
    shared = [each for each in first if each.family == socket.AF_UNIX]
    for _ in range(1, settings.workers):
        own = listen(msgspec.structs.replace(settings, host=",".join(tcp), port=port), reuse_port=True) if tcp else []
        made.append([*own, *[each.dup() for each in shared]])
    return made
