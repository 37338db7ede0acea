"""A connection that is not authenticated yet."""

from hubbub.chat.clock import now
from hubbub.chat.tokens import Claim
from hubbub.surfaces.feeds.paths import FeedRequest


class PendingConnection:
    """The state of a connection until it is authenticated.

    The handshake gave a `claim`, or a `ticket` for one, or neither. `checking`: authentication is under way. `queue`:
    frames that arrived before the connection was greeted.
    """

    __slots__ = ("address", "at", "checking", "claim", "feed", "id", "queue", "ticket")

    def __init__(self, connection: str, address: str) -> None:
        self.id = connection
        self.address = address
        self.at = now()
        self.claim: Claim | None = None
        self.ticket: str | None = None
        self.feed: FeedRequest | None = None
        self.checking = False
        self.queue: list[str] = []

    @property
    def is_known(self) -> bool:
        """Whether the handshake carried credentials."""
        return self.claim is not None or self.ticket is not None
