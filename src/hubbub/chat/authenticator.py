"""Who is asking: tokens and tickets turned into identities, refused the moment their session ends."""

from collections import OrderedDict

from hubbub.chat import clock
from hubbub.chat.events import Event, SessionsEnded
from hubbub.chat.ledger import Store
from hubbub.chat.sessions import Identify, Identity, RedeemTicket, TouchSessions, session_ended
from hubbub.chat.tokens import Claim, Tokens
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
        """Sessions that are known to have ended, each with the epoch that began when it was heard."""
        self._used: dict[int, int] = {}
        self._noted: dict[int, int] = {}
        # Counts what makes answers stale that were read before it: for one session, or with `_all_stale` for all.
        self._epoch = 0
        self._all_stale = 0

    def on_event(self, event: Event) -> None:
        """What the bus brings: ended sessions are forgotten at once. Those of an account that is closed end, too."""
        if isinstance(event, SessionsEnded):
            self._epoch += 1
            for session in event.sessions:
                self._forget(session)
                self._note_over(session)

    def forget(self) -> None:
        """Ask the store again whose sessions these are: what changed elsewhere may not have been told here."""
        self._epoch += 1
        self._all_stale = self._epoch
        self._known.clear()

    def check(self, token: str) -> Claim:
        """What a token says, without asking whether its session is still open. Raises NotAuthenticated."""
        return self._tokens.read(token, remember=False)

    def holder(self, token: str) -> Claim:
        """What a token says, unless its session is known to have ended. Raises NotAuthenticated."""
        claim = self._tokens.read(token)
        if self.is_over(claim):
            raise session_ended()
        return claim

    def is_over(self, claim: Claim) -> bool:
        """Whether the session is known to have ended: what it asks for is not counted for its user."""
        return claim.session in self._over

    def _note_over(self, session: int) -> None:
        self._over.pop(session, None)
        self._over[session] = self._epoch
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)

    async def admit(self, token: str) -> Identity:
        """Whose valid token this is. Raises NotAuthenticated."""
        return await self.confirm(self._tokens.read(token))

    async def confirm(self, claim: Claim) -> Identity:
        """Whether what a token says is so. Raises NotAuthenticated."""
        identity = await self.identify(claim.session)
        if identity.user != claim.user:
            raise session_ended()
        return identity

    async def identify(self, session: int) -> Identity:
        """Whose open session this is. Act upon it before waiting for anything else. Raises NotAuthenticated."""
        identity = self._known.get(session)
        while identity is None:
            epoch = self._epoch
            try:
                identity = await self._store.read(Identify(session))
            except NotAuthenticated:
                self._note_over(session)
                raise
            # What ends elsewhere meanwhile is no reason to ask again: or whoever changes much would keep others out.
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
        """A session was used just now: noted now and then."""
        at = clock.now()
        if at - self._noted.get(session, 0) > _NOTE_EVERY_MS:
            # The latest stands last, and there are no more of them than of identities.
            self._noted.pop(session, None)
            self._noted[session] = self._used[session] = at
            if len(self._noted) > _REMEMBERED:
                del self._noted[next(iter(self._noted))]

    async def redeem(self, ticket: str, use: str) -> Claim:
        """The session a one-time ticket stands for; the ticket is spent. Raises NotAuthenticated."""
        identity = await self._store.write(RedeemTicket(ticket, use))
        return Claim(identity.session, identity.user, identity.expires_at)

    def note_use(self) -> None:
        """Store when sessions were last used. Losing some of it harms nobody, so nothing waits for it."""
        if self._used:
            # Some at a time: ten thousand at once would hold up whoever sends a message meanwhile.
            some = {session: self._used.pop(session) for session in list(self._used)[:_NOTE_AT_ONCE]}
            self._store.submit(TouchSessions(some), _ignore)

    def _forget(self, session: int) -> None:
        self._known.pop(session, None)
        self._noted.pop(session, None)


def _ignore(result: HubbubError | None) -> None:
    """The next round notes it again."""
