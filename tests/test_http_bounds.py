"""Bounds of one HTTP connection: size of the head, pipelined requests, unread answers."""

import asyncio
import resource
import select
import socket
import struct
from contextlib import suppress

import httpx
import pytest

from hubbub.client import Client
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.raw import RawSocket
from tests.server import Server


@pytest.fixture
async def stored(make_server: MakeServer):
    """A server with a room whose last page is 800 KB, and the head of a request for it."""
    server = make_server("message_length=16000", "unread_seconds=2", "log_level=info")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("long")
    for _ in range(50):
        await alice.send("x" * 16000, room=room.id)
    yield server, ask(server, alice, f"/api/rooms/{room.id}/messages?limit=200")
    await alice.__aexit__()


def ask(server: Server, client: Client, path: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nAuthorization: Bearer {client.token}\r\n\r\n"
    return head.encode()


def connected(server: Server) -> socket.socket:
    """A client with a small receive buffer."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    return connection


async def cut_off(connection: socket.socket) -> None:
    """Wait until the other side has closed the connection; nothing is read."""
    poll = select.poll()
    poll.register(connection, 0)
    while not poll.poll(0):
        await asyncio.sleep(0.05)


def heads(answers: bytes) -> list[bytes]:
    return [part.partition(b" ")[2][:3] for part in answers.split(b"HTTP/1.1")[1:]]


async def test_who_never_reads_is_cut_off_and_leaves_no_trace(stored) -> None:
    server, request = stored
    # More than the system buffers for a connection: one that may send more requests, one that would be closed after
    # reading, one that pipelined far too many.
    closing = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    idle = [connected(server) for _ in range(3)]
    for connection, sent in zip(idle, (request * 12, request * 11 + closing, request * 60), strict=True):
        connection.sendall(sent)
    for connection in idle:
        await asyncio.wait_for(cut_off(connection), 60)
        connection.close()
    async with HttpClient(base_url=server.url) as http:
        assert (await http.get("/healthz")).status_code == 200
    server.terminate()
    assert "Traceback" not in server.log
    assert "Exception in ASGI" not in server.log


async def test_who_goes_in_the_middle_of_many_answers_leaves_no_trace(stored) -> None:
    server, request = stored
    for _ in range(5):
        connection = connected(server)
        connection.sendall(request * 12)
        connection.recv(1000)
        connection.close()
    async with HttpClient(base_url=server.url) as http:
        assert (await http.get("/readyz")).status_code == 200
    server.terminate()
    assert "Traceback" not in server.log


async def test_who_reads_slowly_gets_all_of_it(stored) -> None:
    server, request = stored
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=4096)
    writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    got = 0
    while data := await reader.read(16384):
        got += len(data)
        await asyncio.sleep(0.06)  # in all longer than an answer may be left unread
    assert got > 800_000
    writer.close()


async def test_requests_in_advance_are_bounded_and_those_heard_are_answered(make_server: MakeServer) -> None:
    server = make_server()
    alice = await newcomer(server.url, "alice")
    request = ask(server, alice, "/api/users/me")
    for number in (1, 5, 16):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request * number)
        got = b""
        while len(heads(got)) < number or not got.endswith(b"}"):
            got += await reader.read(65536)
        assert heads(got) == [b"200"] * number
        writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request * 500)
    got = await reader.read(-1)
    assert set(heads(got)) == {b"200"}
    assert 16 <= len(heads(got)) <= 18
    assert got.count(b"connection: close") == 1
    writer.close()
    await alice.__aexit__()


@pytest.fixture
def plain(make_server: MakeServer) -> Server:
    return make_server("header_bytes=4096")


async def test_the_address_counts_as_part_of_the_head(plain: Server) -> None:
    for length, status in ((3000, b"404"), (4200, b"431"), (60_000, b"431")):
        reader, writer = await asyncio.open_connection("127.0.0.1", plain.port)
        writer.write(b"GET /%s HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % (b"a" * length, plain.port))
        assert heads(await reader.readuntil(b"\r\n\r\n")) == [status]
        writer.close()
    # The same with half of it in the headers.
    reader, writer = await asyncio.open_connection("127.0.0.1", plain.port)
    head = b"GET /%s HTTP/1.1\r\nHost: localhost:%d\r\nX: %s\r\n\r\n" % (b"a" * 2200, plain.port, b"b" * 2200)
    writer.write(head)
    assert heads(await reader.readuntil(b"\r\n\r\n")) == [b"431"]
    writer.close()


def idle(server: Server, number: int, sent: bytes = b"") -> list[socket.socket]:
    """Connections that send nothing, or half a request."""
    connections = []
    for _ in range(number):
        connections.append(socket.create_connection(("127.0.0.1", server.port)))
        connections[-1].sendall(sent)
    return connections


async def answered(connection: socket.socket, sent: bytes = b"") -> bytes:
    """The first bytes of the answer; empty if the connection was reset."""
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        await loop.sock_sendall(connection, sent)
        return await loop.sock_recv(connection, 4096)
    return b""


async def ask_health(server: Server, transport: httpx.AsyncHTTPTransport | None = None) -> int:
    async with HttpClient(base_url=server.url, transport=transport, timeout=15) as http:
        return (await http.get("/healthz")).status_code


async def test_a_thousand_idle_connections_keep_nobody_else_away(make_server: MakeServer) -> None:
    """With a smaller limit on open files, half of which are reserved for others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    few_files = ("sh", "-c", 'ulimit -n 600 && exec "$0" "$@"')
    server = make_server("request_seconds=600", prefix=few_files)
    connections = idle(server, 1000, b"GET / HT")
    try:
        assert await ask_health(server, httpx.AsyncHTTPTransport(local_address="127.0.0.2")) == 200
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    while await ask_health(server) == 429:
        await asyncio.sleep(0.05)


async def test_the_count_of_an_address_is_back_where_it_was(make_server: MakeServer) -> None:
    """However connections end: closed, reset, refused, timed out, upgraded."""
    server = make_server("max_http_connections_per_address=20", "request_seconds=2")
    alice = await newcomer(server.url, "alice")
    await alice.__aexit__()
    for round_ in range(3):
        connections = idle(server, 5, b"GET / HT") + idle(server, 5, b"nonsense\r\n\r\n") + idle(server, 5)
        for connection in connections:
            if round_ == 1:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if round_ < 2:
                connection.close()
            else:
                await ended(connection)
                connection.close()
        # Upgraded connections release theirs, accepted or refused.
        opened = [
            await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"}) for _ in range(30)
        ]
        for each in opened:
            await each.close()
    request = f"GET /healthz HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode()
    while True:  # the server may notice a close later
        connections = idle(server, 20)
        received = await asyncio.gather(*(answered(connection, request) for connection in connections))
        if all(answer.startswith(b"HTTP/1.1 200 ") for answer in received):
            break
        for connection in connections:
            connection.close()
    (one_more,) = idle(server, 1)
    answer = await answered(one_more)
    assert answer.startswith(b"HTTP/1.1 429 "), answer
    assert b"rate_limited" in answer
    assert b"retry-after: 30" in answer
    assert await ask_health(server, httpx.AsyncHTTPTransport(local_address="127.0.0.2")) == 200
    for connection in [*connections, one_more]:
        connection.close()


async def ended(connection: socket.socket) -> None:
    connection.setblocking(False)
    with suppress(ConnectionResetError):
        while await asyncio.get_running_loop().sock_recv(connection, 4096):
            pass


@pytest.mark.parametrize("settings", [("trusted_proxy=127.0.0.1",), ("rate_limits=off",)])
async def test_who_is_not_counted(make_server: MakeServer, settings: tuple[str, ...]) -> None:
    server = make_server("max_http_connections_per_address=5", *settings)
    connections = idle(server, 30)
    assert await ask_health(server) == 200
    for connection in connections:
        connection.close()
