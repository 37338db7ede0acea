"""A feed as an HTTP response that lasts until the client, the session, the permission or the server ends it."""

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
    """An ASGI application for one request. Subclasses send the response in `respond`."""

    __slots__ = ("_address", "_caller", "services", "source")

    def __init__(self, services: Services, source: Source, caller: Identity, address: str) -> None:
        subscription = FeedSubscription(caller.user, caller.session, lambda: self.close(1000))
        super().__init__(subscription, services.bounds.waiting)
        self.services = services
        self.source = source
        self._caller = caller
        self._address = address

    @abstractmethod
    async def respond(self, send: Send) -> None:
        """Send the whole response."""

    @abstractmethod
    def arrived(self, position: int, frame: Frame) -> None:
        """An event with its position, to be sent."""

    @property
    def receiver(self) -> Subscriber:
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises RateLimited if the user or the network has too many open connections."""
        services, user = self.services, self._caller.user
        services.connection_limits.enter(user, self._address)
        services.feeds.add(self)
        services.hub.enter(self)
        watcher = asyncio.ensure_future(self._watch_disconnect(receive))
        try:
            await services.authenticator.identify(self._caller.session)  # it may have ended since it was checked
            await self.respond(send)
        finally:
            watcher.cancel()
            self.closing = True
            services.hub.leave(self)
            self.source.leave(self)
            services.feeds.discard(self)
            services.connection_limits.leave(user, self._address)
            # Break the reference cycle, so that both are freed without the garbage collector.
            self.state = None

    async def _watch_disconnect(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.close(1001)

    def beat(self) -> None:
        if self._caller.expires_at <= now():
            self.close(4401, "the session has expired")
