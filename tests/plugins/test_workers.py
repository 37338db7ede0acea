"""Plugins on several processes: each has them, and what follows a commit is done once among them."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.client import Client
from tests.conftest import newcomer
from tests.nats import Nats
from tests.plugins.plugin_files import plugin_file
from tests.postgres import Postgres
from tests.raw import PATIENCE
from tests.server import Server
from tests.supervised import Supervised

PLUGIN = """
import os
from pathlib import Path

from msgspec import Struct

from hubbub.chat.jobs import NewJob
from hubbub.plugins import hookimpl
from hubbub.work.consumers.consumer import Consumer
from hubbub.work.jobs.commands import AddJobs
from hubbub.work.jobs.kinds import JobKind

class Noted(Struct):
    content: str

def note(file, line):
    with (Path(__file__).parent / file).open("a") as lines:
        lines.write(f"{line}\\n")

@hookimpl
def start(server):
    note("started", os.getpid())

@hookimpl
def compose(draft):
    return f"{draft.content} by {os.getpid()}"

async def follow(room, changed):
    return AddJobs([NewJob("note", Noted(message.content)) for message in changed.messages])

async def done(payload, job):
    note("done", payload.content)

@hookimpl
def work(work):
    work.consumers.add(Consumer("notes", follow, starts="beginning"))
    work.job_kinds.register(JobKind("note", done, Noted))
"""


@pytest.fixture
def server(tmp_path: Path, postgres: Postgres) -> Iterator[Server]:
    nats = Nats()
    plugin = plugin_file(tmp_path, "notes", PLUGIN)
    settings = ("rate_limits=off", "workers=2", f"bus={nats.url}", f"plugins={plugin}")
    running = Server(tmp_path / "data", *settings, database=postgres.database())
    yield running
    running.terminate()
    running.stop()
    nats.stop()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


async def test_every_worker_has_the_plugin_and_its_work_is_done_once(server: Server, tmp_path: Path) -> None:
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    async with asyncio.timeout(PATIENCE):
        while len(started := lines(tmp_path / "started")) < 2:
            await asyncio.sleep(0.05)
        assert len(set(started)) == 2
        sent: list[str] = []
        # Each over a connection of its own, which either worker may get.
        while {content.rpartition(" ")[2] for content in sent} != set(started):
            async with Client(server.url, alice.token) as client:
                sent.append((await client.send(f"message {len(sent)}", room=room)).content)
        while len(lines(tmp_path / "done")) < len(sent):
            await asyncio.sleep(0.05)
    assert Counter(lines(tmp_path / "done")) == Counter(sent)
    await alice.__aexit__()


async def test_a_plugin_that_cannot_be_used_is_named_and_ends_the_supervisor(
    tmp_path: Path, postgres: Postgres, nats: Nats
) -> None:
    plugin = plugin_file(tmp_path, "broken", "raise ZeroDivisionError('no plugin')")
    running = Supervised(tmp_path / "supervised", postgres.database(), nats.url, f"plugins={plugin}")
    try:
        assert await running.ended() != 0
        assert "broken" in running.log
        assert not running.workers()
        assert not [
            line for line in running.log.splitlines() if line.startswith("{") and "listening" in json.loads(line)
        ]
    finally:
        running.stop()
