"""The hub's subscription of a feed."""

from collections.abc import Callable

from hubbub.live.sync.subscriptions import Subscriptions


class FeedSubscription(Subscriptions):
    """A subscription to one room, or to the inbox. The feed ends when its user may not read the room any more."""

    __slots__ = ("_end",)
    follows = False

    def __init__(self, user: int, session: int, end: Callable[[], None]) -> None:
        super().__init__(user, session)
        self.greeting = False
        self._end = end

    def dropped(self, room: int) -> None:
        self._end()
