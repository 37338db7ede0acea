"""Drives the Python client of whatever release PYTHONPATH names: `python -P previous_client.py URL TOKEN`.

Reads calls as lines of JSON, `{"on": "client" or "live", "method", "arguments"}`. Writes lines of JSON: `ready`, then
`event` for each event of the live connection and `answer` or `error` for each call.
"""

import asyncio
import sys
from typing import Any

import msgspec

import hubbub
from hubbub.client import Client, Live
from hubbub.errors import HubbubError


def say(**line: object) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


async def send_all(live: Live) -> None:
    try:
        async for event in live:
            say(event=event)
    except HubbubError as error:
        say(ended=str(error))


async def answer(targets: dict[str, Any], line: bytes) -> None:
    call = msgspec.json.decode(line)
    try:
        result = getattr(targets[call["on"]], call["method"])(**call["arguments"])
        say(answer=await result if asyncio.iscoroutine(result) else result)
    except HubbubError as error:
        say(error=str(error))


async def main(url: str, token: str) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with Client(url, token) as client, client.live() as live:
        await live.ready()
        sending = asyncio.create_task(send_all(live))
        say(ready=hubbub.__file__)
        while line := await lines.readline():
            await answer({"client": client, "live": live}, line)
        sending.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
