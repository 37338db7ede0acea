"""Counts words after the commit, so that no message waits for it, and shows the counts at a REST call."""

from collections import Counter

from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from hubbub.chat.changes import Changed
from hubbub.chat.records import RoomRecord
from hubbub.work.consumers.consumer import Consumer


class Count(Struct):
    word: str
    times: int


class WordCounter:
    """Forgets when the server stops. A real one returns a command from `_follow`, which is stored with the cursor."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def consumer(self) -> Consumer:
        return Consumer("example-words", self._follow)

    async def _follow(self, room: RoomRecord, changed: Changed) -> None:
        for message in changed.messages:
            self._counts.update(message.content.lower().split())

    def route(self) -> HTTPRouteHandler:
        @get("/words", summary="The most frequent words", sync_to_thread=False)
        def words() -> list[Count]:
            """At most ten, the most frequent first. Of all rooms: do not show it to everybody in a real plugin."""
            return [Count(word, times) for word, times in self._counts.most_common(10)]

        return words
