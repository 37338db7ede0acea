"""`hubbub jobs | consumers`: what follows a commit, as an operator sees it."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Annotated, Any, Optional, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hubbub.chat.clock import rfc3339
from hubbub.chat.jobs import JobRecord
from hubbub.errors import HubbubError
from hubbub.server import work_administration as work
from hubbub.server.cli_options import ConfigFile, Data, Database, fail, load
from hubbub.server.settings import BadSetting

Answer = TypeVar("Answer")

jobs = typer.Typer(help="Jobs that wait, run or were given up.", no_args_is_help=True)
consumers = typer.Typer(help="What follows the rooms, and where it was given up.", no_args_is_help=True)

_LARGEST = 2**63 - 1
"""What a database can number."""


def _text(value: str | None) -> str | None:
    """What was given in another encoding is nothing that a database could have."""
    if value is not None and not value.isprintable():
        raise typer.BadParameter("is not text that can be printed")
    return value


Ids = Annotated[Optional[list[int]], typer.Argument(min=0, max=_LARGEST, help="Numbers of jobs")]  # noqa: UP045 - read at run time
Kind = Annotated[Optional[str], typer.Option(help="Only jobs of this kind", callback=_text)]  # noqa: UP045
Dead = Annotated[bool, typer.Option("--dead", help="Only jobs that were given up")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


@jobs.command("list")
def list_jobs(
    kind: Kind = None,
    dead: Dead = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most")] = 100,
    as_json: AsJson = False,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """List the first jobs by their number."""
    settings, _ = load({"data": data, "database": database}, config)
    found = _carried_out(work.list_jobs(settings, kind, dead, limit))
    if as_json:
        _print_json({"jobs": [_shown(job) for job in found]})
        return
    table = Table("id", "kind", "state", "tries", "due", "key", "last error")
    for job in found:
        error = (job.last_error or "").partition("\n")[0]
        place = str(job.id), job.kind, job.state, str(job.tries), rfc3339(job.due_at)
        table.add_row(*place, _harmless(job.key or ""), _harmless(error))
    _print(table)


@jobs.command("retry")
def retry_jobs(
    ids: Ids = None,
    dead: Dead = False,
    kind: Kind = None,
    as_json: AsJson = False,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Have jobs tried again at once, by the running server or the next one: those named, or all that were given up."""
    settings, _ = load({"data": data, "database": database}, config)
    named = _some(ids, dead)
    _report("tried again", _carried_out(work.retry_jobs(settings, named, kind, dead)), as_json)


@jobs.command("drop")
def drop_jobs(
    ids: Ids = None,
    dead: Dead = False,
    kind: Kind = None,
    as_json: AsJson = False,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Remove jobs for good: those named, or all that were given up. One that runs is not interrupted."""
    settings, _ = load({"data": data, "database": database}, config)
    named = _some(ids, dead)
    _report("dropped", _carried_out(work.drop_jobs(settings, named, kind, dead)), as_json)


@consumers.command("list")
def list_consumers(
    as_json: AsJson = False, data: Data = None, database: Database = None, config: ConfigFile = None
) -> None:
    """List the consumers and the rooms that they have given up."""
    settings, _ = load({"data": data, "database": database}, config)
    known, parked = _carried_out(work.list_consumers(settings))
    if as_json:
        _print_json(
            {"consumers": [each.name for each in known], "parked": [msgspec.to_builtins(one) for one in parked]}
        )
        return
    table = Table("consumer", "room", "handled up to version", "given up", "error")
    for each in known:
        mine = [one for one in parked if one.consumer == each.name]
        if not mine:
            table.add_row(each.name, "", "", "", "")
        for one in mine:
            table.add_row(
                each.name, str(one.room), str(one.version), rfc3339(one.parked_at or 0), _harmless(one.error or "")
            )
    _print(table)


@consumers.command("retry")
def retry_room(
    consumer: Annotated[str, typer.Argument(callback=_text)],
    room: Annotated[int, typer.Argument(min=0, max=_LARGEST)],
    as_json: AsJson = False,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Have a room that a consumer has given up tried again; a running server does so within a minute."""
    settings, _ = load({"data": data, "database": database}, config)
    retried = _carried_out(work.retry_room(settings, consumer, room))
    if as_json:
        _print_json({"retried": retried})
    elif not retried:
        fail(f"The consumer {consumer} has not given up room {room}.")


@consumers.command("drop")
def drop_consumer(
    consumer: Annotated[str, typer.Argument(callback=_text)],
    as_json: AsJson = False,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Forget a consumer whose plugin is no longer installed, and how far it has come in each room.

    Not while a server runs with it. A plugin of that name begins anew.
    """
    settings, _ = load({"data": data, "database": database}, config)
    dropped = _carried_out(work.drop_consumer(settings, consumer))
    if as_json:
        _print_json({"dropped": dropped})
    elif not dropped:
        fail(f"There is no consumer {consumer}.")


def _some(ids: list[int] | None, dead: bool) -> list[int]:
    if bool(ids) == dead:
        fail("Give the numbers of jobs, or --dead for all that were given up.")
    return ids or []


def _carried_out(work: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return asyncio.run(work)
    except (BadSetting, HubbubError) as error:
        fail(str(error))


def _report(what: str, found: list[int], as_json: bool) -> None:
    if as_json:
        _print_json({"jobs": found})
    else:
        typer.echo(f"{what}: {', '.join(map(str, found)) or 'none'}")


def _shown(job: JobRecord) -> dict[str, Any]:
    times = {"created_at": job.created_at, "due_at": job.due_at, "dead_at": job.dead_at}
    shown = {name: None if at is None else rfc3339(at) for name, at in times.items()}
    return {**msgspec.to_builtins(job), **shown, "state": job.state}


def _harmless(text: str) -> Text:
    """Neither markup nor orders to the terminal: an error says what it likes."""
    return Text("".join(character if character.isprintable() else "�" for character in text))


def _print(table: Table) -> None:
    # Unwrapped when piped, so that a program can read it line by line.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _print_json(value: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
