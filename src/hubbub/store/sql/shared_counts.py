"""Rate-limit counts of several servers, in an unlogged PostgreSQL table: losing them costs nothing.

`full_at` is by the database's clock, so the servers' clocks do not matter.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg

from hubbub.errors import Unavailable
from hubbub.store.sql.migrate import server_name

_SECONDS = 2.0
"""Who signs in waits for this."""
_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
# In the order of the keys, so that two servers never wait for each other in a circle. `now()` is the same all through.
_ADD = """
INSERT INTO rate_limits AS kept (key, full_at)
SELECT key, (extract(epoch FROM now()) * 1000)::bigint + added
FROM unnest($1::text[], $2::bigint[]) AS counted (key, added) ORDER BY key
ON CONFLICT (key) DO UPDATE
SET full_at = greatest(kept.full_at, (extract(epoch FROM now()) * 1000)::bigint)
    + excluded.full_at - (extract(epoch FROM now()) * 1000)::bigint
RETURNING key, full_at - (extract(epoch FROM now()) * 1000)::bigint
"""
_SWEEP = "DELETE FROM rate_limits WHERE full_at < (extract(epoch FROM now()) * 1000)::bigint"


class SharedCounts:
    """`hubbub.surfaces.shared_limits.Counts` on a database that has been migrated. Made by `open`."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str) -> "SharedCounts":
        """The one connection is made when it is first needed."""
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=1,
            timeout=_SECONDS,
            command_timeout=_SECONDS,
            server_settings={"application_name": server_name(), "lock_timeout": "1s"},
        )
        return cls(pool)

    async def add(self, counted: Mapping[str, float]) -> Mapping[str, float]:
        milliseconds = [round(seconds * 1000) for seconds in counted.values()]
        try:
            rows = await self._pool.fetch(_ADD, list(counted), milliseconds)
        except _LOST as error:
            raise _unavailable() from error
        return {key: left / 1000 for key, left in rows}

    async def sweep(self) -> None:
        try:
            await self._pool.execute(_SWEEP)
        except _LOST as error:
            raise _unavailable() from error

    def close(self) -> None:
        self._pool.terminate()


def _unavailable() -> Unavailable:
    return Unavailable("What servers count together cannot be reached.", reason="storage_unreachable")
