"""The first account of a server that others reach needs the token that was printed at the first start."""

import re
import subprocess
from pathlib import Path

import pytest

from hubbub.client import Client
from hubbub.errors import NotAllowed
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import get
from tests.postgres import Postgres
from tests.server import HUBBUB, Server

_TOKEN = re.compile(r"needs this token: (\S+)")


def printed(data: Path, *settings: str, database: str = "") -> str:
    """All that a server prints to its standard output until it listens and is ended."""
    command = [HUBBUB, "serve", "--port", "0", "--data", str(data)]
    if database:
        settings = (*settings, f"database={database}", "secret_key=a secret that servers share")
    for setting in settings:
        command += ["--set", setting]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        # It says all of it at once, and ends in order.
        process.terminate()
        out, log = process.stdout.read(), process.stderr.read()
        assert "http://" in line, log
        found = _TOKEN.search(out)
        assert found is None or found[1] not in log
        return out


async def test_only_who_has_the_token_becomes_the_administrator(make_server: MakeServer, tmp_path: Path) -> None:
    found = _TOKEN.search(printed(tmp_path / "data", "first_administrator=token"))
    assert found is not None
    server = make_server("first_administrator=token")
    asked = get(f"{server.url}/api/session").json()
    assert (asked["registration"], asked["setup_token"]) == ("first", True)
    async with Client(server.url) as client:
        for given, reason in ((None, "setup_token_required"), ("wrong", "setup_token_wrong")):
            with pytest.raises(NotAllowed) as refused:
                await client.register("mallory", PASSWORD, setup_token=given)
            assert refused.value.reason == reason
        await client.register("alice", PASSWORD, setup_token=f" {found[1]}\n")
        await client.sign_in("alice", PASSWORD)
        assert (await client.profile()).admin
    # It was for one account; the others need none.
    assert server.sql("SELECT * FROM setup_tokens") == []
    assert not get(f"{server.url}/api/session").json()["setup_token"]
    async with await newcomer(server.url, "bob") as bob:
        assert not (await bob.profile()).admin


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        (["host=0.0.0.0"], True),
        (["host=::"], True),
        (["host=localhost"], False),
        (["host=0.0.0.0", "first_administrator=anybody"], False),
        (["first_administrator=token"], True),
        (["host=127.0.0.1"], False),
    ],
)
def test_it_is_printed_where_others_reach_the_server(tmp_path: Path, settings: list[str], needed: bool) -> None:
    assert bool(_TOKEN.search(printed(tmp_path / "data", *settings))) is needed
    # Once.
    assert _TOKEN.search(printed(tmp_path / "data", *settings)) is None


def test_of_several_servers_with_one_database_one_prints_it(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database()
    found = [printed(tmp_path / name, "first_administrator=token", database=url) for name in ("one", "two")]
    assert [bool(_TOKEN.search(one)) for one in found] == [True, False]


async def test_a_command_makes_the_administrator_without_it(make_server: MakeServer) -> None:
    server: Server = make_server("first_administrator=token")
    command = [HUBBUB, "admin", "create", "alice", "--data", str(server.data)]
    subprocess.run(command, input=f"{PASSWORD}\n", text=True, check=True, capture_output=True, timeout=120)
    async with Client(server.url) as client:
        await client.sign_in("alice", PASSWORD)
        assert (await client.profile()).admin
    async with await newcomer(server.url, "bob") as bob:
        assert not (await bob.profile()).admin
