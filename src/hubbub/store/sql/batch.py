"""One batch of commands on any SQL store: decide them in one transaction, then publish and answer."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from hubbub.chat.events import Event, JobsAdded
from hubbub.chat.transaction import Command, Outcome
from hubbub.errors import HubbubError
from hubbub.store.sql.transaction import SqlTransaction

LARGEST_BATCH = 512
_log = structlog.get_logger("store")

Done = Callable[[Any], None]
Waiting = tuple[Command[Any], Done]
Decided = Outcome[Any] | HubbubError


def decide(tx: SqlTransaction, commands: Sequence[Command[Any]]) -> list[Decided]:
    """The outcome of each command, in order; their changes are written but not committed."""
    decided = [_decide(command, tx) for command in commands]
    tx.flush()
    return decided


def _decide(command: Command[Any], tx: SqlTransaction) -> Decided:
    try:
        outcome = command.decide(tx)
    except HubbubError as error:
        return error
    for job in outcome.jobs:
        tx.jobs.add(job)
    return outcome


def finish(batch: Sequence[Waiting], decided: Sequence[Decided], publish: Callable[[list[Event]], None]) -> None:
    """Publish what was committed and answer the callers, in order."""
    for (_, done), outcome in zip(batch, decided, strict=True):
        if isinstance(outcome, HubbubError):
            _call(done, outcome)
            continue
        if outcome.events:
            _call(publish, outcome.events)
        if outcome.jobs:
            _call(publish, [JobsAdded()])
        _call(done, outcome.result)


def _call(callback: Callable[[Any], None], argument: object) -> None:
    """Everything here is committed: a callback that raises must not affect the rest of the batch."""
    try:
        callback(argument)
    except Exception:
        _log.exception("callback_failed", callback=getattr(callback, "__qualname__", type(callback).__name__))


def settle(future: asyncio.Future[Any], result: Any) -> None:
    """Resolve a future with an answer or an error, unless its caller is gone."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
