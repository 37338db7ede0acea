"""The state of one subscriber, a connection or a feed: its user, its rooms, and which are to be synchronised."""

from collections.abc import Awaitable, Callable

from hubbub.chat.transaction import Result
from hubbub.errors import NotFound
from hubbub.live.sync.topic import Topic


class Subscription:
    follows = True
    """Whether it is told of every room of its user's, also of those to come."""

    __slots__ = ("away", "behind", "membership_epoch", "present", "reading", "session", "topics", "user")

    def __init__(self, user: int, session: int) -> None:
        self.user = user
        self.session = session
        self.topics: list[Topic] = []
        self.away = False
        self.present = False
        self.reading = True
        """Whether the user's rooms are being read: those they come into meanwhile are found by reading again."""
        self.behind: dict[int, bool] | None = None
        """Rooms that are to be brought up to date, and whether it knows of them. Till then nothing is told of them but
        that the user went out of one that it knows, which is the end of bringing it up to date."""
        self.membership_epoch = 0
        """The comings and goings of the user heard of so far: what was read across one of them may be older than it."""

    def dropped(self, room: int) -> None:
        """The user may not listen to the room any more."""

    def mark_behind(self, room: int, version: int) -> None:
        """The user is reported to have joined a room that is unknown to this subscriber: synchronise it from this
        version on."""
        self.behind = {**(self.behind or {}), room: False}

    def is_behind(self, room: int) -> bool:
        """Whether the room is still to be synchronised."""
        return self.behind is not None and room in self.behind

    def is_unannounced(self, room: int) -> bool:
        """Whether the room is still to be synchronised and the client does not know it yet."""
        return self.behind is not None and not self.behind.get(room, True)

    def known(self, room: int) -> None:
        """The client has been sent the room."""
        if self.behind is not None and room in self.behind:
            self.behind[room] = True

    def settled(self, room: int) -> None:
        """The room needs no synchronising any more."""
        if self.behind is not None:
            self.behind.pop(room, None)

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
