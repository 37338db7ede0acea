"""Moves a database from SQLite to PostgreSQL: row by row, resumable, compared at the end."""

import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Boolean, Column, ColumnElement, Table, Text, bindparam, collate, func, select, tuple_

from hubbub.store.sql.progress import Moved, Progress
from hubbub.store.sql.sqlite_file import connect
from hubbub.store.sql.statement import Row, Statement
from hubbub.store.sql.statistics import ANALYZE
from hubbub.store.sql.tables import metadata

_AT_ONCE = 1000
_NOTES = ("consumers", "cursors", "jobs", "leases", "rate_limits", "schedules")
_TABLES = sorted(metadata.sorted_tables, key=lambda table: table.name in _NOTES)
"""What servers note for themselves comes last: a difference there says less than one in what people said."""


class NotTheSame(Exception):  # noqa: N818 - says what is the case
    """The target holds other data. The text is for the operator."""


async def move(source: Path, url: str, progress: Progress) -> list[Moved]:
    """Copy everything from the SQLite file into the PostgreSQL database, and compare. Both have the newest schema.

    Rows are written in the order of their keys, some in each transaction: what was interrupted goes on after the last.

    Raises:
        NotTheSame: the database holds something that is not in the file.
        OSError, asyncpg.PostgresError: it cannot be reached or written to.
    """
    target = await asyncpg.connect(url)
    try:
        with closing(connect(source)) as connection:
            for table in _TABLES:
                await _copy(connection, target, _Reading(table), progress)
            moved = [await _compare(connection, target, _Reading(table), progress) for table in _TABLES]
            for table in _TABLES:
                await _go_on_counting(target, table)
        await target.execute(ANALYZE)
    finally:
        await target.close()
    return moved


class _Reading:
    """A table in the order of its key, by code points on both sides."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name
        self.columns = [column.name for column in table.c]
        self.key = [self.columns.index(column.name) for column in table.primary_key]
        self._flags = [number for number, column in enumerate(table.c) if isinstance(column.type, Boolean)]
        plain = list(table.primary_key)
        by_code_point = [_by_code_point(column) for column in plain]
        after = tuple_(*[bindparam(f"k{place}", type_=column.type) for place, column in enumerate(plain)])
        rows = select(table)
        self.first = Statement(
            rows.order_by(*plain).limit(bindparam("most")), rows.order_by(*by_code_point).limit(bindparam("most"))
        )
        self.next = Statement(
            rows.where(tuple_(*plain) > after).order_by(*plain).limit(bindparam("most")),
            rows.where(tuple_(*by_code_point) > after).order_by(*by_code_point).limit(bindparam("most")),
        )
        self.last = Statement(rows.order_by(*[column.desc() for column in by_code_point]).limit(1))
        self.count = Statement(select(func.count()).select_from(table))

    def place(self, row: Row) -> dict[str, Any]:
        return {f"k{number}": row[column] for number, column in enumerate(self.key)}

    def tidy(self, row: Sequence[Any]) -> Row:
        """The row with PostgreSQL's types: booleans are numbers in SQLite."""
        values = list(row)
        for number in self._flags:
            values[number] = bool(values[number])
        return tuple(values)


def _by_code_point(column: Column[Any]) -> ColumnElement[Any]:
    return collate(column, "C") if isinstance(column.type, Text) else column


def _from_file(source: sqlite3.Connection, reading: _Reading, after: Row | None = None) -> Iterator[list[Row]]:
    while True:
        statement = reading.first if after is None else reading.next
        values = {"most": _AT_ONCE, **({} if after is None else reading.place(after))}
        rows = [reading.tidy(row) for row in source.execute(statement.sqlite.sql, statement.sqlite.in_place(values))]
        if not rows:
            return
        yield rows
        after = rows[-1]


async def _from_database(target: Any, reading: _Reading) -> AsyncIterator[list[Row]]:
    after: Row | None = None
    while True:
        statement = reading.first if after is None else reading.next
        values = {"most": _AT_ONCE, **({} if after is None else reading.place(after))}
        rows = [tuple(row) for row in await target.fetch(statement.postgres.sql, *statement.postgres.in_place(values))]
        if not rows:
            return
        yield rows
        after = rows[-1]


async def _copy(source: sqlite3.Connection, target: Any, reading: _Reading, progress: Progress) -> None:
    total: int = source.execute(reading.count.sqlite.sql).fetchone()[0]
    done: int = await target.fetchval(reading.count.postgres.sql)
    last = await target.fetchrow(reading.last.postgres.sql, *reading.last.postgres.in_place({}))
    after = None if last is None else tuple(last)
    progress("copying", reading.name, done, total)
    for rows in _from_file(source, reading, after):
        await target.copy_records_to_table(reading.name, records=rows, columns=reading.columns)
        done += len(rows)
        progress("copying", reading.name, done, total)


async def _compare(source: sqlite3.Connection, target: Any, reading: _Reading, progress: Progress) -> Moved:
    total: int = source.execute(reading.count.sqlite.sql).fetchone()[0]
    here, there, count = sha256(), sha256(), 0
    theirs = _from_database(target, reading)
    for mine in _from_file(source, reading):
        other: list[Row] = await anext(theirs, [])
        if mine != other:
            raise NotTheSame(_difference(reading, mine, other))
        here.update(repr(mine).encode("utf-8", "surrogatepass"))
        there.update(repr(other).encode("utf-8", "surrogatepass"))
        count += len(mine)
        progress("comparing", reading.name, count, total)
    rest: list[Row] = await anext(theirs, [])
    if rest:
        raise NotTheSame(_difference(reading, [], rest))
    assert here.digest() == there.digest()
    return Moved(reading.name, count, here.hexdigest())


def _difference(reading: _Reading, mine: list[Row], theirs: list[Row]) -> str:
    pairs = zip([*mine, *[None] * len(theirs)], [*theirs, *[None] * len(mine)], strict=True)
    place = next(((one or other) for one, other in pairs if one != other), None)
    assert place is not None
    where = ", ".join(f"{reading.columns[number]} {place[number]!r}" for number in reading.key)
    return (
        f"The database is not the same as the file: {reading.name}, {where}. Was somebody writing meanwhile, or did "
        "the database hold something before? Move into an empty one, with the server stopped."
    )


async def _go_on_counting(target: Any, table: Table) -> None:
    """Set the sequences above the ids that were moved."""
    if table.c.get("id") is not None:
        sequence = await target.fetchval("SELECT pg_get_serial_sequence($1, 'id')", table.name)
        highest = Statement(select(func.coalesce(func.max(table.c.id), 0)))
        last = await target.fetchval(highest.postgres.sql, *highest.postgres.in_place({}))
        await target.execute("SELECT setval($1::text::regclass, $2::bigint + 1, false)", sequence, last)
