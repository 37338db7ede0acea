"""Readers of one room over HTTP: `feed_load.py PORT TOKENS stream|poll COUNT MESSAGES`.

Opens COUNT feeds, says so, waits for a line on standard input, sends MESSAGES one after the other, and tells how long
each took until every reader had it, and how many did not arrive or came twice.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path

NEXT = re.compile(rb"link: <[^>]*(/room/[^>]*)>")
SEQ = re.compile(rb'"seq":(\d+)')


class Load:
    def __init__(self, port: int, tokens: list[str]) -> None:
        self.port = port
        self.tokens = tokens
        self.seen: list[set[int]] = [set() for _ in tokens]
        self.doubled = 0

    def head(self, number: int, path: str, accept: str) -> bytes:
        return (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n"
            f"Authorization: Bearer {self.tokens[number]}\r\n\r\n"
        ).encode()

    def came(self, number: int, seqs: list[int]) -> None:
        for seq in seqs:
            self.doubled += seq in self.seen[number]
            self.seen[number].add(seq)

    async def stream(self, number: int, opened: asyncio.Semaphore, ready: list[asyncio.Event]) -> None:
        async with opened:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(self.head(number, "/room/1/subscribe", "text/event-stream"))
            await reader.readuntil(b"\n\n")  # it listens
        ready[number].set()
        while True:
            line = await reader.readline()
            if line.startswith(b"data: "):
                self.came(number, [int(SEQ.search(line)[1])])
            elif not line:
                return

    async def poll(self, number: int, opened: asyncio.Semaphore, ready: list[asyncio.Event]) -> None:
        path = "/room/1/subscribe?wait=0"
        async with opened:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(self.head(number, path, "*/*"))
            path = NEXT.search(await reader.readuntil(b"\r\n\r\n"))[1].decode().replace("wait=0", "wait=60")
            writer.write(self.head(number, path, "*/*"))
        ready[number].set()
        while True:
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", answer)
            body = await reader.readexactly(int(length[1])) if length else b""
            self.came(number, [int(seq) for seq in SEQ.findall(body)])
            writer.write(self.head(number, NEXT.search(answer)[1].decode(), "*/*"))

    async def post(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = b'{"content":"a message of an ordinary length, as people write them"}'
        writer.write(
            f"POST /room/1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.tokens[0]}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(body)
        await reader.read()
        writer.close()


async def main(port: int, tokens: list[str], kind: str, messages: int) -> None:
    load = Load(port, tokens)
    opened = asyncio.Semaphore(50)
    ready = [asyncio.Event() for _ in tokens]
    began = time.perf_counter()
    work = [asyncio.create_task(getattr(load, kind)(number, opened, ready)) for number in range(len(tokens))]
    await asyncio.gather(*(event.wait() for event in ready))
    print(f"opened_s={time.perf_counter() - began:.2f}", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    took: list[float] = []
    for number in range(1, messages + 1):
        before = time.perf_counter()
        await load.post()
        while not all(len(seen) >= number for seen in load.seen):
            await asyncio.sleep(0.001)
            if time.perf_counter() - before > 30:
                break
        took.append(time.perf_counter() - before)
    lost = sum(messages - len(seen) for seen in load.seen)
    took.sort()
    print(json.dumps({"all_reached_ms": round(took[len(took) // 2] * 1000, 1), "lost": lost, "doubled": load.doubled}))
    for task in work:
        task.cancel()


if __name__ == "__main__":
    lines = Path(sys.argv[2]).read_text().splitlines()
    asyncio.run(main(int(sys.argv[1]), lines[: int(sys.argv[4])], sys.argv[3], int(sys.argv[5])))
