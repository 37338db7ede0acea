"""Statements, and the transaction they run in.

A statement is written once with SQLAlchemy Core, compiled once per database, and handed to the driver as text: running
it through an SQLAlchemy connection cost three times as much per message (docs/decisions/0002-sqlite-in-a-thread.md).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import msgspec
from sqlalchemy import BigInteger, ClauseElement, ColumnElement, Compiled, Select, cast, literal_column, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg

Row = tuple[Any, ...]
Values = Mapping[str, Any]

_SQLITE = sqlite.dialect(paramstyle="named")
_POSTGRES = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Statement:
    """A compiled statement; its parameters are named. `constants` are those that SQLAlchemy put in by itself.

    `on_postgres`: where PostgreSQL says it in other words than SQLite.
    """

    def __init__(self, clause: ClauseElement, on_postgres: ClauseElement | None = None) -> None:
        self._clause = clause
        self._on_postgres = clause if on_postgres is None else on_postgres

    @cached_property
    def _for_sqlite(self) -> Compiled:
        return self._clause.compile(dialect=_SQLITE)

    @cached_property
    def sqlite(self) -> str:
        return str(self._for_sqlite)

    @cached_property
    def _constants(self) -> dict[str, Any]:
        return _constants(self._for_sqlite)

    def bind(self, values: Values) -> Values:
        """The values, and the constants beside them."""
        return {**self._constants, **values} if self._constants else values

    @cached_property
    def _for_postgres(self) -> Any:
        return self._on_postgres.compile(dialect=_POSTGRES)

    @cached_property
    def postgres(self) -> str:
        return str(self._for_postgres)

    @cached_property
    def _postgres_constants(self) -> dict[str, Any]:
        return _constants(self._for_postgres)

    @cached_property
    def _places(self) -> list[str]:
        return list(self._for_postgres.positiontup or ())

    def in_place(self, values: Values) -> list[Any]:
        """The values in the order of PostgreSQL's numbered parameters."""
        if self._postgres_constants:
            values = {**self._postgres_constants, **values}
        return [values[name] for name in self._places]


def _constants(compiled: Compiled) -> dict[str, Any]:
    return {name: value for name, value in (compiled.params or {}).items() if value is not None}


def one_of(selection: "Select[Any]", column: ColumnElement[int]) -> Statement:
    """The selection, of the rows whose column is among `:ids`, a JSON list of numbers: one statement for any number."""
    value = literal_column("value", BigInteger)
    on_sqlite = select(value).select_from(text("json_each(:ids)"))
    on_postgres = select(cast(value, BigInteger)).select_from(text("json_array_elements_text(CAST(:ids AS json))"))
    return Statement(selection.where(column.in_(on_sqlite)), selection.where(column.in_(on_postgres)))


def ids(numbers: Sequence[int]) -> str:
    """What `one_of` takes."""
    return msgspec.json.encode(list(numbers)).decode()


class Transaction(Protocol):
    """What the rows modules need of a database, one consistent transaction at a time."""

    def all(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Every row."""

    def one(self, statement: Statement, values: Values) -> Row | None:
        """The first row, if there is one."""

    def run(self, statement: Statement, values: Values) -> int:
        """Change something; how many rows were."""

    def run_many(self, statement: Statement, values: Sequence[Values]) -> None:
        """Run once for each of the values."""

    def hold(self, number: int) -> None:
        """Until this transaction ends, others that want to hold the same number wait."""
