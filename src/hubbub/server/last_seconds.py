"""The end of the process, which nothing may hold up: a plugin's thread that hangs would keep the data folder locked."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_SECONDS = 10
_log = structlog.get_logger("server")


@contextmanager
def end_within_seconds() -> Iterator[threading.Timer]:
    """Start the timer when everything is stored and closed: the process ends when it runs out, whatever still runs."""
    timer = threading.Timer(_SECONDS, _end)
    timer.daemon = True
    try:
        yield timer
    finally:
        timer.cancel()


def _end() -> None:
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon and thread.name != "MainThread"]
    _log.warning("threads_left", threads=threads)
    os._exit(0)
