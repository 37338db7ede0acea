"""A changed profile goes to all who listen to a room of the user that is not large.

The first change is published at once; further ones at most every few seconds, in their latest state.
"""

from collections.abc import Mapping

from hubbub.chat.clock import APART_MS, now
from hubbub.chat.events import AccountChanged, UserEvent
from hubbub.chat.presence import Presence
from hubbub.live.sync.topic import Topic
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber
from hubbub.live.wire.timer_wheel import TimerWheel

_PAUSE_SECONDS = 5
_FORGET_EVERY_SECONDS = 60


class Profiles:
    """`users` and `topics`: who is connected here, and which rooms are listened to."""

    def __init__(
        self,
        wheel: TimerWheel,
        presence: Presence,
        users: Mapping[int, list[Subscriber]],
        topics: Mapping[int, Topic],
    ) -> None:
        self._wheel = wheel
        self._presence = presence
        self._users = users
        self._topics = topics
        self._pausing: dict[int, AccountChanged | None] = {}
        """Accounts whose last change was published a moment ago, with the change that has come since."""
        self._received: dict[int, int] = {}
        """The time (ms) of the last change that was received, by account."""
        wheel.every_second(self._tick)

    def knows(self, user: int, at: int) -> bool:
        """Whether a change of this account with this time, or a later one, was received."""
        return self._received.get(user, 0) >= at

    def on_note(self, changed: AccountChanged) -> None:
        """A change from the bus; from another server it may be late, doubled or out of order."""
        if changed.shown is None or self.knows(changed.user, changed.at):
            return
        self._received[changed.user] = changed.at
        if changed.user in self._pausing:
            self._pausing[changed.user] = changed
        else:
            self._publish(changed)

    def _publish(self, changed: AccountChanged) -> None:
        assert changed.shown is not None
        user = changed.user
        self._pausing[user] = None
        self._wheel.after(_PAUSE_SECONDS, lambda: self._paused(user))
        frame = Frame.of(UserEvent(self._presence.dress(changed.shown)))
        for receiver in self._audience(changed):
            receiver.send(frame)

    def _audience(self, changed: AccountChanged) -> set[Subscriber]:
        found = set(self._users.get(changed.user, ()))
        for room in changed.rooms:
            topic = self._topics.get(room)
            if topic is not None and not topic.is_large:
                found.update(topic.listeners)
        # A feed has messages only; a connection that is not greeted yet gets the profiles in its greeting.
        return {receiver for receiver in found if receiver.state.follows and not receiver.state.greeting}

    def _paused(self, user: int) -> None:
        changed = self._pausing.pop(user)
        if changed is not None:
            self._publish(changed)

    def _tick(self, second: int) -> None:
        if second % _FORGET_EVERY_SECONDS == 0:
            # The search for changes that were not announced goes back this far.
            oldest = now() - 2 * APART_MS
            self._received = {user: at for user, at in self._received.items() if at > oldest}
