"""Whatever happens to a supervisor or worker, at any moment: no process is left over, and none waits for ever."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from tests.nats import Nats
from tests.plug import InThread, Plug
from tests.postgres import Postgres
from tests.supervised import WORKERS, Supervised, until

MakeSupervised = Callable[..., Supervised]


class _SlowPlug(Plug):
    """A connection with a latency of 20 ms."""

    async def passed(self, source: asyncio.StreamReader, back: bool) -> AsyncIterator[bytes]:
        async for data in super().passed(source, back):
            await asyncio.sleep(0.02)
            yield data


@pytest.fixture(scope="module")
def slow_nats(nats: Nats) -> Iterator[str]:
    plug = InThread(_SlowPlug(nats.port))
    yield plug.url.replace("http", "nats")
    plug.stop()


@pytest.fixture
def supervised(tmp_path: Path, postgres: Postgres, slow_nats: str) -> Iterator[MakeSupervised]:
    made: list[Supervised] = []
    numbers = count()
    database = postgres.database()

    def make(*settings: str, **options: str) -> Supervised:
        made.append(Supervised(tmp_path / f"run{next(numbers)}", database, slow_nats, *settings, **options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


async def settled(here: Supervised, without: set[int]) -> None:
    """Wait until the right number of workers run, none of them one of the given ones."""
    await until(
        lambda: len(here.workers()) == WORKERS and not here.workers() & without, "the right workers", lambda: here.log
    )
    await here.answers()


async def supervisor_killed_while_workers_start(supervised: MakeSupervised, chance: random.Random) -> None:
    here = supervised()
    await until(lambda: bool(here.workers()), "a worker", lambda: here.log)
    await asyncio.sleep(chance.uniform(0, 3))
    here.signal(signal.SIGKILL)
    await here.ended()
    # The reader of its output is gone too.
    assert here.process.stdout is not None
    here.process.stdout.close()
    await until(lambda: not here.workers(), "the end of the workers", lambda: here.log)


async def supervisor_killed_while_all_serve(supervised: MakeSupervised, chance: random.Random) -> None:
    here = await supervised().listening()
    await asyncio.sleep(chance.uniform(0, 0.5))
    here.signal(signal.SIGKILL)
    await here.ended()
    await until(lambda: not here.workers(), "the end of the workers", lambda: here.log)


async def told_to_stop_while_workers_start(supervised: MakeSupervised, chance: random.Random) -> None:
    here = supervised()
    await until(lambda: bool(here.workers()), "a worker", lambda: here.log)
    await asyncio.sleep(chance.uniform(0, 3))
    here.signal(signal.SIGTERM)
    assert await here.ended() == 0, here.log
    assert here.workers() == set()


async def told_to_stop_while_a_worker_hangs_at_its_start(supervised: MakeSupervised, chance: random.Random) -> None:
    here = supervised(mischief="hang")
    await until(lambda: bool(here.workers()), "a worker", lambda: here.log)
    await asyncio.sleep(chance.uniform(0, 0.5))
    here.signal(signal.SIGTERM)
    assert await here.ended() == 0, here.log
    assert here.workers() == set()


async def old_worker_killed_while_it_is_replaced(supervised: MakeSupervised, chance: random.Random) -> None:
    here = await supervised().listening()
    old = here.workers()
    here.signal(signal.SIGHUP)
    await asyncio.sleep(chance.uniform(0, 1.5))
    with suppress(ProcessLookupError):
        os.kill(here.said("worker_started")[0], signal.SIGKILL)
    await until(lambda: '"replaced"' in here.log, "all replaced", lambda: here.log)
    await settled(here, old)
    # The next reload replaces all workers, too.
    second = here.workers()
    here.signal(signal.SIGHUP)
    await until(lambda: here.log.count('"replaced"') == 2, "all replaced again", lambda: here.log)
    await settled(here, old | second)


async def any_worker_killed_while_they_are_replaced(supervised: MakeSupervised, chance: random.Random) -> None:
    here = await supervised().listening()
    old = here.workers()
    here.signal(signal.SIGHUP)
    for _ in range(3):
        await asyncio.sleep(chance.uniform(0, 1))
        with suppress(ProcessLookupError, IndexError):
            os.kill(chance.choice(sorted(here.workers())), signal.SIGKILL)
    here.signal(signal.SIGHUP)
    await until(lambda: "replaced" in here.log, "an end of the replacing", lambda: here.log)
    while here.workers() & old:
        # A worker that dies at its start ends the reload: the running ones continue.
        here.signal(signal.SIGHUP)
        await asyncio.sleep(0.5)
    await settled(here, old)


async def worker_stopped(supervised: MakeSupervised, chance: random.Random) -> None:
    here = await supervised().listening()
    stopped = chance.choice(sorted(here.workers()))
    os.kill(stopped, signal.SIGSTOP)
    # Some of these wait for the hanging worker, until it is replaced.
    await here.answers()
    await settled(here, {stopped})
    assert here.said("worker_hung") == [stopped]


async def supervisor_stopped_for_a_while(supervised: MakeSupervised, chance: random.Random) -> None:
    here = await supervised().listening()
    before = here.workers()
    here.signal(signal.SIGSTOP)
    await here.answers()
    await asyncio.sleep(6)
    here.signal(signal.SIGCONT)
    await asyncio.sleep(1.5)
    # No worker was silent; the supervisor did not read.
    assert here.workers() == before
    assert here.said("worker_hung") == []


async def replacement_hangs(supervised: MakeSupervised, chance: random.Random) -> None:
    here = await supervised("worker_start_seconds=40").listening()
    old = here.workers()
    here.mischief = "hang"
    (here.folder / "hang").touch()
    here.signal(signal.SIGHUP)
    await until(lambda: "not_replaced" in here.log, "the end of its patience", lambda: here.log)
    assert here.workers() == old
    await here.answers()
    here.well()
    here.signal(signal.SIGHUP)
    await until(lambda: '"replaced"' in here.log, "all replaced", lambda: here.log)
    await settled(here, old)


async def worker_dies_while_its_replacement_hangs(supervised: MakeSupervised, chance: random.Random) -> None:
    here = await supervised("worker_start_seconds=40").listening()
    first = here.said("worker_started")[0]
    here.mischief = "hang"
    (here.folder / "hang").touch()
    here.signal(signal.SIGHUP)
    await until(lambda: len(here.workers()) > WORKERS, "the replacement", lambda: here.log)
    os.kill(first, signal.SIGKILL)
    await until(lambda: "not_replaced" in here.log, "the end of its patience", lambda: here.log)
    here.well()
    await settled(here, {first})


FAULTS = [
    supervisor_killed_while_workers_start,
    supervisor_killed_while_all_serve,
    told_to_stop_while_workers_start,
    told_to_stop_while_a_worker_hangs_at_its_start,
    old_worker_killed_while_it_is_replaced,
    any_worker_killed_while_they_are_replaced,
    worker_stopped,
    supervisor_stopped_for_a_while,
    replacement_hangs,
    worker_dies_while_its_replacement_hangs,
]


ONCE = [
    supervisor_killed_while_all_serve,
    told_to_stop_while_workers_start,
    old_worker_killed_while_it_is_replaced,
    worker_stopped,
    replacement_hangs,
]
"""One of each kind, as each takes half a minute."""


@pytest.mark.parametrize("fault", ONCE, ids=lambda fault: fault.__name__)
async def test_a_fault_leaves_nobody_over(supervised: MakeSupervised, fault) -> None:
    await fault(supervised, random.Random(3))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_twenty_times_each(supervised: MakeSupervised, fault, seed: int) -> None:
    await fault(supervised, random.Random(seed))


async def test_what_workers_print_is_not_taken_for_what_they_say(supervised: MakeSupervised) -> None:
    here = await supervised(mischief="noise").listening()
    await settled(here, set())
    assert here.url.startswith("http://127.0.0.1:")


async def test_workers_that_cannot_start_end_the_supervisor(supervised: MakeSupervised) -> None:
    here = supervised(mischief="fail")
    assert await here.ended() == 2
    assert "could not be started" in here.log
    assert here.workers() == set()


async def test_a_supervisor_whose_output_nobody_reads(supervised: MakeSupervised) -> None:
    here = supervised()
    assert here.process.stdout is not None
    here.process.stdout.close()
    await until(lambda: len(here.said("worker_started")) == WORKERS, "the start", lambda: here.log)
    here.signal(signal.SIGTERM)
    assert await here.ended() == 0, here.log
    assert here.workers() == set()
