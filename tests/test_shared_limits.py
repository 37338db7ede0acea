"""Rate limits shared by several servers: one count, and no harm when the database is unreachable."""

import asyncio
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import httpx
import pytest

from hubbub.client import Client
from tests.conftest import PASSWORD, newcomer
from tests.http import HttpClient
from tests.nats import Nats
from tests.postgres import Postgres
from tests.server import Server, sql


@pytest.fixture
def make_servers(tmp_path: Path, postgres: Postgres, nats: Nats) -> Iterator:
    """`make_servers("setting=…")`: three servers of one chat, with these limits."""
    made: list[Server] = []

    def make(*settings: str) -> list[Server]:
        database = postgres.database()
        nodes = [tmp_path / f"node{number}" for number in range(3)]
        made.extend(Server(node, f"bus={nats.url}", *settings, database=database) for node in nodes)
        return made

    yield make
    for server in made:
        server.stop()


def by(client: Client, server: Server) -> httpx.AsyncClient:
    return HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {client.token}"}, timeout=60)


async def guess(server: Server, name: str, password: str, address: str) -> int:
    async with HttpClient(base_url=server.url, timeout=60) as http:
        answer = await http.post(
            "/api/login", json={"username": name, "password": password}, headers={"X-Forwarded-For": address}
        )
        return answer.status_code


async def test_guesses_are_counted_by_all_servers_together(make_servers) -> None:
    servers = make_servers("trusted_proxy=127.0.0.1", "failures_per_account=4/hour", "failures_per_address=6/hour")
    await (await newcomer(servers[0].url, "bob")).__aexit__()
    # Sequentially, each at the next server.
    statuses = [await guess(servers[n % 3], "bob", "wrong guess", "203.0.113.9") for n in range(9)]
    assert statuses == [401] * 4 + [429] * 5
    # Concurrently, at all servers.
    guesses = [guess(servers[n % 3], f"name{n}", "wrong guess", "203.0.113.10") for n in range(30)]
    assert (await asyncio.gather(*guesses)).count(401) <= 6
    # Right attempts are given back, and known addresses are known at every server.
    assert [await guess(servers[n % 3], "bob", PASSWORD, "198.51.100.7") for n in range(6)] == [200] * 6
    stranger = [await guess(servers[1], f"name{n}", "wrong guess", "198.51.100.7") for n in range(8)]
    assert stranger[-1] == 429
    assert [await guess(server, "bob", PASSWORD, "198.51.100.7") for server in servers] == [200] * 3


async def test_what_an_account_does_is_counted_by_all_servers_together(make_servers) -> None:
    servers = make_servers("rooms_per_user=6/day", "messages_per_user=8/day")
    alice = await newcomer(servers[0].url, "alice")
    over = [by(alice, server) for server in servers]
    room = (await over[0].post("/api/rooms", json={"name": "general"})).json()["id"]
    calls = (("/api/rooms", {"kind": "private"}), (f"/api/rooms/{room}/messages", {"content": "hello"}))
    for path, body in calls:
        made = []
        for http in over:
            made.append(0)
            before = kept(servers[0])
            while (await http.post(path, json=body)).status_code == 201:
                made[-1] += 1
                # Counts above a server's own share are exchanged.
                while http is not over[0] and made[-1] > 2 and kept(servers[0]) == before:
                    await asyncio.sleep(0.1)
                before = kept(servers[0])
        # The first server has admitted the limit; the others their own share, and what arrived before the exchange.
        assert made[0] == (5 if path == "/api/rooms" else 8)
        assert max(made[1:]) <= 5, made
    for http in over:
        await http.aclose()
    await alice.__aexit__()


def kept(server: Server) -> list[tuple[object, ...]]:
    return server.sql("SELECT key, full_at FROM rate_limits ORDER BY key")


async def test_while_what_they_share_is_away_each_counts_for_itself(make_servers) -> None:
    servers = make_servers("trusted_proxy=127.0.0.1", "failures_per_account=2/hour")
    await (await newcomer(servers[0].url, "bob")).__aexit__()
    database = servers[0]._database
    sql(database, "ALTER TABLE rate_limits RENAME TO hidden")
    statuses = [await guess(servers[0], "bob", "wrong guess", "203.0.113.9") for _ in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert await guess(servers[1], "bob", PASSWORD, "198.51.100.7") == 200
    # Counts that could not be exchanged are exchanged later.
    sql(database, "ALTER TABLE hidden RENAME TO rate_limits")
    guesses = blake2b(b"failures_of_account ('bob', '203.0.113.9')", digest_size=16).hexdigest()
    while guesses not in [key for key, _ in kept(servers[0])]:
        await asyncio.sleep(0.1)
    assert await guess(servers[0], "bob", "wrong guess", "203.0.113.9") == 429
    assert await guess(servers[1], "bob", "wrong guess", "203.0.113.9") == 429
