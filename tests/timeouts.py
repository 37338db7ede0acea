"""Time limits of tests that end every hanging test.

pytest-timeout raises in whatever code runs at that moment: often a task or callback of the event loop that swallows the
exception, so that the test hangs on. Therefore, a while later, a thread prints all stacks and ends the process.
pytest-xdist reports the test as failed and gives the others to a new process.
"""

import asyncio
import faulthandler
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

GRACE = float(os.environ.get("HUBBUB_TEST_GRACE", "30"))
"""Seconds from when it should have ended by itself."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    limit = _limit(item)
    if limit <= 0:
        return (yield)
    # Not sys.stderr or its descriptor: both are captured.
    terminal = os.fdopen(os.dup(item.config.stash[fault_handler_stderr_fd_key]), "w")
    timer = threading.Timer(limit + GRACE, _end, [item.nodeid, terminal])
    timer.daemon = True
    timer.start()
    # In case a thread holds the GIL and never releases it.
    faulthandler.dump_traceback_later(limit + 2 * GRACE, exit=True, file=terminal)
    try:
        return (yield)
    finally:
        timer.cancel()
        faulthandler.cancel_dump_traceback_later()
        terminal.close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """pytest-xdist would give the test that ended a process to the next one, without end."""
    with suppress(FileNotFoundError):
        if item.nodeid in _record().read_text().splitlines():
            pytest.fail("It did not end by its time-out, and ended the process it ran in.", pytrace=False)


def _record() -> Path:
    """The test that ended a process of this run of pytest-xdist."""
    return Path(tempfile.gettempdir()) / f"hubbub-timed-out-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"


def _limit(item: pytest.Item) -> float:
    """The limit of pytest-timeout: from the marker, option, variable or setting."""
    marker = item.get_closest_marker("timeout")
    if marker is not None:
        return float(marker.args[0] if marker.args else marker.kwargs["timeout"])
    given = item.config.getvalue("timeout")
    return float(given if given is not None else os.environ.get("PYTEST_TIMEOUT") or item.config.getini("timeout") or 0)


def _copied(tasks: Any) -> list[Any]:
    while True:
        with suppress(RuntimeError):  # changed during the iteration
            return list(tasks)


def _end(test: str, terminal: TextIO) -> None:
    try:
        with _record().open("a") as record:
            record.write(f"{test}\n")
        print(f"\n+++ {test} did not end, not even by its time-out. Where everything stands:", file=terminal)
        for thread, frame in sys._current_frames().items():
            print(f"\nThread {thread}", file=terminal)
            traceback.print_stack(frame, file=terminal)
        # Tasks of every loop; Python 3.12 has another name for it.
        tasks = getattr(asyncio.tasks, "_scheduled_tasks", None) or getattr(asyncio.tasks, "_all_tasks", ())
        for task in _copied(tasks):
            try:
                if not task.done():
                    print(f"\n{task.get_name()}, {task.get_coro()}", file=terminal)
                    for frame in _awaited(task.get_coro()):
                        traceback.print_stack(frame, 1, file=terminal)
            except Exception as error:
                # The loop may run meanwhile and change a task: the other tasks are printed all the same.
                print(f"It cannot be shown where this one is: {error!r}", file=terminal)
        terminal.flush()
    finally:
        for process in _descendants(os.getpid()):
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        os._exit(3)


def _awaited(coroutine: object) -> Generator[object, None, None]:
    """The frames of a waiting task, from its own to the innermost one."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)


def _descendants(process: int) -> list[int]:
    """Servers that would be left running."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, more = [], [process]
    while more:
        more = [child for child, parent in parents.items() if parent in more]
        found += more
    return found
