"""Fixtures of the compatible interfaces: plain HTTP clients, without our client library."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

import httpx
import pytest

from tests.conftest import PASSWORD, _letters
from tests.http import HttpClient
from tests.raw import PATIENCE

_numbers = count(1)
Join = Callable[..., Awaitable[httpx.AsyncClient]]


def fresh_name(prefix: str = "u") -> str:
    return f"{prefix}{_letters(next(_numbers))}z"


@pytest.fixture
async def join(server) -> AsyncIterator[Join]:
    """`await join()`: a new user, as an HTTP client with a bearer token and the attributes `name`, `id` and `token`."""
    opened: list[httpx.AsyncClient] = []

    async def sign_up(at=None, name: str | None = None) -> httpx.AsyncClient:
        http = HttpClient(base_url=(at or server).url, timeout=PATIENCE)
        opened.append(http)
        name = name or fresh_name()
        registered = await http.post("/register", json={"username": name, "password": PASSWORD})
        assert registered.status_code == 201, registered.text
        signed_in = (await http.post("/login", json={"username": name, "password": PASSWORD})).json()
        http.headers["Authorization"] = f"Bearer {signed_in['token']}"
        http.name, http.id, http.token = name, signed_in["user"]["id"], signed_in["token"]
        return http

    yield sign_up
    for http in opened:
        await http.aclose()


class EventSource:
    """A parser of server-sent events: fields by line, an event at each blank line."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.last_id: str | None = None
        self._lines = response.aiter_lines()

    async def begun(self) -> None:
        """Wait for the first position, from which the feed is live."""
        assert (await anext(self._lines)).startswith("retry: ")
        name, _, self.last_id = (await anext(self._lines)).partition(": ")
        assert (name, await anext(self._lines)) == ("id", "")

    async def next(self, kind: str = "message") -> dict:
        """The next event of a type."""
        async with asyncio.timeout(PATIENCE):
            event, data = "message", ""
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "event":
                    event = value
                elif name == "data":
                    data = value
                elif not line:
                    if data and event == kind:
                        return json.loads(data)
                    event, data = "message", ""
        raise EOFError

    async def ended(self) -> list[str]:
        """The remaining events, up to the end of the stream."""
        async with asyncio.timeout(PATIENCE):
            return [line async for line in self._lines]


@asynccontextmanager
async def event_source(http: httpx.AsyncClient, path: str, last_id: str | None = None) -> AsyncIterator[EventSource]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id is not None else {})
    async with http.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"] == "text/event-stream"
        source = EventSource(response)
        await source.begun()
        yield source
