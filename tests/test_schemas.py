"""Migrations only expand the schema until the next release, so programs of both releases can use one database."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import Script, ScriptDirectory

from hubbub.store.sql import revisions
from hubbub.store.sql.database import BadDatabase, Database
from tests.command import run_hubbub
from tests.conftest import newcomer
from tests.later import REVISION, Later
from tests.postgres import Postgres
from tests.server import Server, sql

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
SINCE = "0012"
"""The first migration that the rule holds for."""

# What each of them breaks for a program that does not have the migration.
CONTRACTING = {
    'op.drop_column("users", "locale")': "users.locale is gone",
    'op.alter_column("users", "locale", new_column_name="language")': "users.locale is gone",
    'op.drop_table("edits")': "edits.content is gone",
    'op.rename_table("edits", "revisions")': "edits.content is gone",
    'op.execute("ALTER TABLE users DROP COLUMN locale")': "users.locale is gone",
    'with op.batch_alter_table("users") as users:\n    users.drop_column("locale")': "users.locale is gone",
    'with op.batch_alter_table("users") as users:\n    users.alter_column("locale", nullable=False)':
        "users.locale takes no null any more",
    'with op.batch_alter_table("users") as users:\n    users.alter_column("locale", type_=sa.BigInteger())':
        "users.locale has another type",
    'with op.batch_alter_table("users") as users:\n    users.add_column(sa.Column("x", sa.Text(), nullable=False))':
        "users.x needs a value",
    'op.create_index("uq_users_locale", "users", ["locale"], unique=True)': "users has a new unique rule",
    'with op.batch_alter_table("users") as users:\n    users.create_unique_constraint("uq_users_locale", ["locale"])':
        "users has a new unique rule",
}  # fmt: skip
EXPANDING = [
    'op.add_column("users", sa.Column("x", sa.Text(), nullable=True))',
    'op.add_column("users", sa.Column("x", sa.Text(), nullable=False, server_default="y"))',
    'op.create_table("x", sa.Column("y", sa.Text(), primary_key=True))\nop.create_index("u", "x", ["y"], unique=True)',
    'op.create_index("ix_users_locale", "users", ["locale"])',
    'op.execute("UPDATE users SET locale = NULL")',
]


class Columns:
    """The schema of a database as another program depends on it."""

    def __init__(self, connection: sa.Connection) -> None:
        found = sa.inspect(connection)
        self.columns = {
            f"{table}.{column['name']}": column
            for table in found.get_table_names()
            for column in found.get_columns(table)
        }
        self.unique = {
            table: {tuple(index["column_names"]) for index in found.get_indexes(table) if index["unique"]}
            | {tuple(constraint["column_names"]) for constraint in found.get_unique_constraints(table)}
            for table in found.get_table_names()
        }

    def broken_by(self, after: "Columns") -> list[str]:
        """What does not work any more for a program that knows this schema, on the other one."""
        found = []
        for name, column in self.columns.items():
            other = after.columns.get(name)
            if other is None:
                found.append(f"{name} is gone")
            elif column["nullable"] and not other["nullable"]:
                found.append(f"{name} takes no null any more")
            elif str(column["type"]) != str(other["type"]):
                found.append(f"{name} has another type")
        for name, column in after.columns.items():
            table = name.partition(".")[0]
            if (
                name not in self.columns
                and table in self.unique
                and not column["nullable"]
                and column["default"] is None
            ):
                found.append(f"{name} needs a value")
        changed = [table for table, rules in self.unique.items() if after.unique.get(table, set()) - rules]
        return [*found, *(f"{table} has a new unique rule" for table in changed)]


def broken_by(revision: str) -> list[str]:
    """What one migration breaks."""
    with sa.create_engine("sqlite://").begin() as connection:
        config = revisions.config()
        config.attributes["connection"] = connection
        command.upgrade(config, f"{revision}-1" if revision != "0001" else "base")
        before = Columns(connection)
        command.upgrade(config, revision)
        return before.broken_by(Columns(connection))


def faults(script: Script, releases: set[str]) -> list[str]:
    """Why a migration may not be as it is. One that contracts says so, after a release in which it was prepared."""
    broken = broken_by(script.revision)
    if not hasattr(script.module, "compatible_from"):
        return broken
    found = []
    if script.module.compatible_from not in revisions.known():
        found.append(f"compatible_from is {script.module.compatible_from}, which is no revision")
    if getattr(script.module, "expanded_in", None) not in releases:
        found.append("expanded_in is no release of CHANGELOG.md")
    return found


def scripts() -> list[Script]:
    found = ScriptDirectory.from_config(revisions.config()).walk_revisions()
    return [script for script in found if script.revision >= SINCE]


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.revision)
def test_each_migration_expands_or_says_that_it_contracts(script: Script) -> None:
    releases = set(re.findall(r"^## \[([\d.]+)\]", CHANGELOG.read_text("utf-8"), re.MULTILINE))
    assert faults(script, releases) == []


@pytest.mark.parametrize(("body", "broken"), CONTRACTING.items())
def test_a_contraction_is_found(later: Later, body: str, broken: str) -> None:
    with later(body):
        assert broken in faults(scripts()[0], {"1.0.0"})
    with later(body, compatible_from="0011", expanded_in="1.0.0"):
        assert faults(scripts()[0], {"1.0.0"}) == []
        assert faults(scripts()[0], {"0.9.0"}) == ["expanded_in is no release of CHANGELOG.md"]
    with later(body, compatible_from="0.9", expanded_in="1.0.0"):
        assert faults(scripts()[0], {"1.0.0"}) == ["compatible_from is 0.9, which is no revision"]


@pytest.mark.parametrize("body", EXPANDING)
def test_an_expansion_is_none(later: Later, body: str) -> None:
    with later(body):
        assert faults(scripts()[0], set()) == []


# A program on a database of a later release

EXPANSION = EXPANDING[0]
CONTRACTION = next(iter(CONTRACTING))


@pytest.fixture(params=["sqlite", "postgresql"])
def stopped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server that has been stopped, and the URL of its database."""
    url = request.getfixturevalue("postgres").database() if request.param == "postgresql" else ""
    server = Server(tmp_path / "data", "rate_limits=off", database=url)
    server.terminate()
    yield server, url or f"sqlite:///{tmp_path}/data/hubbub.db"
    server.stop()


def options(server: Server, url: str) -> tuple[str, ...]:
    return ("--data", str(server.data), "--database", url)


async def test_an_expanded_database_is_used(stopped: tuple[Server, str], later: Later) -> None:
    server, url = stopped
    with later(EXPANSION):
        await asyncio.to_thread(Database(url).migrate)
    await asyncio.to_thread(server.start)
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("room")
    await alice.send("hello", room=room.id)
    assert run_hubbub("admin", "create", "alice", *options(server, url)).returncode == 0
    assert "schema: of a newer version, which this one can use" in run_hubbub("check", *options(server, url)).stdout
    assert server.sql("SELECT version_num FROM alembic_version") == [(REVISION,)]
    assert server.sql("SELECT x FROM users") == [(None,)]
    await alice.__aexit__()


async def test_the_planner_knows_what_a_migration_added(tmp_path: Path, postgres: Postgres, later: Later) -> None:
    url = postgres.database()
    server = Server(tmp_path / "data", "rate_limits=off", database=url)
    alice = await newcomer(server.url, "alice")
    await alice.__aexit__()
    server.terminate()
    server.stop()
    with later("op.execute('ALTER TABLE users ADD x integer DEFAULT 7')"):
        await asyncio.to_thread(Database(url).migrate)
    known = "SELECT n_distinct FROM pg_stats WHERE tablename = 'users' AND attname = 'x'"
    assert sql(url, known) == [(-1,)]
    # An empty table, which will grow, is not known as an empty one.
    assert sql(url, "SELECT reltuples FROM pg_class WHERE relname IN ('messages', 'users') ORDER BY 1") == [(-1,), (1,)]


def test_a_contracted_database_is_refused(stopped: tuple[Server, str], later: Later) -> None:
    server, url = stopped
    with later(CONTRACTION, compatible_from=REVISION):
        Database(url).migrate()
    with pytest.raises(
        RuntimeError, match=rf"newer version of Hubbub \(schema {REVISION}\), which this one cannot use"
    ):
        server.start()
    for arguments in (("check",), ("admin", "create", "alice")):
        done = run_hubbub(*arguments, *options(server, url))
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        assert "which this one cannot use" in done.stdout + done.stderr
    # A program for which the contraction was prepared can use it.
    with later("pass", compatible_from=REVISION):
        assert Database(url).state()[0] is revisions.Schema.NEWEST


def test_a_contraction_waits_until_no_server_needs_what_it_removes(
    tmp_path: Path, postgres: Postgres, later: Later
) -> None:
    url = postgres.database()
    newest = revisions.known()[-1]
    node = Server(tmp_path / "node", database=url)
    try:
        with later(CONTRACTION, compatible_from=REVISION):
            with pytest.raises(BadDatabase, match="too old for the new schema"):
                Database(url).migrate()
            assert sql(url, "SELECT version_num FROM alembic_version") == [(newest,)]
            node.terminate()
            Database(url).migrate()
        assert sql(url, "SELECT version_num FROM alembic_version") == [(REVISION,)]
        assert sql(url, "SELECT revision FROM compatibility") == [(REVISION,)]
    finally:
        node.stop()


def test_a_server_that_does_not_need_it_may_stay(tmp_path: Path, postgres: Postgres, later: Later) -> None:
    url = postgres.database()
    node = Server(tmp_path / "node", database=url)
    try:
        with later(CONTRACTION, compatible_from=SINCE):
            Database(url).migrate()
        assert sql(url, "SELECT version_num FROM alembic_version") == [(REVISION,)]
    finally:
        node.stop()


# Moving


def test_nothing_is_moved_into_a_database_beneath_a_running_server(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database()
    Database(f"sqlite:///{tmp_path}/old.db").migrate()
    node = Server(tmp_path / "node", database=url)
    newest = sql(url, "SELECT version_num FROM alembic_version")
    try:
        # For this version its schema is an older one.
        sql(url, "UPDATE alembic_version SET version_num = '0002'")
        done = run_hubbub("migrate", "--from", f"sqlite:///{tmp_path}/old.db", "--to", url)
        assert (done.returncode, "a server runs on it" in done.stderr) == (2, True), done.stderr
        assert sql(url, "SELECT version_num FROM alembic_version") == [("0002",)]
        sql(url, f"UPDATE alembic_version SET version_num = '{newest[0][0]}'")
    finally:
        node.stop()


@pytest.mark.parametrize("side", ["from", "to"])
def test_data_of_a_newer_version_is_not_moved_in_part(
    tmp_path: Path, postgres: Postgres, later: Later, side: str
) -> None:
    places = {"from": f"sqlite:///{tmp_path}/old.db", "to": postgres.database()}
    Database(places["from"]).migrate()
    with later(EXPANSION):
        Database(places[side]).migrate()
    done = run_hubbub("migrate", "--from", places["from"], "--to", places["to"])
    assert (done.returncode, "install that version first" in done.stderr) == (2, True), done.stderr
