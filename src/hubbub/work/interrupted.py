"""Ending tasks that run a plugin's code, which may ignore that it is cancelled."""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog

_SECONDS = 3
_log = structlog.get_logger("work")


async def interrupt(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks and wait until they have ended, but not for long: what still runs is named in the log."""
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    if waiting:
        _, late = await asyncio.wait(waiting, timeout=_SECONDS)
        for task in late:
            _log.warning("ignores_cancellation", task=task.get_name())
