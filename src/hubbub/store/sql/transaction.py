"""Statements, and the transaction they run in.

A statement is written once with SQLAlchemy Core, compiled once per database, and handed to the driver as text: running
it through an SQLAlchemy connection cost three times as much per message (docs/decisions/0002-sqlite-in-a-thread.md).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import ClauseElement, Compiled
from sqlalchemy.dialects import sqlite

Row = tuple[Any, ...]
Values = Mapping[str, Any]

_SQLITE = sqlite.dialect(paramstyle="named")


class Statement:
    """A compiled statement; its parameters are named. `constants` are those that SQLAlchemy put in by itself."""

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause

    @cached_property
    def _compiled(self) -> Compiled:
        return self._clause.compile(dialect=_SQLITE)

    @cached_property
    def sqlite(self) -> str:
        return str(self._compiled)

    @cached_property
    def _constants(self) -> dict[str, Any]:
        return {name: value for name, value in (self._compiled.params or {}).items() if value is not None}

    def bind(self, values: Values) -> Values:
        """The values, and the constants beside them."""
        return {**self._constants, **values} if self._constants else values


class Transaction(Protocol):
    """What the rows modules need of a database, one consistent transaction at a time."""

    def all(self, statement: Statement, values: Values) -> list[Row]:
        """Every row."""

    def one(self, statement: Statement, values: Values) -> Row | None:
        """The first row, if there is one."""

    def run(self, statement: Statement, values: Values) -> int:
        """Change something; how many rows were."""

    def run_many(self, statement: Statement, values: Sequence[Values]) -> None:
        """Run once for each of the values."""
