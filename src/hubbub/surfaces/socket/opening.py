"""A connection before it is known whose it is."""

from hubbub.chat.clock import now
from hubbub.surfaces.feeds.paths import WantedFeed


class Opening:
    """How a connection began: its state until it is known whose it is. `queue` are frames that came meanwhile."""

    __slots__ = ("address", "at", "checking", "feed", "id", "queue", "session", "ticket")

    def __init__(self, connection: str, address: str) -> None:
        self.id = connection
        self.address = address
        self.at = now()
        self.session: int | None = None
        self.ticket: str | None = None
        self.feed: WantedFeed | None = None
        self.checking = False
        self.queue: list[str] = []
