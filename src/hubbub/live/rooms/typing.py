"""Typing indicators: shown for some seconds, until the user stops or sends; in large rooms only counted."""

from hubbub.chat.events import TypingEvent
from hubbub.live.sync.interest import Interest
from hubbub.live.sync.topic import Topic
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.timer_wheel import TimerWheel

_SECONDS = 6


class Typing:
    def __init__(self, wheel: TimerWheel, interest: Interest) -> None:
        self._wheel = wheel
        self._interest = interest
        self._second = 0
        wheel.every_second(self._tick)

    def began(self, topic: Topic, user: int) -> None:
        if topic.is_large:
            self._keep(topic, user)
            return
        until = None if topic.typing is None else topic.typing.get(user)
        if until is None:
            self._publish(topic, user, True)
        elif until - self._second <= _SECONDS // 2:
            # Told again half-way, as another server would take it away by itself.
            self._interest.publish_to_others(TypingEvent(topic.room, user, True))
        self._keep(topic, user)

    def stopped(self, topic: Topic, user: int) -> None:
        if topic.typing is not None and topic.typing.pop(user, None) is not None:
            self._publish(topic, user, False)

    def on_note(self, topic: Topic, event: TypingEvent) -> None:
        """A user on another server types, or stopped."""
        if topic.is_large:
            return
        known = topic.typing is not None and topic.typing.pop(event.user, None) is not None
        if event.on:
            self._keep(topic, event.user)
        if known != event.on:
            topic.publish_ephemeral(Frame.of(event), excluding=event.user)

    def _keep(self, topic: Topic, user: int) -> None:
        if topic.typing is None:
            topic.typing = {}
        topic.typing[user] = self._second + _SECONDS
        self._wheel.after(_SECONDS, lambda: self._expire(topic, user))

    def _expire(self, topic: Topic, user: int) -> None:
        if topic.typing is not None and topic.typing.get(user, self._second + 1) <= self._second:
            self.stopped(topic, user)

    def _publish(self, topic: Topic, user: int, on: bool) -> None:
        if topic.is_large:
            return
        event = TypingEvent(topic.room, user, on)
        topic.publish_ephemeral(Frame.of(event), excluding=user)
        self._interest.publish_to_others(event)

    def _tick(self, second: int) -> None:
        self._second = second
