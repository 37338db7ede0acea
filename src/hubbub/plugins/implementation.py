"""One plugin's implementation of a hook, and the two ways to call it: while people wait, and at the start."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog

from hubbub.errors import Unavailable
from hubbub.plugins.hooks import Refused

DECLARING_SECONDS = 10.0
"""For what is called at the start."""
_log = structlog.get_logger("plugins")


class PluginError(Exception):
    """A plugin cannot be used. The text is for the operator: which one, and why."""


class Implementation(NamedTuple):
    """`call` takes one argument, whether the plugin's function does or not."""

    plugin: str
    hook: str
    call: Callable[[Any], Any]
    required: bool
    is_async: bool

    async def ask(self, argument: Any, seconds: float, *passing: type[Exception]) -> Any:
        """What the hook returns; None if it failed, which is logged.

        Raises:
            Refused: as the plugin raised it. So are the `passing` exceptions.
            Unavailable: the hook is required, and raised another exception, or took more than `seconds`.
        """
        if not self.is_async:
            return self.ask_now(argument, *passing)
        task = asyncio.create_task(self._awaited(argument))
        try:
            await asyncio.wait({task}, timeout=seconds)
        finally:
            if not task.done():
                _leave_behind(task)
        if not task.done():
            self._too_slow(seconds)
            return self._failed()
        try:
            return task.result()
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, (Refused, *passing)):
                raise
            return self._raised(error)

    def ask_in_thread(self, argument: Any, seconds: float, *passing: type[Exception]) -> Any:
        """The same for a hook that may block, from a thread that may wait for it."""
        try:
            return in_time(lambda: self.call(argument), seconds)
        except TimeoutError:
            self._too_slow(seconds)
            return self._failed()
        except Exception as error:
            if isinstance(error, (Refused, *passing)):
                raise
            return self._raised(error)

    def ask_now(self, argument: Any, *passing: type[Exception]) -> Any:
        """The same for a hook that is not `async`."""
        try:
            return self.call(argument)
        except (Exception, SystemExit) as error:
            if isinstance(error, (Refused, *passing)):
                raise
            return self._raised(error)

    async def _awaited(self, argument: Any) -> Any:
        try:
            return await self.call(argument)
        except SystemExit as error:
            # Such as from argparse, for arguments that somebody wrote. Out of a task it would end the server.
            raise RuntimeError(repr(error)) from error

    def declare(self, argument: Any = None, seconds: float = DECLARING_SECONDS) -> Any:
        """What a hook returns that is called at the start; None if it raised, or takes longer, which is logged."""
        try:
            return in_time(lambda: self.call(argument), seconds)
        except TimeoutError:
            self._too_slow(seconds)
        except Exception as error:
            self._log_failure(error)
        return None

    def reject(self, result: object, wanted: str) -> None:
        """The hook returned what it may not: that is a failure too. Raises Unavailable if it is required."""
        self._raised(TypeError(f"must return {wanted}, not {type(result).__name__}"))

    def _raised(self, error: BaseException) -> None:
        self._log_failure(error)
        self._failed()

    def _failed(self) -> None:
        if self.required:
            raise Unavailable(
                "A part of this server that has to agree failed. The operator can see why in its log.",
                reason="plugin_failed",
            )

    def _log_failure(self, error: BaseException) -> None:
        _log.error("plugin_failed", plugin=self.plugin, hook=self.hook, exc_info=error)

    def _too_slow(self, seconds: float) -> None:
        _log.error("plugin_too_slow", plugin=self.plugin, hook=self.hook, seconds=seconds)


def _leave_behind(task: asyncio.Task[Any]) -> None:
    """Cancel a task, and do not wait until it ends: a plugin may catch the cancellation. The server can still stop."""
    task.cancel()
    task.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
    # Documented in "Extending" of asyncio: tasks that are not registered are not waited for at the end.
    asyncio._unregister_task(task)


def in_time(call: Callable[[], Any], seconds: float) -> Any:
    """The call's result, from a thread. Raises TimeoutError after `seconds`; the thread is left behind then."""
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="plugin", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError
    if not errors:
        return results[0]
    if isinstance(errors[0], Exception):
        raise errors[0]
    # Such as SystemExit: a plugin does not end the server.
    raise RuntimeError(repr(errors[0])) from errors[0]
