"""A connection before it is known whose it is."""

from hubbub.chat.clock import now
from hubbub.chat.tokens import Claim
from hubbub.surfaces.feeds.paths import FeedRequest


class PendingConnection:
    """How a connection began: its state until it is known whose it is.

    `claim`, or a `ticket` for one, came with the handshake; `checking`: one is being looked at. `queue` are frames that
    came before the greeting.
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
        """Whether the handshake said whose it is."""
        return self.claim is not None or self.ticket is not None
