"""Several servers that share a PostgreSQL database and a NATS server."""

from pathlib import Path

from hubbub.client import Client
from tests.conftest import newcomer
from tests.postgres import Postgres
from tests.server import Server


class Cluster:
    """Three servers. `bus`: the address at which they reach NATS."""

    def __init__(self, folder: Path, postgres: Postgres, bus: str, *settings: str) -> None:
        database = self.database = postgres.database()
        self.servers = [
            Server(folder / f"node{number}", "rate_limits=off", f"bus={bus}", *settings, database=database)
            for number in range(3)
        ]

    async def person(self, name: str, at: int = 0) -> Client:
        """A new user, signed in at one of the servers."""
        return await newcomer(self.servers[at].url, name)

    def seen_from(self, client: Client, at: int) -> Client:
        """The same user, through another server."""
        other = Client(self.servers[at].url, client.token)
        other.user = client.user
        return other

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
