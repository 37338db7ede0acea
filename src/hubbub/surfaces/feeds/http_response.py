"""A feed over HTTP: an answer that lasts. It ends with the client, the session, the permission or the server."""

import asyncio
from abc import ABC, abstractmethod

from litestar.types import Receive, Scope, Send

from hubbub.chat.clock import now
from hubbub.chat.sessions import Identity
from hubbub.live.wire.feed import Feed
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber
from hubbub.surfaces.feeds.source import Source
from hubbub.surfaces.feeds.subscription import FeedSubscription
from hubbub.surfaces.services import Services


class FeedResponse(Feed, ABC):
    """An ASGI application for one request; `talk` is what it says."""

    __slots__ = ("_address", "_caller", "services", "source")

    def __init__(self, services: Services, source: Source, caller: Identity, address: str) -> None:
        listener = FeedSubscription(caller.user, caller.session, lambda: self.close(1000))
        super().__init__(listener, services.bounds.waiting)
        self.services = services
        self.source = source
        self._caller = caller
        self._address = address

    @abstractmethod
    async def talk(self, send: Send) -> None:
        """Say all there is to say, from the first line to the last."""

    @abstractmethod
    def arrived(self, position: int, frame: Frame) -> None:
        """Something to pass on that has a position of its own."""

    @property
    def receiver(self) -> Subscriber:
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises RateLimited when the user or the address has too many connections open."""
        services, user = self.services, self._caller.user
        services.connection_limits.enter(user, self._address)
        services.feeds.add(self)
        services.hub.enter(self)
        watching = asyncio.ensure_future(self._watch(receive))
        try:
            await services.authenticator.identify(self._caller.session)  # it may have ended on the way here
            await self.talk(send)
        finally:
            watching.cancel()
            self.closing = True
            services.hub.leave(self)
            self.source.leave(self)
            services.feeds.discard(self)
            services.connection_limits.leave(user, self._address)
            # The listener refers back to this: so both go without waiting for the collector.
            self.state = None

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.close(1001)

    def beat(self) -> None:
        if self._caller.expires_at <= now():
            self.close(4401, "the session has expired")
