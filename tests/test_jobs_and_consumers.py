"""Consumers and jobs in a real server, which is killed while jobs wait, run and finish, on both databases; and in two
servers on one PostgreSQL."""

import asyncio
import json
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hubbub.client import Client
from hubbub.errors import HubbubError
from tests.command import run_hubbub
from tests.conftest import NewDatabase, newcomer
from tests.nats import Nats
from tests.postgres import Postgres
from tests.server import Server
from tests.supervised import until

PLUGIN = Path(__file__).with_name("work_plugin.py")
KILLS = 4
QUESTIONS = 25


class Working:
    """A server that answers questions, and what its jobs have left in their folder."""

    def __init__(self, folder: Path, database: str, *settings: str, name: str = "data") -> None:
        self.notes = folder / "notes"
        self.database = database
        self.notes.mkdir(exist_ok=True)
        plugin = shutil.copy(PLUGIN, self.notes)
        self.server = Server(folder / name, "rate_limits=off", f"plugins={plugin}", *settings, database=database)

    def noted(self, file: str) -> list[str]:
        path = self.notes / file
        return path.read_text().splitlines() if path.exists() else []

    async def note(self, file: str, line: str) -> None:
        """Wait for a line."""
        await until(
            lambda: any(line in noted for noted in self.noted(file)), f"{line} in {file}", lambda: self.server.log
        )

    async def count(self, file: str, lines: int) -> None:
        """Wait for so many lines."""
        await until(lambda: len(self.noted(file)) >= lines, f"{lines} lines in {file}", lambda: self.server.log)

    def jobs(self, *arguments: str) -> Any:
        """`hubbub jobs … --json`, beside the running server."""
        return self.operate("jobs", *arguments)

    def operate(self, *arguments: str) -> Any:
        where = ["--database", self.database] if self.database else ["--data", str(self.server.data)]
        done = run_hubbub(*arguments, *where, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def working(tmp_path: Path, database: NewDatabase) -> Iterator[Working]:
    running = Working(tmp_path, database())
    yield running
    running.server.stop()


@pytest.fixture
async def alice(working: Working) -> AsyncIterator[Client]:
    client = await newcomer(working.server.url, "alice")
    yield client
    await client.__aexit__()


async def contents(client: Client, room: int) -> list[str]:
    found: list[str] = []
    after = 0
    while True:
        page = await client.history(room, after=after, limit=200)
        found += [message.content for message in page.messages]
        if not page.has_more:
            return found
        after = page.messages[-1].seq


async def answered(client: Client, room: int, texts: list[str]) -> Counter[str]:
    """Wait until each of these is answered; returns how often each is."""
    wanted = {f"answer {text}" for text in texts}
    found: Counter[str] = Counter()
    async with asyncio.timeout(300):
        while wanted - found.keys():
            await asyncio.sleep(0.05)
            with suppress(HubbubError):
                found = Counter(text for text in await contents(client, room) if text.startswith("answer "))
    return found


@pytest.mark.long_on_postgresql
async def test_a_question_is_answered_by_a_job(working: Working, alice: Client) -> None:
    room = await alice.create_room("questions")
    await alice.send("ask why", room=room.id)
    assert await answered(alice, room.id, ["why"]) == {"answer why": 1}
    assert working.jobs("list")["jobs"] == []


@pytest.mark.long_on_postgresql
async def test_every_job_is_done_and_its_effect_is_there_once_however_often_the_server_is_killed(
    working: Working, alice: Client
) -> None:
    # A kill is a try of each job that was running.
    (working.notes / "tries").write_text(str(KILLS + 1))
    await asyncio.to_thread(working.server.kill)
    await asyncio.to_thread(working.server.start)
    chance = random.Random(3)
    room = await alice.create_room("questions")
    texts = [f"q{number}" for number in range(QUESTIONS)]

    async def ask_all() -> None:
        for text in texts:
            while True:
                with suppress(HubbubError):
                    await alice.send(f"ask {text}", room=room.id, key=text)
                    break
                await asyncio.sleep(0.05)

    asking = asyncio.create_task(ask_all())
    for _ in range(KILLS):
        goal = min(len(working.noted("begun")) + chance.randint(1, 6), QUESTIONS)
        await working.count("begun", goal)
        await asyncio.to_thread(working.server.kill)
        await asyncio.to_thread(working.server.start)
    await asking
    # The answers were posted by commands that the jobs returned: exactly once.
    assert await answered(alice, room.id, texts) == {f"answer {text}": 1 for text in texts}
    # What they did elsewhere was done at least once; keyed by the job, it is there once.
    done = Counter(line.split()[1] for line in working.noted("done"))
    assert set(done) == set(texts)
    assert len(list(working.notes.glob("effect-*"))) == QUESTIONS
    await until(lambda: working.jobs("list")["jobs"] == [], "no jobs left")


async def test_a_job_that_was_waiting_or_running_at_the_kill_is_done_after_it(working: Working, alice: Client) -> None:
    room = await alice.create_room("questions")
    texts = [f"wait {number}" for number in range(5)]
    for text in texts:
        await alice.send(f"ask {text}", room=room.id)
    for number in range(3):
        await working.note("begun", f"wait {number}")
    # Three at once: two are waiting.
    assert len(working.noted("begun")) == 3
    assert Counter(job["state"] for job in working.jobs("list")["jobs"]) == {"running": 3, "waiting": 2}
    await asyncio.to_thread(working.server.kill)
    (working.notes / "go").touch()
    await asyncio.to_thread(working.server.start)
    assert await answered(alice, room.id, texts) == {f"answer {text}": 1 for text in texts}


@pytest.mark.long_on_postgresql
async def test_a_stop_releases_what_does_not_finish(working: Working, alice: Client) -> None:
    room = await alice.create_room("questions")
    await alice.send("ask wait for me", room=room.id)
    await working.note("begun", "wait for me")
    assert await asyncio.to_thread(working.server.terminate, 60) == 0
    (job,) = working.jobs("list")["jobs"]
    assert (job["state"], job["tries"]) == ("waiting", 0)
    (working.notes / "go").touch()
    await asyncio.to_thread(working.server.start)
    assert await answered(alice, room.id, ["wait for me"]) == {"answer wait for me": 1}


@pytest.mark.long_on_postgresql
async def test_a_poisoned_job_holds_up_nobody_and_an_operator_decides_about_it(working: Working, alice: Client) -> None:
    room = await alice.create_room("questions")
    bad = ["fail 1", "fail 2", "fail 3", "fail 4"]
    for text in [*bad, "good"]:
        await alice.send(f"ask {text}", room=room.id)
    await answered(alice, room.id, ["good"])
    await until(
        lambda: len(working.jobs("list", "--dead")["jobs"]) == 4, "four dead letters", lambda: working.server.log
    )
    dead = working.jobs("list", "--dead", "--kind", "answer")["jobs"]
    assert {(job["state"], job["tries"]) for job in dead} == {("dead", 2)}
    assert dead[0]["last_error"].startswith("ValueError: no answer to fail")
    assert json.loads(dead[0]["payload"])["text"] in bad
    assert working.jobs("list", "--dead", "--kind", "other")["jobs"] == []
    # Tried again by the running server, which finds it by itself.
    first = dead[0]["id"]
    begun = len(working.noted("begun"))
    assert working.jobs("retry", str(first))["jobs"] == [first]
    await until(lambda: len(working.noted("begun")) > begun, "another try")
    dropped = working.jobs("drop", "--dead", "--kind", "answer")["jobs"]
    assert set(dropped) >= {job["id"] for job in dead[1:]}
    assert "job_given_up" in working.server.log


async def test_a_poisoned_room_is_parked_and_the_others_go_on(working: Working, alice: Client) -> None:
    sick, well = [await alice.create_room(name) for name in ("sick", "well")]
    await alice.send("ask poison", room=sick.id)
    await alice.send("ask later", room=sick.id)
    await alice.send("ask why", room=well.id)
    assert await answered(alice, well.id, ["why"]) == {"answer why": 1}
    await until(
        lambda: working.operate("consumers", "list")["parked"] != [], "a parked room", lambda: working.server.log
    )
    (parked,) = working.operate("consumers", "list")["parked"]
    assert (parked["consumer"], parked["room"], parked["error"]) == ("questions", sick.id, "ValueError: poisoned")
    assert await contents(alice, sick.id) == ["ask poison", "ask later"]
    (working.notes / "cured").touch()
    assert working.operate("consumers", "retry", "questions", str(sick.id)) == {"retried": True}
    assert await answered(alice, sick.id, ["poison", "later"]) == {"answer poison": 1, "answer later": 1}


async def test_a_deleted_room_is_erased_also_when_the_server_is_killed_meanwhile(
    working: Working, alice: Client
) -> None:
    room = await alice.create_room("gone")
    for number in range(20):
        await alice.send(f"message {number}", room=room.id)
    await alice.delete_room(room.id)
    await asyncio.to_thread(working.server.kill)
    await asyncio.to_thread(working.server.start)
    await until(
        lambda: working.server.sql(f"SELECT seq FROM messages WHERE room_id = {room.id}") == [], "an erased room"
    )
    await until(lambda: working.server.sql(f"SELECT 1 FROM members WHERE room_id = {room.id}") == [], "no members")
    await until(lambda: working.jobs("list")["jobs"] == [], "no jobs left")


# Two servers on one database


@pytest.fixture
def two(tmp_path: Path, postgres: Postgres, nats: Nats) -> Iterator[list[Working]]:
    url = postgres.database()
    running = [Working(tmp_path, url, f"bus={nats.url}", name=f"node{number}") for number in range(2)]
    yield running
    for each in running:
        each.server.stop()


async def test_of_two_servers_one_does_it_and_the_other_takes_over_when_it_is_killed(two: list[Working]) -> None:
    first, second = two
    alice = await newcomer(first.server.url, "alice")
    beside = Client(second.server.url, alice.token)
    rooms = [await alice.create_room(f"room {number}") for number in range(8)]
    texts = [f"q{number}" for number in range(10)]
    for room in rooms:
        for client, text in zip([alice, beside] * 5, texts, strict=True):
            await client.send(f"ask {text}", room=room.id)
    for room in rooms:
        assert await answered(beside, room.id, texts) == {f"answer {text}": 1 for text in texts}
    # Each job was begun once: while both live, they do not do the same.
    begun = Counter(line.partition(" ")[0] for line in first.noted("begun"))
    assert set(begun.values()) == {1}
    # What the first has begun, and what it alone knows of, the second goes on with.
    for room in rooms:
        await alice.send("ask wait", room=room.id)
    await until(lambda: len(first.noted("begun")) > len(begun) + 2, "jobs that wait")
    await asyncio.to_thread(first.server.kill)
    (first.notes / "go").touch()
    for room in rooms:
        await beside.send("ask last", room=room.id)
    for room in rooms:
        found = await answered(beside, room.id, ["wait", "last"])
        assert (found["answer wait"], found["answer last"]) == (1, 1)
    for client in (alice, beside):
        await client.__aexit__()


@pytest.mark.long_on_postgresql
@pytest.mark.parametrize("text", ["stuck", pytest.param("thread", marks=pytest.mark.long)])
async def test_a_job_that_ignores_its_end_does_not_keep_the_server(working: Working, alice: Client, text: str) -> None:
    """It swallows its cancellation, or waits in a thread: the next server could not have the data folder."""
    room = await alice.create_room("questions")
    await alice.send(f"ask {text}", room=room.id)
    await working.note("begun", text)
    process = working.server.process
    process.terminate()
    await until(lambda: process.poll() is not None, "the end of the server", lambda: working.server.log)
    working.server.start()
    (working.notes / "go").touch()
    assert (await alice.room(room.id)).name == "questions"
