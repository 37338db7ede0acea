"""One timer for all time-outs: a wheel that turns once a second, instead of a timer per connection."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

import structlog

_log = structlog.get_logger("wheel")


class TimerWheel:
    """Calls back in whole seconds. Callbacks cannot be cancelled: they check whether they still apply."""

    def __init__(self) -> None:
        self._second = 0
        self._due: defaultdict[int, list[Callable[[], None]]] = defaultdict(list)
        self._every: list[Callable[[int], None]] = []
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(1, self._turn)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back once, `seconds` from now or up to a second later."""
        self._due[self._second + int(seconds) + 1].append(callback)

    def every_second(self, callback: Callable[[int], None]) -> None:
        """Call back each second with its number."""
        self._every.append(callback)

    def _turn(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(1, self._turn)
        self._second += 1
        for callback in self._due.pop(self._second, ()):
            try:
                callback()
            except Exception:
                _failed(callback)
        for tick in self._every:
            try:
                tick(self._second)
            except Exception:
                _failed(tick)


def _failed(callback: object) -> None:
    """A callback that raises must not prevent the others of its second: heartbeats, deadlines, closings."""
    _log.exception("callback_failed", callback=getattr(callback, "__qualname__", type(callback).__name__))
