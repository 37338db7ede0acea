"""Authentication by tokens and tickets. A session that ends is refused at once."""

from collections import OrderedDict

from hubbub.chat import clock
from hubbub.chat.events import Event, SessionsEnded
from hubbub.chat.sessions import Identify, Identity, RedeemTicket, TouchSessions, session_ended
from hubbub.chat.tokens import Claim, Tokens
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError, NotAuthenticated

_REMEMBERED = 20_000
_NOTE_EVERY_MS = 60_000
_NOTE_AT_ONCE = 200


class Authenticator:
    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store = store
        self._tokens = tokens
        self._known: OrderedDict[int, Identity] = OrderedDict()
        self._over: OrderedDict[int, int] = OrderedDict()
        """Sessions known to have ended, each with the epoch that began at that event."""
        self._used: dict[int, int] = {}
        self._noted: dict[int, int] = {}
        # Incremented by events that make earlier reads stale: of one session, or with `_all_stale` of all.
        self._epoch = 0
        self._all_stale = 0

    def on_event(self, event: Event) -> None:
        """Handle a bus event: ended sessions are dropped from the cache at once, those of closed accounts included."""
        if isinstance(event, SessionsEnded):
            self._epoch += 1
            for session in event.sessions:
                self._forget(session)
                self._note_over(session)

    def forget(self) -> None:
        """Clear the cache, as changes on other servers may have been lost."""
        self._epoch += 1
        self._all_stale = self._epoch
        self._known.clear()

    def check(self, token: str) -> Claim:
        """The claim of a token, without checking whether its session is open. Raises NotAuthenticated."""
        return self._tokens.read(token, remember=False)

    def holder(self, token: str) -> Claim:
        """The claim of a token, unless its session is known to have ended. Raises NotAuthenticated."""
        claim = self._tokens.read(token)
        if self.is_over(claim):
            raise session_ended()
        return claim

    def is_over(self, claim: Claim) -> bool:
        """Whether the session is known to have ended: its requests are not counted for its user."""
        return claim.session in self._over

    def _note_over(self, session: int) -> None:
        self._over.pop(session, None)
        self._over[session] = self._epoch
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)

    async def admit(self, token: str) -> Identity:
        """The identity of a token. Raises NotAuthenticated."""
        return await self.confirm(self._tokens.read(token))

    async def confirm(self, claim: Claim) -> Identity:
        """The identity of a claim, if its session is open. Raises NotAuthenticated."""
        identity = await self.identify(claim.session)
        if identity.user != claim.user:
            raise session_ended()
        return identity

    async def identify(self, session: int) -> Identity:
        """The identity of an open session. It is current until the next await. Raises NotAuthenticated."""
        identity = self._known.get(session)
        while identity is None:
            epoch = self._epoch
            try:
                identity = await self._store.read(Identify(session))
            except NotAuthenticated:
                self._note_over(session)
                raise
            # Only an event of this session makes the read stale: otherwise frequent events of others would starve it.
            if max(self._all_stale, self._over.get(session, 0)) > epoch:
                identity = None
                continue
            self._known[session] = identity
            self._over.pop(session, None)
            if len(self._known) > _REMEMBERED:
                self._forget(next(iter(self._known)))
        if identity.expires_at <= clock.now():
            raise session_ended()
        self.used(session)
        return identity

    def used(self, session: int) -> None:
        """The session was used just now. It is stored at most once a minute."""
        at = clock.now()
        if at - self._noted.get(session, 0) > _NOTE_EVERY_MS:
            # Ordered by last use, and bounded like the identities.
            self._noted.pop(session, None)
            self._noted[session] = self._used[session] = at
            if len(self._noted) > _REMEMBERED:
                del self._noted[next(iter(self._noted))]

    async def redeem(self, ticket: str, use: str) -> Claim:
        """Redeem a one-time ticket for the claim of its session. Raises NotAuthenticated."""
        identity = await self._store.write(RedeemTicket(ticket, use))
        return Claim(identity.session, identity.user, identity.expires_at)

    def note_use(self) -> None:
        """Store when sessions were last used. Nothing waits for it, as losing some of it does no harm."""
        if self._used:
            # In batches: ten thousand at once would delay messages.
            some = {session: self._used.pop(session) for session in list(self._used)[:_NOTE_AT_ONCE]}
            self._store.submit(TouchSessions(some), _ignore)

    def _forget(self, session: int) -> None:
        self._known.pop(session, None)
        self._noted.pop(session, None)


def _ignore(result: HubbubError | None) -> None:
    """Failures are ignored: the next round stores it again."""
