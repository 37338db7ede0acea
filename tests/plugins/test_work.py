"""What a plugin does after a commit: a consumer of the rooms' log, and a job that it puts into the queue."""

import asyncio
from pathlib import Path

from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.plugins.plugin_files import plugin_file

WORK = """
from litestar import get
from msgspec import Struct

from hubbub.chat.jobs import NewJob
from hubbub.plugins import hookimpl
from hubbub.work.consumers.consumer import Consumer
from hubbub.work.jobs.commands import AddJobs
from hubbub.work.jobs.kinds import JobKind

class Noted(Struct):
    content: str

followed: list[str] = []
done: list[str] = []

async def follow(room, changed):
    followed.extend(message.content for message in changed.messages)
    return AddJobs([NewJob("note", Noted(message.content)) for message in changed.messages])

async def note(payload, job):
    done.append(payload.content)

@hookimpl
def work(work):
    work.consumers.add(Consumer("notes", follow))
    work.job_kinds.register(JobKind("note", note, Noted))

@get("/done")
async def seen() -> list[list[str]]:
    return [followed, done]

@hookimpl
def routes():
    return [seen]
"""


async def test_a_consumer_and_a_job(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server("rate_limits=off", f"plugins={plugin_file(tmp_path, 'notes', WORK)}")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    await alice.send("first", room=room)
    await alice.send("second", room=room)
    expected = [["first", "second"]] * 2
    async with asyncio.timeout(120), HttpClient(headers={"Authorization": f"Bearer {alice.token}"}) as http:
        while (await http.get(f"{server.url}/api/plugins/notes/done")).json() != expected:
            await asyncio.sleep(0.05)
    await alice.__aexit__()
