"""Shared fixtures: servers, and users signed in to them."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hubbub.client import Client
from tests.later import later  # noqa: F401 - a fixture
from tests.nats import Nats
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import Server
from tests.stores import chat  # noqa: F401 - a fixture
from tests.timeouts import pytest_runtest_protocol, pytest_runtest_setup  # noqa: F401 - hooks of pytest's

# As in the Makefile.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# No deadline: the time of an example depends on the load of the machine.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

PASSWORD = "correct horse"
_ON_BOTH_DATABASES = (
    *("tests.test_jobs_and_consumers", "tests.test_kinds"),
    *("tests.test_machine", "tests.test_socket", "tests.test_talk"),
)
_LONG = (
    *(
        "test_faults",
        "test_machine",
        "test_jobs_and_consumers",
        "test_supervision",
        "test_deploy",
        "test_damage",
        "test_move",
    ),
    *("test_crash", "test_fuzz", "test_history", "test_socket", "test_rolling"),
)
_DATABASE = os.environ.get("TEST_DATABASE") or None
"""`make test database=postgresql`: everything on that one."""
_names = count(1)

People = Callable[..., Awaitable[list[Client]]]
MakeServer = Callable[..., Server]
NewDatabase = Callable[[], str]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest files first: files are scheduled whole, so a slow one at the end would delay the run.

    `@pytest.mark.long_on_postgresql`: what hardly depends on the database; `make test-long` tries it on PostgreSQL.
    """
    for item in items:
        if (
            item.get_closest_marker("long_on_postgresql") is not None
            and "[postgresql" in item.name
            and _DATABASE is None
        ):
            item.add_marker("long")
    last = len(_LONG)
    items.sort(key=lambda item: _LONG.index(item.path.stem) if item.path.stem in _LONG else last)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session."""
    running = Postgres()
    yield running
    running.remove()


@pytest.fixture(scope="module")
def nats() -> Iterator[Nats]:
    """A NATS server for one file. A test that stops it starts it again."""
    running = Nats()
    yield running
    running.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of server behaviour on both databases, in the files where they matter most."""
    if "database" not in metafunc.fixturenames:
        return
    if _DATABASE is not None:
        metafunc.parametrize("database", [_DATABASE], indirect=True, scope="session")
    elif metafunc.module.__name__.startswith(_ON_BOTH_DATABASES):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> NewDatabase:
    """`database()`: the database of a new server; empty for a file in its folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return str
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.database


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, database: NewDatabase) -> Iterator[Server]:
    """One server for all tests that leave it as they found it, without rate limits."""
    running = Server(tmp_path_factory.mktemp("shared") / "data", "rate_limits=off", database=database())
    yield running
    running.stop()


@pytest.fixture
def make_server(tmp_path: Path, database: NewDatabase) -> Iterator[MakeServer]:
    """Separate servers, with settings. Those of one name share a folder and a database."""
    made: list[Server] = []
    databases: defaultdict[str, str] = defaultdict(database)

    def make(*settings: str, name: str = "data", **options: object) -> Server:
        made.append(Server(tmp_path / name, *settings, database=databases[name], **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for running in made:
        running.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A real file system of 3 MB, and the command prefix that mounts it."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        # Without the right to mount: a mount namespace, seen through the server's process.
        yield place, ("unshare", "-rm", "sh", "-c", f'mount -t tmpfs -o size=3m tmpfs {place} && exec "$0" "$@"')
        return
    yield place, ()
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
async def people(server: Server) -> AsyncIterator[People]:
    """`await people(3)`: as many new users, signed in."""
    clients: list[Client] = []

    async def sign_up(number: int, at: Server | None = None) -> list[Client]:
        for _ in range(number):
            client = await newcomer((at or server).url)
            clients.append(client)
        return clients[-number:]

    yield sign_up
    for client in clients:
        await client.__aexit__()


async def newcomer(url: str, name: str | None = None) -> Client:
    """A new user, registered and signed in."""
    client = Client(url)
    name = name or f"person{_letters(next(_names))}"
    await client.register(name, PASSWORD)
    await client.sign_in(name, PASSWORD, "test")
    return client


def _letters(number: int) -> str:
    """A part of a name, without digits, as 1 looks like l."""
    text = ""
    while number:
        number, rest = divmod(number, 8)
        text += "abcdefgh"[rest]
    return text


@pytest.fixture
async def sockets(server: Server) -> AsyncIterator[Callable[..., Awaitable[RawSocket]]]:
    """`await sockets(client)`: a bare WebSocket of that user, greeted."""
    opened: list[RawSocket] = []

    async def open_socket(
        client: Client | None, at: Server | None = None, greet: bool = True, **options: object
    ) -> RawSocket:
        headers = {"Authorization": f"Bearer {client.token}"} if client is not None else {}
        socket = await RawSocket.open((at or server).socket_url, headers, **options)
        opened.append(socket)
        if greet:
            await socket.send(type="hello")
            await socket.expect("connect")
        return socket

    yield open_socket
    for socket in opened:
        await socket.close()


def user_id(client: Client) -> int:
    assert client.user is not None
    return client.user.id


def dumps(**fields: object) -> str:
    return json.dumps(fields)
