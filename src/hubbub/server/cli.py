"""The command line: `hubbub serve | config | schema | admin | jobs | consumers | chat | backup | migrate | check`."""

import asyncio
import gc
import os
import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.console import Console
from rich.table import Table

from hubbub import __version__
from hubbub.errors import HubbubError
from hubbub.masking import masked
from hubbub.server import logs, setting_sources
from hubbub.server.cli_options import ConfigFile, Data, Database, Text, fail, load
from hubbub.server.cli_work import consumers, jobs
from hubbub.server.plugin_commands import add_plugin_commands
from hubbub.server.settings import BadSetting

app = typer.Typer(help="Hubbub: a real-time chat server.", no_args_is_help=True, pretty_exceptions_enable=False)
admin = typer.Typer(help="Look after a server, on the machine it runs on.", no_args_is_help=True)
app.add_typer(admin, name="admin")
app.add_typer(jobs, name="jobs")
app.add_typer(consumers, name="consumers")

_PLUGIN = "plugin"
"""The setting that is a table for each plugin."""
Host = Annotated[Text, typer.Option(help="Address to listen on [default: 127.0.0.1]", show_default=False)]
Port = Annotated[Text, typer.Option(help="Port to listen on [default: 8080]", show_default=False)]
Bus = Annotated[Text, typer.Option(help="NATS servers between servers that share a database", show_default=False)]
Workers = Annotated[Text, typer.Option(help="Processes that share the port [default: 1]", show_default=False)]
TrustedProxy = Annotated[Text, typer.Option(help="Proxies whose X-Forwarded-For is believed", show_default=False)]
Set = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--set", metavar="NAME=VALUE", help="Any other setting; `hubbub config` lists them"),
]


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    database: Database = None,
    bus: Bus = None,
    workers: Workers = None,
    trusted_proxy: TrustedProxy = None,
    set_: Set = None,
    config: ConfigFile = None,
) -> None:
    """Run the server."""
    # Here, not above: the other commands start without loading the server.
    # Nothing that is made while loading goes away again: the collector would only look at all of it, over and over. So
    # it never does (`freeze`), and is off until the server listens.
    gc.disable()
    from hubbub.server.app import serve as run

    gc.freeze()

    loaded, _ = load(_options(host, port, data, database, bus, workers, trusted_proxy, set_), config)
    logs.configure(loaded.log_format, loaded.log_level)
    try:
        run(loaded)
    except BadSetting as error:
        fail(str(error))


@app.command("schema")
def show_schema(what: Annotated[str, typer.Argument(help="openapi or asyncapi")]) -> None:
    """Print a description of the API, as a server with default settings publishes it."""
    import msgspec

    from hubbub.surfaces.documents import DOCUMENTS

    if what not in DOCUMENTS:
        fail(f"There is no description named {what}: use {' or '.join(DOCUMENTS)}.")
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(DOCUMENTS[what]())) + b"\n")


@app.command("config")
def show_config(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    database: Database = None,
    bus: Bus = None,
    workers: Workers = None,
    trusted_proxy: TrustedProxy = None,
    set_: Set = None,
    config: ConfigFile = None,
) -> None:
    """Print every setting in force and where it comes from."""
    loaded, sources = load(_options(host, port, data, database, bus, workers, trusted_proxy, set_), config)
    table = Table("setting", "value", "from", "meaning")
    for name, _, meaning in setting_sources.described():
        value = getattr(loaded, name)
        shown = "(hidden)" if name == "secret_key" and value else masked(_shown(value))
        table.add_row(name, shown, sources[name], meaning)
    # Unwrapped when piped, so that a program can read it line by line.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@app.command()
def chat(
    server: Annotated[str, typer.Argument(help="The server's address, such as http://localhost:8080")],
    user: Annotated[Text, typer.Option("--user", help="User name; asked for when missing")] = None,
    new: Annotated[bool, typer.Option("--new", help="Make a new account of that name")] = False,
    invitation: Annotated[
        Text, typer.Option(help="Code or link of an invitation: for a new account, or to join its rooms")
    ] = None,
    setup_token: Annotated[
        Text, typer.Option(help="For the first account: the token that the server printed at its first start")
    ] = None,
) -> None:
    """Talk in the terminal."""
    from hubbub.client.terminal import talk

    try:
        asyncio.run(talk(server, user, new, invitation, setup_token))
    except HubbubError as error:
        fail(str(error))
    except (KeyboardInterrupt, EOFError):
        raise typer.Exit(0) from None


@app.command()
def backup(
    to: Annotated[Path, typer.Option(help="Where backups are kept: each is a new folder in this one")],
    keep: Annotated[int, typer.Option(min=0, help="How many of the newest to keep there; 0: all")] = 0,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Copy the data of a server, running or not, to a new folder, which a server can be started on."""
    from rich.progress import Progress

    from hubbub.server.administration import back_up

    loaded, _ = load({"data": data, "database": database}, config)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("copying the database", total=None)
        try:
            made, removed = back_up(loaded, to, keep, lambda done, pages: bar.update(task, completed=done, total=pages))
        except BadSetting as error:
            bar.stop()
            fail(str(error))
    typer.echo(f"{made}")
    for path in removed:
        typer.echo(f"removed {path}")


@app.command()
def migrate(
    source: Annotated[str, typer.Option("--from", help="sqlite:///path/to/hubbub.db, of a server that is stopped")],
    target: Annotated[str, typer.Option("--to", help="postgresql://user:password@host/name, of an empty database")],
) -> None:
    """Move a team's data from SQLite to PostgreSQL. What was interrupted goes on when it is run again."""
    from rich.progress import Progress

    from hubbub.server.administration import move

    with Progress(console=Console(stderr=True)) as bars:
        tasks: dict[tuple[str, str], Any] = {}

        def show(what: str, table: str, done: int, total: int) -> None:
            task = tasks.get((what, table))
            if task is None:
                task = tasks[what, table] = bars.add_task(f"{what} {table}", total=total)
            bars.update(task, completed=done)

        try:
            moved = asyncio.run(move(source, target, show))
        except BadSetting as error:
            bars.stop()
            fail(str(error))
    for table in moved:
        typer.echo(f"{table.table}: {table.rows} rows, the same on both sides (sha256 {table.checksum[:16]})")
    typer.echo("Set database to the new one and start the server. Keep the file until you are sure.")


@app.command()
def check(data: Data = None, database: Database = None, config: ConfigFile = None) -> None:
    """Look the whole of a server's data through: the database to its last byte, key, folder. Exit code 1: mend it."""
    from hubbub.server.check import check_all

    loaded, _ = load({"data": data, "database": database}, config)
    bad = False
    for finding in check_all(loaded):
        bad = bad or not finding.good
        typer.echo(f"{'ok     ' if finding.good else 'PROBLEM'} {masked(finding.text)}")
    raise typer.Exit(1 if bad else 0)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@admin.command("create")
def create_admin(username: str, data: Data = None, database: Database = None, config: ConfigFile = None) -> None:
    """Make an administrator: a new account, or one that exists. The password is read from the terminal or a pipe."""
    from hubbub.server.administration import make_admin

    loaded, _ = load({"data": data, "database": database}, config)
    password = getpass("Password (for a new account): ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        created = asyncio.run(make_admin(loaded, username, password))
    except (BadSetting, HubbubError) as error:
        fail(str(error))
    typer.echo(f"{username} {'was created as' if created else 'is now'} an administrator.")


def _options(
    host: str | None,
    port: str | None,
    data: str | None,
    database: str | None,
    bus: str | None,
    workers: str | None,
    trusted_proxy: str | None,
    set_: list[str] | None,
) -> dict[str, Any]:
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "data": data,
        "database": database,
        "bus": bus,
        "workers": workers,
        "trusted_proxy": trusted_proxy,
    }
    for pair in set_ or ():
        name, found, value = pair.partition("=")
        if not found:
            fail(f"--set {pair}: write it as NAME=VALUE.")
        if name.strip().startswith(f"{_PLUGIN}."):
            # Read from there when the plugins are loaded; the file comes after it.
            os.environ[setting_sources.variable(name.strip().replace(".", "_"))] = value
        else:
            options[name.strip().replace("-", "_")] = value
    return options


def _shown(value: Any) -> str:
    # Of plugins only the names: what is in their tables may be secret.
    return ", ".join(value) if isinstance(value, list | dict) else str(value)


def main() -> None:
    # Whatever is written here is for its owner only: the database and what SQLite puts beside it, keys, backups.
    os.umask(0o077)
    add_plugin_commands(app, sys.argv[1:])
    app()
