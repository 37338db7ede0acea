"""All subscriptions of one connection or feed: its user, its rooms, and which of them are still to be read."""

from collections.abc import Awaitable, Callable

from hubbub.chat.transaction import Result
from hubbub.errors import NotFound
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.topic import Topic


class Subscriptions:
    """The `state` of a `Subscriber` that is signed in."""

    follows = True
    """Whether it is subscribed to every room of its user, also to those that they join later."""

    __slots__ = (
        "away",
        "greeting",
        "membership_epoch",
        "present",
        "session",
        "topics",
        "unread",
        "unsubscribed",
        "user",
    )

    def __init__(self, user: int, session: int) -> None:
        self.user = user
        self.session = session
        self.topics: list[Topic] = []
        self.away = False
        self.present = False
        self.greeting = True
        """Whether the list of the user's rooms is being read: a room joined meanwhile is found by reading it again."""
        self.unread: dict[int, Subscription] | None = None
        """By room, the subscriptions for which the store is still to be read; None when there are none."""
        self.unsubscribed: dict[int, int] | None = None
        """The rooms that the client unsubscribed from, each with its version then; None when there are none.

        A join up to that version, which is reported again or late, does not subscribe it again."""
        self.membership_epoch = 0
        """The number of the user's joins and leaves received so far: what was read across one of them may be older than
        it."""

    def may_begin(self, room: int, version: int) -> bool:
        """Whether the user's joining with this version subscribes to the room: not if the client unsubscribed later."""
        return self.unsubscribed is None or version > self.unsubscribed.get(room, 0)

    def dropped(self, room: int) -> None:
        """The user may not listen to the room any more."""

    def joined_unknown(self, room: int, since: int) -> None:
        """The user is reported to have joined a room that is unknown to this subscriber: read what happened in it after
        `since`. Whether they still are a member is read too, as the report may be older than their leaving."""

    def unread_of(self, room: int) -> Subscription | None:
        """The room's subscription, if the store is still to be read for it."""
        return None if self.unread is None else self.unread.get(room)

    def begin(self, subscription: Subscription) -> None:
        """Keep the subscription until it is read. It takes the place of another one to the same room."""
        if self.unread is None:
            self.unread = {}
        elif (before := self.unread.get(subscription.room)) is not None:
            before.close()
        self.unread[subscription.room] = subscription

    def end(self, subscription: Subscription) -> None:
        """The store has been read for it, or it was closed."""
        if self.unread is not None and self.unread.get(subscription.room) is subscription:
            del self.unread[subscription.room]
            if not self.unread:
                self.unread = None

    async def read_stably(self, read: Callable[[], Awaitable[Result]]) -> Result:
        """The answer of `read`; read again if the user joined or left a room meanwhile."""
        while True:
            membership_epoch = self.membership_epoch
            try:
                answer = await read()
            except NotFound:
                if self.membership_epoch == membership_epoch:
                    raise
            else:
                if self.membership_epoch == membership_epoch:
                    return answer
