"""What Python, uvloop and SQLite give by themselves: the least that stores a message durably and delivers it to two.

Socket frame → struct → batch → `executemany` into SQLite with `synchronous=FULL`, in one thread → two listeners, ack.
No accounts, sessions, permissions, resume, bounds or slow readers: the yardstick for what the product costs.
"""

import asyncio
import base64
import hashlib
import queue
import sqlite3
import sys
import threading
from collections import defaultdict
from contextlib import closing
from typing import Any

import msgspec
import uvloop

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LARGEST_BATCH = 512


class Told(msgspec.Struct, tag_field="type", tag="message"):
    room: int
    seq: int
    version: int
    content: str


class Ack(msgspec.Struct, tag_field="type", tag="ack"):
    room: int
    seq: int


class Frame(msgspec.Struct):
    type: str
    room: int = 0
    content: str = ""
    key: str | None = None


_decode = msgspec.json.Decoder(Frame).decode
_encode = msgspec.json.Encoder().encode


class Line(asyncio.Protocol):
    """A connection: the room it listens to comes from its place in the list of tokens."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._data = b""
        self._open = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._data + data
        if not self._open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._data = head
                return
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
            accept = base64.b64encode(hashlib.sha1(fields[b"Sec-WebSocket-Key"] + _GUID).digest())
            answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            self.transport.write(answer + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            token = fields[b"Authorization"].removeprefix(b"Bearer ")
            self._server.rooms[self._server.places[token]].append(self.transport)
            self._open = True
        at = 0
        while len(data) - at >= 6:
            size, head_size = data[at + 1] & 127, 6
            if size == 126:
                size, head_size = int.from_bytes(data[at + 2 : at + 4], "big"), 8
            end = at + head_size + size
            if len(data) < end:
                break
            mask = data[at + head_size - 4 : at + head_size]
            payload = data[at + head_size : end]
            if mask != b"\0\0\0\0":
                key = mask * (size // 4 + 1)
                payload = bytes(a ^ b for a, b in zip(payload, key[:size], strict=True))
            if data[at] & 15 == 1:
                self._take(_decode(payload))
            at = end
        self._data = data[at:]

    def _take(self, frame: Frame) -> None:
        if frame.type == "message":
            self._server.waiting.put((self.transport, frame))
        else:
            self.transport.write(framed(b'{"type":"connect","rooms":[]}'))


class Server:
    def __init__(self, path: str, tokens: list[bytes], members: int) -> None:
        self.places = {token: at // members + 1 for at, token in enumerate(tokens)}
        self.rooms: defaultdict[int, list[Any]] = defaultdict(list)
        self.waiting: queue.SimpleQueue[tuple[Any, Frame]] = queue.SimpleQueue()
        self._path = path
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._store, daemon=True).start()

    def _store(self) -> None:
        heads: defaultdict[int, int] = defaultdict(int)
        with closing(sqlite3.connect(self._path, isolation_level=None)) as database:
            database.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                "CREATE TABLE rooms (id INTEGER PRIMARY KEY, seq INTEGER);"
                "CREATE TABLE messages (room INTEGER, seq INTEGER, sender INTEGER, content TEXT, key TEXT, "
                "PRIMARY KEY (room, seq)) WITHOUT ROWID; CREATE UNIQUE INDEX keys ON messages (room, sender, key);"
            )
            while True:
                batch = [self.waiting.get()]
                while len(batch) < _LARGEST_BATCH and not self.waiting.empty():
                    batch.append(self.waiting.get())
                rows, received = [], []
                for transport, frame in batch:
                    seq = heads[frame.room] = heads[frame.room] + 1
                    rows.append((frame.room, seq, frame.room, frame.content, frame.key))
                    received.append((transport, Told(frame.room, seq, seq, frame.content)))
                database.execute("BEGIN IMMEDIATE")
                database.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", rows)
                last = {row[0]: row[:2] for row in rows}
                database.executemany("INSERT OR REPLACE INTO rooms VALUES (?, ?)", last.values())
                database.execute("COMMIT")
                self._loop.call_soon_threadsafe(self._tell, received)

    def _tell(self, received: list[tuple[Any, Told]]) -> None:
        out: defaultdict[Any, list[bytes]] = defaultdict(list)
        for transport, event in received:
            data = framed(_encode(event))
            for listener in self.rooms[event.room]:
                out[listener].append(data)
            out[transport].append(framed(_encode(Ack(event.room, event.seq))))
        for transport, parts in out.items():
            transport.write(b"".join(parts))


def framed(payload: bytes) -> bytes:
    size = len(payload)
    return (bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")) + payload


async def main(port: int, path: str, tokens: str, members: int) -> None:
    with open(tokens, "rb") as file:
        server = Server(path, file.read().split(), members)
    listening = await asyncio.get_running_loop().create_server(lambda: Line(server), "127.0.0.1", port, backlog=4096)
    await listening.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
