"""What work that follows a commit costs those who send: each time beside a server without it, in the same run."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import seed
from load import Figures, fan_out, load
from server import serving

ROOMS, MEMBERS, A_SECOND, SECONDS = 20, 10, 200, 15
JOBS, CHANGES = 100_000, 1_000_000
HERE = Path(__file__).parent

Backlog = Callable[[Path], None]


def jobs() -> Figures:
    """200 messages a second to 20 rooms of 10, alone and while 100,000 jobs are due."""
    return _beside(_many_jobs, "SELECT count(*) FROM jobs WHERE kind = 'nothing'", JOBS, "two_followers")


def consumer() -> Figures:
    """The same while a consumer is a million changes behind."""
    left = "SELECT sum(r.version - coalesce(c.version, 0)) FROM rooms r LEFT JOIN cursors c ON c.room_id = r.id"
    return _beside(lambda data: seed.messages(data, CHANGES, ROOMS), left, CHANGES, "one_behind")


def following() -> Figures:
    """Ingest and fan-out without consumers, and with two that do nothing."""
    found: Figures = {}
    for name, settings in (("alone", ()), ("followed", _plugin("two_followers"))):
        with serving(64, 2, public=False, settings=settings) as (server, tokens, _):
            load("chat_load", server.port, tokens, 64, 2, "closed", 16, 1)
            used = server.cpu
            stored = load("chat_load", server.port, tokens, 64, 2, "closed", 16, 6)
            found[f"{name}_server_us_each"] = (server.cpu - used) / stored["acks"] * 1e6
            found[f"{name}_acks_per_second"] = stored["acks_per_second"]
        with serving(1, 1_000, settings=settings) as (server, tokens, _):
            fanned = fan_out(server.port, tokens, 1_000, 4, 2_000)
            found[f"{name}_deliveries_per_second"] = fanned["deliveries_per_second"]
    for figure in ("acks", "deliveries"):
        found[f"{figure}_ratio"] = found[f"followed_{figure}_per_second"] / found[f"alone_{figure}_per_second"]
    return found


def _beside(backlog: Backlog, count: str, total: int, plugin: str) -> Figures:
    """Alone, beside the backlog, and alone again, as the machine may be busy with other work now and then."""
    found: Figures = {}
    alone: list[Figures] = []
    for with_backlog in (False, True, False):
        with serving(
            ROOMS, MEMBERS, public=False, settings=_plugin(plugin), prepare=backlog if with_backlog else None
        ) as (server, tokens, data):
            used = server.cpu
            measured = load("chat_load", server.port, tokens, ROOMS, MEMBERS, "open", A_SECOND, SECONDS)
            measured["server_busy"] = (server.cpu - used) / SECONDS
            if with_backlog:
                with closing(sqlite3.connect(data / "hubbub.db")) as database:
                    left: int = database.execute(count).fetchone()[0]
                found["worked_off_per_second"] = (total - left) / SECONDS
                found["left"] = left
        if with_backlog:
            for figure in ("delivery_p50_ms", "delivery_p99_ms", "server_busy", "lost"):
                found[f"with_{figure}"] = measured[figure]
        else:
            alone.append(measured)
    for figure in ("delivery_p50_ms", "delivery_p99_ms", "server_busy"):
        found[f"alone_{figure}"] = sum(each[figure] for each in alone) / len(alone)
    return found


def _many_jobs(data: Path) -> None:
    with closing(sqlite3.connect(data / "hubbub.db")) as database, database:
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO jobs (kind, payload, created_at, due_at, tries) SELECT 'nothing', i, 0, 0, 0 FROM n",
            (JOBS,),
        )


def _plugin(name: str) -> tuple[str, ...]:
    return (f"plugins={HERE / 'plugins' / name}.py",)
