"""The bus carries committed events from the store to those who act on them. This one stays in the process."""

from collections import defaultdict
from collections.abc import Callable

import structlog

from hubbub.chat.events import Event

_log = structlog.get_logger("bus")


class LocalBus:
    """Passes each event to every subscriber of its type, in order, synchronously."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[type[Event], list[Callable[[Event], None]]] = defaultdict(list)

    def subscribe(self, subscriber: Callable[[Event], None], *kinds: type[Event]) -> None:
        for kind in kinds:
            self._subscribers[kind].append(subscriber)

    async def start(self, back: Callable[[], None]) -> None:
        """Begin. `back` is called whenever something may have been lost, and no longer is."""

    async def stop(self) -> None:
        """End."""

    def listen(self, subject: str, on: bool) -> None:
        """Whether somebody here listens to a subject, such as `room.12`."""

    def publish_to_others(self, events: list[Event]) -> None:
        """To other servers only; there are none."""

    def publish(self, events: list[Event]) -> None:
        for event in events:
            for subscriber in self._subscribers[type(event)]:
                try:
                    subscriber(event)
                except Exception:
                    # One subscriber's fault must not keep the event from the others, nor the ack from the sender.
                    _log.exception("subscriber_failed", subject=type(event).__name__)
