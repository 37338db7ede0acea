"""Stock Firefox: sign in, send, receive, and nothing lost when the server is killed."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio

from tests.conftest import PASSWORD, newcomer
from tests.server import Server

ROOT = Path(__file__).parent.parent.parent
Step = Callable[..., Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session")
async def firefox(server: Server, tmp_path: Path) -> AsyncIterator[Step]:
    """`await firefox("write", text="hello")`: one step of web/smoke/firefox.js."""
    names = [os.environ.get("HUBBUB_FIREFOX", ""), "firefox-esr", "firefox"]
    path = next(found for name in names if name and (found := shutil.which(name)))
    process = subprocess.Popen(
        [str(ROOT / "tools" / "node.sh"), "node", str(ROOT / "web" / "smoke" / "firefox.js"), server.url, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "HOME": str(tmp_path)},
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    asked, told = process.stdin, process.stdout

    async def step(what: str, /, **rest: object) -> None:
        asked.write(json.dumps({"step": what, **rest}).encode() + b"\n")
        asked.flush()
        line = await asyncio.to_thread(told.readline)
        assert line, "Firefox went away"
        answer = json.loads(line)
        assert answer["ok"], answer["faults"]

    yield step
    # The script closes Firefox and exits at the end; the group is killed in any case.
    asked.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, 30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    told.close()


async def test_signing_in_talking_and_coming_back(firefox: Step, server: Server) -> None:
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
    kitchen = await bob.create_room("kitchen", members=["alice"])
    await firefox("signIn", name="alice", password=PASSWORD)
    await firefox("open", room=kitchen.id)
    await bob.send("from **bob**", room=kitchen.id)
    await firefox("sees", texts=["from bob"])
    await firefox("write", text="from firefox")
    await firefox("sees", texts=["from bob", "from firefox"])
    assert [message.content for message in (await bob.history(kitchen.id)).messages][1] == "from firefox"
    await asyncio.to_thread(server.kill)
    await firefox("isLost")
    await firefox("write", text="meanwhile")
    await firefox("pending", count=1)
    await asyncio.to_thread(server.start)
    await firefox("isBack")
    await firefox("sees", texts=["from bob", "from firefox", "meanwhile"])
    await firefox("pending", count=0)
    await bob.edit(kitchen.id, 1, "edited by bob")
    await firefox("sees", texts=["edited by bob", "from firefox", "meanwhile"])
    for client in (alice, bob):
        await client.__aexit__()
