"""A real server in a process of its own, started like an operator would."""

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

from tests.forge import Forked

SHARED_SECRET = "a secret that servers share"
HUBBUB = str(Path(sys.executable).with_name("hubbub"))


class Server:
    """`hubbub serve` on a free port. `url` is its address; `log` is its standard error.

    `default_rooms`: with those that a server has by default; a previous release does not know them.
    """

    def __init__(
        self,
        data: Path,
        *settings: str,
        prefix: tuple[str, ...] = (),
        port: int = 0,
        database: str = "",
        default_rooms: bool = False,
    ) -> None:
        self.data = data
        self._default_rooms = default_rooms
        self._database = database
        if database:
            settings = (f"database={database}", f"secret_key={SHARED_SECRET}", *settings)
        self.port = port
        self._settings = settings
        self._prefix = prefix
        self._log = tempfile.NamedTemporaryFile(prefix="hubbub-log-", suffix=".txt", delete=False)  # noqa: SIM115
        self.process: subprocess.Popen[str] | Forked
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start, and wait until it listens. A restart uses the same port."""
        command = [*self._prefix, HUBBUB, "serve", "--port", str(self.port), "--data", str(self.data)]
        for setting in self._settings:
            command += ["--set", setting]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        environment["HUBBUB_LOG_FORMAT"] = "json"
        if not self._default_rooms:
            # The tests make the rooms that they want, and those only.
            environment["HUBBUB_DEFAULT_ROOMS"] = ""
        self.process = (
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                env=environment,
                cwd=self.data.parent,
                start_new_session=True,
            )
            if self._prefix
            else Forked(command, self._log, environment, self.data.parent)
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+:(\d+)", line)
        if found is None:
            self.process.wait()
            log = self.log
            self.stop()
            raise RuntimeError(f"The server did not start: {line}{log}")
        self.url = found[0]
        self.port = int(found[1])

    @property
    def log(self) -> str:
        return Path(self._log.name).read_text()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run SQL on the server's database directly; returns the rows."""
        if not self._database:
            with closing(sqlite3.connect(self.data / "hubbub.db")) as connection, connection:
                return connection.execute(statement).fetchall()

        return sql(self._database, statement)

    def crowd(self, number: int) -> list[int]:
        """Create as many accounts that cannot sign in; returns their ids."""
        return [
            row[0]
            for row in self.sql(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number}) INSERT INTO users "
                "(username, key, display_name, display_key, created_at, password_hash, admin, chosen_status) "
                "SELECT 'crowd' || i, 'crowd' || i, 'Crowd', 'crowd', 0, 'x', false, 'online' FROM n RETURNING id"
            )
        ]

    def rotate(self, key: str) -> None:
        """Add a new signing key for the next start. The old ones still verify."""
        if self._database:
            self._settings = (*self._settings, f"secret_key={key}\n{self.secret}")
        else:
            path = self.data / "secret.key"
            path.write_text(f"{key}\n{path.read_text()}")

    @property
    def secret(self) -> str:
        """The key that signs tokens."""
        return SHARED_SECRET if self._database else (self.data / "secret.key").read_text().strip()

    @property
    def socket_url(self) -> str:
        return self.url.replace("http://", "ws://") + "/ws"

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)
        self.process.wait()

    def terminate(self, timeout: float = 30) -> int:
        """Send SIGTERM; returns the exit code."""
        self._send(signal.SIGTERM)
        return self.process.wait(timeout)

    def _send(self, number: signal.Signals) -> None:
        if self.process.poll() is not None:
            return
        if self._prefix:
            os.killpg(self.process.pid, number)  # faketime is the parent of what it starts
        else:
            self.process.send_signal(number)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()
        Path(self._log.name).unlink(missing_ok=True)


def sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run SQL on a PostgreSQL database; returns the rows."""

    async def run() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    # In a loop of its own, as the test's may be running.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()
