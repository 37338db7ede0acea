"""What the hub knows of a feed's reader."""

from collections.abc import Callable

from hubbub.live.sync.subscription import Subscription


class FeedSubscription(Subscription):
    """It follows one room, or the inbox, and nothing else. When that is taken from its user, the feed ends."""

    __slots__ = ("_end",)
    follows = False

    def __init__(self, user: int, session: int, end: Callable[[], None]) -> None:
        super().__init__(user, session)
        self.reading = False
        self._end = end

    def dropped(self, room: int) -> None:
        self._end()
