"""The bus carries committed events from the store to those who act on them. This one stays in the process."""

from collections.abc import Callable

import structlog

from hubbub.chat.events import Event

_log = structlog.get_logger("bus")


class LocalBus:
    """Hands each event to every subscriber, in order, at once."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[Event], None]] = []

    def subscribe(self, subscriber: Callable[[Event], None]) -> None:
        self._subscribers.append(subscriber)

    def publish(self, events: list[Event]) -> None:
        for event in events:
            for subscriber in self._subscribers:
                try:
                    subscriber(event)
                except Exception:
                    # One subscriber's fault must not keep the event from the others, nor the ack from the sender.
                    _log.exception("subscriber_failed", subject=type(event).__name__)
