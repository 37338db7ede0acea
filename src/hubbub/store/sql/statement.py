"""Statements, and what runs them.

A statement is written once with SQLAlchemy Core, compiled once per database, and handed to the driver as text: running
it through an SQLAlchemy connection cost three times as much per message (docs/decisions/0002-sqlite-in-a-thread.md).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import msgspec
from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    Dialect,
    Select,
    Text,
    cast,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg

Row = tuple[Any, ...]
Values = Mapping[str, Any]

_SQLITE = sqlite.dialect(paramstyle="qmark")
_POSTGRES = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Compiled:
    """A statement compiled for one database. Parameters are positional, which SQLite handles faster than named ones."""

    def __init__(self, clause: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = clause.compile(dialect=dialect)
        self.sql = str(compiled)
        self._places: list[str] = list(compiled.positiontup or ())
        # Those that SQLAlchemy put in by itself.
        self._constants = {name: value for name, value in (compiled.params or {}).items() if value is not None}

    def in_place(self, values: Values) -> list[Any]:
        """The values, by name, in the order of the parameters."""
        if self._constants:
            values = {**self._constants, **values}
        return [values[name] for name in self._places]


class Statement:
    """A statement, compiled at first use. `on_postgres`: its PostgreSQL form, where that differs."""

    def __init__(self, clause: ClauseElement, on_postgres: ClauseElement | None = None) -> None:
        self._clause = clause
        self._on_postgres = clause if on_postgres is None else on_postgres

    @cached_property
    def sqlite(self) -> Compiled:
        return Compiled(self._clause, _SQLITE)

    @cached_property
    def postgres(self) -> Compiled:
        return Compiled(self._on_postgres, _POSTGRES)


def one_of(
    selection: "Select[Any]", column: ColumnElement[int], selection_on_postgres: "Select[Any] | None" = None
) -> Statement:
    """Restrict a selection to rows whose column is in `:ids`, a JSON list of numbers: one statement for any number."""
    others = selection if selection_on_postgres is None else selection_on_postgres
    value = literal_column("value", BigInteger)
    on_sqlite = select(value).select_from(text("json_each(:ids)"))
    on_postgres = select(cast(value, BigInteger)).select_from(text("json_array_elements_text(CAST(:ids AS json))"))
    return Statement(selection.where(column.in_(on_sqlite)), others.where(column.in_(on_postgres)))


def one_of_texts(selection: "Select[Any]", column: ColumnElement[str]) -> Statement:
    """The same for texts."""
    value = literal_column("value", Text)
    on_sqlite = select(value).select_from(text("json_each(:ids)"))
    on_postgres = select(value).select_from(text("json_array_elements_text(CAST(:ids AS json))"))
    return Statement(selection.where(column.in_(on_sqlite)), selection.where(column.in_(on_postgres)))


def ids(values: Sequence[int] | Sequence[str]) -> str:
    """The parameter of `one_of` and `one_of_texts`."""
    return msgspec.json.encode(list(values)).decode()


def count(tx: "Executor", statement: Statement, values: Values) -> int:
    """The number that a statement selects."""
    row = tx.one(statement, values)
    assert row is not None
    return int(row[0])


class Executor(Protocol):
    """Runs statements within one transaction of a database."""

    is_shared: bool
    """Whether others may change something while it lasts."""

    def all(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Every row."""

    def one(self, statement: Statement, values: Values) -> Row | None:
        """The first row, if there is one."""

    def run(self, statement: Statement, values: Values) -> int:
        """Execute a change; returns the number of rows."""

    def run_many(self, statement: Statement, values: Sequence[Values]) -> None:
        """Execute once for each of the values."""

    def hold(self, *numbers: int) -> None:
        """Lock these numbers until the transaction ends, ascending, so there is no deadlock."""

    def try_to_hold(self, number: int) -> bool:
        """Lock a number until the transaction ends, unless another server has it. Never waits."""
