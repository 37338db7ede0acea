"""Progress and result of moving a database."""

from collections.abc import Callable
from typing import NamedTuple

Progress = Callable[[str, str, int, int], None]
"""Called with what is being done, to which table, how many rows are done and how many there are."""


class Moved(NamedTuple):
    """What was moved of a table. `checksum`: SHA-256 over its rows in the order of their key, the same on both."""

    table: str
    rows: int
    checksum: str
