"""`hubbub jobs` and `hubbub consumers` on a database without a server: what they print, and what they refuse."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from hubbub.chat.jobs import NewJob
from hubbub.server.cli import app
from hubbub.store.sql.database import Database
from hubbub.work.jobs.commands import AddJobs, ClaimJobs, FailJob
from tests.conftest import MakeServer


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with three jobs, of which the second is dead."""

    async def fill() -> None:
        store = await database.open(lambda events: None)
        await store.write(AddJobs([NewJob("mail", 1, due_at=9), NewJob("mail", 2, due_at=5), NewJob("other", 3)]))
        (job,) = await store.write(ClaimJobs({"mail": 1}, "one", 60_000))
        await store.write(FailJob(job.id, "one", "\x1b[31m[bold]no[/bold]\nand more", None))
        await store.close()

    database = Database(f"sqlite:///{tmp_path}/hubbub.db")
    database.migrate()
    asyncio.run(fill())
    return tmp_path


def listed(data: Path, *arguments: str) -> list[dict]:
    done = run("jobs", "list", "--json", "--data", str(data), *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["jobs"]


def test_jobs_are_listed(data: Path) -> None:
    assert [(job["id"], job["kind"], job["state"]) for job in listed(data)] == [
        (1, "mail", "waiting"),
        (2, "mail", "dead"),
        (3, "other", "waiting"),
    ]
    assert [job["id"] for job in listed(data, "--limit", "2")] == [1, 2]
    assert [job["id"] for job in listed(data, "--kind", "other")] == [3]
    (dead,) = listed(data, "--dead")
    assert (dead["id"], dead["tries"], dead["due_at"][-1]) == (2, 1, "Z")
    shown = run("jobs", "list", "--data", str(data)).stdout
    # An error is shown as it is, and neither as markup nor as an order to the terminal.
    assert "[bold]no[/bold]" in shown
    assert "\x1b[31m" not in shown
    assert "and more" not in shown


def test_jobs_are_tried_again_or_dropped(data: Path) -> None:
    where = ("--data", str(data))
    assert run("jobs", "retry", "--dead", "--kind", "other", *where).stdout == "tried again: none\n"
    assert run("jobs", "retry", "--dead", *where).stdout == "tried again: 2\n"
    assert {job["state"] for job in listed(data)} == {"waiting"}
    assert run("jobs", "drop", "1", "3", "99", *where).stdout == "dropped: 1, 3\n"
    assert [job["id"] for job in listed(data)] == [2]


@pytest.mark.parametrize("command", ["retry", "drop"])
@pytest.mark.parametrize("which", [[], ["1", "--dead"]])
def test_it_must_be_said_which_jobs(data: Path, command: str, which: list[str]) -> None:
    done = run("jobs", command, *which, "--data", str(data))
    assert done.exit_code == 2
    assert "numbers of jobs, or --dead" in done.stderr
    assert len(listed(data)) == 3


def test_consumers_are_listed_with_what_they_gave_up(data: Path) -> None:
    with closing(sqlite3.connect(data / "hubbub.db")) as database, database:
        database.execute("INSERT INTO consumers VALUES ('idle', 0, 1), ('search', 0, 1)")
        database.execute(
            "INSERT INTO cursors VALUES (7, 'search', 3, 1, 'ValueError: [no]'), (8, 'search', 3, NULL, NULL)"
        )
    shown = run("consumers", "list", "--data", str(data)).stdout
    assert "idle" in shown
    assert "ValueError: [no]" in shown
    assert json.loads(run("consumers", "list", "--json", "--data", str(data)).stdout) == {
        "consumers": ["idle", "search"],
        "parked": [{"consumer": "search", "room": 7, "version": 3, "parked_at": 1, "error": "ValueError: [no]"}],
    }
    refused = run("consumers", "retry", "search", "8", "--data", str(data))
    assert (refused.exit_code, refused.stderr) == (2, "hubbub: The consumer search has not given up room 8.\n")
    assert run("consumers", "retry", "search", "7", "--data", str(data)).exit_code == 0
    assert json.loads(run("consumers", "list", "--json", "--data", str(data)).stdout)["parked"] == []


def test_a_consumer_is_dropped_with_its_cursors_but_not_beside_a_server(make_server: MakeServer) -> None:
    server = make_server()
    server.sql("INSERT INTO consumers VALUES ('idle', 0, 1), ('search', 0, 1)")
    server.sql("INSERT INTO cursors VALUES (7, 'search', 3, 1, 'no'), (8, 'search', 3, NULL, NULL)")
    server.sql("INSERT INTO cursors VALUES (7, 'idle', 3, NULL, NULL)")
    where = ("--data", str(server.data))
    refused = run("consumers", "drop", "search", *where)
    assert refused.exit_code == 2
    assert "is running on the database" in refused.stderr
    server.terminate()
    assert run("consumers", "drop", "search", *where).exit_code == 0
    assert json.loads(run("consumers", "list", "--json", *where).stdout) == {"consumers": ["idle"], "parked": []}
    with closing(sqlite3.connect(server.data / "hubbub.db")) as database:
        assert database.execute("SELECT consumer, room_id FROM cursors").fetchall() == [("idle", 7)]
    assert json.loads(run("consumers", "drop", "search", "--json", *where).stdout) == {"dropped": False}
    again = run("consumers", "drop", "search", *where)
    assert (again.exit_code, again.stderr) == (2, "hubbub: There is no consumer search.\n")


def test_a_database_that_is_not_there_or_is_older_is_left_alone(data: Path, tmp_path: Path) -> None:
    done = run("jobs", "list", "--data", str(tmp_path / "elsewhere"))
    assert done.exit_code == 2
    assert "no database" in done.stderr
    assert not (tmp_path / "elsewhere").exists()
    with closing(sqlite3.connect(data / "hubbub.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0011'")
    done = run("jobs", "list", "--data", str(data))
    assert done.exit_code == 2
    assert "schema of an older version" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("jobs", "retry", str(2**63)),
        ("jobs", "drop", "1", str(10**30)),
        ("jobs", "list", "--kind", "\udcff"),
        ("consumers", "retry", "search", str(2**63)),
        ("consumers", "retry", "\udcff", "1"),
        ("consumers", "drop", "\udcff"),
    ],
)
def test_what_no_database_could_have_is_refused(data: Path, command: tuple[str, ...]) -> None:
    done = run(*command, "--data", str(data))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Invalid value" in done.stderr
    assert len(listed(data)) == 3
