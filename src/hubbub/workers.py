"""Several processes on one port, and one that looks after them.

Each worker has a listening socket of its own (SO_REUSEPORT: the kernel spreads new connections over them), which is
made here, inherited, and stays open here. So a worker is replaced without refusing anybody: its successor takes
connections from the same socket before it lets go.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

import structlog

from hubbub.live.wheel import Wheel
from hubbub.settings import BadSetting, Settings

SOCKET = "_HUBBUB_WORKER_SOCKET"
"""The variable that tells a worker which open file its socket is."""
_READY = b"Hubbub is listening on "
_LONGEST_PAUSE = 10.0
_log = structlog.get_logger("workers")


def supervise(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP replaces the workers one after another. Raises BadSetting."""
    asyncio.run(_Supervisor(settings).run())


def inherited() -> socket.socket | None:
    """The socket this process was started with as a worker."""
    number = os.environ.get(SOCKET)
    return None if number is None else socket.socket(fileno=int(number))


def end_with_parent(wheel: Wheel, end: Callable[[int, None], None]) -> None:
    """A worker whose supervisor was killed would hold the port for ever: it stops."""
    parent = os.getppid()
    wheel.every_second(lambda second: end(signal.SIGTERM, None) if os.getppid() != parent else None)


class _Supervisor:
    def __init__(self, settings: Settings) -> None:
        self._grace = settings.drain_seconds + 10
        self._sockets = _sockets(settings)
        self._workers: list[Process | None] = [None] * len(self._sockets)
        self._stopping = asyncio.Event()
        self._replacing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._replace)
        lines = []
        for slot in range(len(self._sockets)):
            line = await self._start(slot)
            if line is None:
                await self._end()
                raise BadSetting("The workers could not be started: the first line above says why.")
            lines.append(line)
        print(lines[0], flush=True)  # noqa: T201 - the operator's answer
        watching = [asyncio.create_task(self._watch(slot)) for slot in range(len(self._sockets))]
        await self._stopping.wait()
        for task in watching:
            task.cancel()
        await self._end()

    async def _start(self, slot: int) -> str | None:
        """Start a worker in a slot, and wait until it is ready: the line it said, None if it ended instead."""
        number = self._sockets[slot].fileno()
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hubbub", *sys.argv[1:], stdout=PIPE, pass_fds=[number],
            env={**os.environ, SOCKET: str(number)}, start_new_session=True,
        )  # fmt: skip
        assert worker.stdout is not None
        line = await worker.stdout.readline()
        if not line.startswith(_READY):
            await worker.wait()
            return None
        self._workers[slot] = worker
        _log.info("worker_started", slot=slot, pid=worker.pid)
        return line.decode().strip()

    async def _watch(self, slot: int) -> None:
        """Start the worker of a slot again whenever it ends by itself."""
        pause = 0.1
        while True:
            worker = self._workers[slot]
            if worker is not None:
                code = await worker.wait()
                if worker is not self._workers[slot]:
                    continue  # it was replaced
                _log.error("worker_ended", slot=slot, pid=worker.pid, code=code)
                self._workers[slot] = None
            await asyncio.sleep(pause)
            pause = 0.1 if await self._start(slot) is not None else min(_LONGEST_PAUSE, pause * 2)

    def _replace(self) -> None:
        if self._replacing is None:
            self._replacing = asyncio.get_running_loop().create_task(self._replace_all())
            self._replacing.add_done_callback(self._replaced)

    def _replaced(self, task: "asyncio.Task[None]") -> None:
        self._replacing = None

    async def _replace_all(self) -> None:
        """One after another; if one cannot be started, what runs goes on."""
        for slot, old in enumerate(list(self._workers)):
            if await self._start(slot) is None:
                _log.error("not_replaced", slot=slot)
                return
            if old is not None and old.returncode is None:
                old.terminate()
                await self._wait(old)
        _log.info("replaced")

    async def _end(self) -> None:
        workers = [worker for worker in self._workers if worker is not None and worker.returncode is None]
        for worker in workers:
            worker.terminate()
        await asyncio.gather(*[self._wait(worker) for worker in workers])

    async def _wait(self, worker: Process) -> None:
        try:
            await asyncio.wait_for(worker.wait(), self._grace)
        except TimeoutError:
            worker.kill()
            await worker.wait()


def _sockets(settings: Settings) -> list[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    made: list[socket.socket] = []
    try:
        for _ in range(settings.workers):
            # The first takes a free port if it is to; the others the same.
            port = made[0].getsockname()[1] if made else settings.port
            made.append(socket.create_server((settings.host, port), family=family, backlog=4096, reuse_port=True))
    except OSError as error:
        raise BadSetting(f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}.") from error
    return made
