"""What every store on SQL does with a batch of commands: decide them in one transaction, answer, tell."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from hubbub.chat.events import Event
from hubbub.chat.ledger import Command, Outcome
from hubbub.errors import HubbubError
from hubbub.store.sql.ledger import SqlLedger

LARGEST_BATCH = 512
_log = structlog.get_logger("store")

Done = Callable[[Any], None]
Waiting = tuple[Command[Any], Done]
Decided = Outcome[Any] | HubbubError


def decide(ledger: SqlLedger, commands: Sequence[Command[Any]]) -> list[Decided]:
    """What becomes of each command, in order; all that they change is written, and not yet committed."""
    decided = [_decide(command, ledger) for command in commands]
    ledger.flush()
    return decided


def _decide(command: Command[Any], ledger: SqlLedger) -> Decided:
    try:
        return command.decide(ledger)
    except HubbubError as error:
        return error


def finish(batch: Sequence[Waiting], decided: Sequence[Decided], told: Callable[[list[Event]], None]) -> None:
    """Tell what was committed, and answer those who asked for it, in order."""
    for (_, done), outcome in zip(batch, decided, strict=True):
        if isinstance(outcome, HubbubError):
            _call(done, outcome)
            continue
        if outcome.events:
            _call(told, outcome.events)
        _call(done, outcome.result)


def _call(callback: Callable[[Any], None], argument: object) -> None:
    """What it is told is committed: a fault in one callback must not keep the rest of the batch from theirs."""
    try:
        callback(argument)
    except Exception:
        _log.exception("callback_failed", callback=getattr(callback, "__qualname__", type(callback).__name__))


def settle(future: asyncio.Future[Any], result: Any) -> None:
    """Give a future what it waits for, an error or an answer, unless whoever waited has gone."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
