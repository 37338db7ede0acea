"""Operations with a password: registration, sign-in, change of password, closing an account."""

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from hubbub.chat import accounts, invitations, password_changes, setup_tokens
from hubbub.chat.default_rooms import DefaultRooms
from hubbub.chat.device_tokens import Device, DeviceTokens
from hubbub.chat.limits import Limits
from hubbub.chat.passwords import Hasher, fit
from hubbub.chat.permissions import WhoInvites
from hubbub.chat.records import Account, InvitationRecord, SessionRecord
from hubbub.chat.sessions import StartSession
from hubbub.chat.shapes import User
from hubbub.chat.text import folded
from hubbub.chat.tokens import Claim, Tokens
from hubbub.chat.transaction import Store
from hubbub.chat.usernames import username as checked_username
from hubbub.errors import Conflict, NotAllowed, NotAuthenticated, Unavailable, checking

_WRONG = "The user name or the password is wrong."

Newcomers = Literal["open", "invitation", "closed", "first"]
"""Who may register: anybody, whoever has an invitation, nobody, or the first user, who becomes the administrator."""


class Registration(Struct, frozen=True):
    """The rules for new accounts. `setup_token`: the first one needs the token that was printed."""

    who: Literal["open", "invitation", "closed"] = "open"
    who_invites: WhoInvites = "members"
    setup_token: bool = False
    default_rooms: list[str] = []
    """Names of public rooms that new accounts join."""


class Attempt(Protocol):
    """An attempt that has been counted."""

    def give_back(self) -> None:
        """The password was right: subtract the attempt again."""


class Throttle(Protocol):
    """Delays and limits attempts. Raises RateLimited."""

    def registering(self, address: str) -> None: ...
    async def attempt(self, name: str, address: str, known: bool, device: str | None = None) -> Attempt:
        """Count an attempt to sign in, and sleep for its delay.

        `known`: the account has been signed in to from this address before. `device`: the id of a browser that it has
        been signed in to from.
        """

    async def confirming(self, name: str, session: int) -> Attempt:
        """Count an attempt of a signed-in user to confirm their password."""


class SignedIn(Struct):
    """A new session with its token and user."""

    token: str
    user: User
    session: int
    expires_at: int
    device_token: str
    """Identifies the browser at its next sign-in (`hubbub.chat.device_tokens`)."""


class Credentials:
    def __init__(
        self,
        store: Store,
        hasher: Hasher,
        tokens: Tokens,
        devices: DeviceTokens,
        limits: Limits,
        throttle: Throttle,
        registration: Registration,
        session_days: int,
        log: Callable[..., object] = lambda event, **fields: None,
        authenticate: Callable[[str, str, str], Awaitable[bool | None]] | None = None,
    ) -> None:
        """`log` is called for security events, with the event, the user's id and the address.

        `authenticate` is asked at a sign-in, with name, password and address, whether the password is right; None: the
        stored hash decides. It may register the account.
        """
        self._authenticate = authenticate
        self._log = log
        self._store = store
        self._hasher = hasher
        self._tokens = tokens
        self._devices = devices
        self._limits = limits
        self._throttle = throttle
        self.registration = registration
        self._session_days = session_days
        self._inhabited = False

    async def register(
        self,
        username: str,
        password: str,
        display_name: str | None,
        address: str,
        invitation: str | None = None,
        setup_token: str | None = None,
        in_default_rooms: bool = True,
    ) -> Account:
        """Create an account. The first one becomes the administrator, even where registration is not open.

        `invitation`: the code of one. `setup_token`: the first account may need it. `in_default_rooms`: it joins them.

        Raises:
            InvalidInput: a name or password that is not allowed.
            Conflict: the name is taken, or looks like one that is.
            NotAllowed: registration is closed, or needs an invitation or a token that is missing or wrong.
            RateLimited: too many accounts from this address.
        """
        with checking() as check:
            name = check(checked_username, username, self._limits.username_length)
            display = name if display_name is None else check(accounts.checked_display_name, display_name)
            check(fit, password, self._limits)
        rules = self.registration
        only_first = rules.who == "closed" or (rules.who == "invitation" and invitation is None)
        if only_first and await self._store.read(accounts.AnyAccount()):
            raise self._refusal()
        self._throttle.registering(address)
        # Before the password is hashed, which costs more.
        known = None if invitation is None or only_first else await self._invitation(invitation)
        names = rules.default_rooms if in_default_rooms else []
        admission = accounts.Admission(
            only_first,
            rules.setup_token,
            None if setup_token is None else setup_tokens.digest_of(setup_token),
            known,
            rules.who_invites,
            self._limits,
            await self._store.read(DefaultRooms(names)) if names else [],
            names,
        )
        hashed = await self._hasher.make(password, address, (name, display))
        try:
            return await self._store.write(accounts.AddAccount(name, display, hashed, admission=admission))
        except Conflict:
            if only_first and await self._store.read(accounts.AnyAccount()):
                raise self._refusal() from None
            raise

    async def _invitation(self, code: str) -> InvitationRecord:
        digest = invitations.digest_of(code)
        found = await self._store.read(invitations.InvitationOf(digest, self.registration.who_invites))
        if found is None:
            raise invitations.ended()
        return found

    def _refusal(self) -> NotAllowed:
        if self.registration.who == "invitation":
            return NotAllowed(
                "This server takes new accounts by invitation only. Ask somebody there for a link.",
                reason="invitation_required",
            )
        return NotAllowed(
            "This server is closed to new accounts. Ask its administrator for one.", reason="registration_closed"
        )

    async def newcomers(self) -> Newcomers:
        """Who may register."""
        if not self._inhabited and not await self._store.read(accounts.AnyAccount()):
            return "first"
        self._inhabited = True
        return self.registration.who

    async def sign_in(
        self,
        username: str,
        password: str,
        device: str,
        address: str,
        replacing: Claim | None = None,
        browser: Device | None = None,
    ) -> SignedIn:
        """Open a session. An unknown name and a wrong password get the same answer after the same work.

        `replacing`: the session of the same browser that the new one replaces. `browser`: the content of its device
        token; if it belongs to this account, attempts of others do not delay it.

        Raises:
            NotAuthenticated: the name or the password is wrong.
            RateLimited: too many failures.
            NotAllowed: a plugin refuses the sign-in.
            Unavailable: too many hashes are waiting.
        """
        # Phone keyboards add a space after an autocompleted word.
        username = username.strip()[:100]
        name = folded(username)[:100]
        account, known = await self._store.read(accounts.SigningIn(username, address))
        trusted = browser.id if browser is not None and browser.is_of(account) else None
        attempt = await self._throttle.attempt(name, address, known, trusted)
        # The key of fair scheduling: guesses from one network delay only each other.
        asker = address if trusted is None else f"device {trusted}"
        try:
            stored = None if account is None else account.password_hash
            right = None if self._authenticate is None else await self._authenticate(username, password, address)
            fresh = None
            if right is None:
                right, fresh = await self._hasher.check(password, stored, asker)
            elif right and account is None:
                account, _ = await self._store.read(accounts.SigningIn(username, address))
        except Unavailable:
            attempt.give_back()
            raise
        if not right or account is None:
            # Without the name as it was typed: people type passwords there by mistake.
            self._log("sign_in_refused", user=None if account is None else account.id, address=address)
            raise NotAuthenticated(_WRONG, reason="wrong_credentials")
        attempt.give_back()
        hashed = account.password_hash
        if fresh is not None:
            hashed = await self._upgrade(account, fresh, password, asker)
        session = await self._store.write(
            StartSession(
                account.id, hashed, device, address, self._session_days, self._limits.max_sessions_per_user, replacing
            )
        )
        self._log("signed_in", user=account.id, session=session.id, address=address)
        return self._signed_in(session, account, hashed, trusted)

    async def _upgrade(self, account: Account, fresh: str, password: str, address: str) -> str | None:
        """Store a stronger hash of the password, which has been verified; returns the hash that is stored.

        Another sign-in may have done so meanwhile. Raises NotAuthenticated if the password was changed meanwhile.
        """
        try:
            await self._store.write(password_changes.SetPassword(account.id, fresh, replacing=account.password_hash))
        except Conflict:
            stored = (await self._store.read(accounts.AccountOf(account.id))).password_hash
            right, _ = await self._hasher.check(password, stored, address)
            if not right:
                raise NotAuthenticated(_WRONG, reason="wrong_credentials") from None
            return stored
        return fresh

    async def change_password(self, user: int, session: int, current: str, new: str, address: str) -> SignedIn:
        """Replace the password and end every session; returns the caller's new one.

        Raises:
            NotAllowed: the current password is wrong.
            InvalidInput: the new one is not allowed.
        """
        fit(new, self._limits, "new")
        account = await self._confirm(user, session, current, address)
        hashed = await self._hasher.make(new, address, (account.username, account.display_name), "new")
        change = password_changes.ChangePassword(
            user, hashed, account.password_hash, session, address, self._session_days
        )
        try:
            fresh = await self._store.write(change)
        except Conflict:
            # A sign-in may have upgraded the hash of the same password meanwhile.
            account = await self._confirm(user, session, current, address)
            fresh = await self._store.write(replace(change, replacing=account.password_hash))
        self._log("password_changed", user=user, session=fresh.id, address=address)
        return self._signed_in(fresh, account, hashed)

    async def close_account(self, user: int, session: int, password: str, address: str) -> None:
        """Delete the caller's own account. Raises NotAllowed if the password is wrong."""
        await self._confirm(user, session, password, address)
        await self._store.write(accounts.CloseAccount(user, self._limits))
        self._log("account_closed", user=user, session=session, address=address)

    async def _confirm(self, user: int, session: int, password: str, address: str) -> Account:
        account = await self._store.read(accounts.AccountOf(user))
        # Counted per session, so that others cannot exhaust the user's attempts.
        attempt = await self._throttle.confirming(account.key, session)
        try:
            right, _ = await self._hasher.check(password, account.password_hash, address)
        except Unavailable:
            attempt.give_back()
            raise
        if not right:
            self._log("password_refused", user=user, session=session, address=address)
            raise NotAllowed("The password is wrong.", reason="wrong_password")
        attempt.give_back()
        return account

    def _signed_in(
        self, session: SessionRecord, account: Account, password_hash: str | None, device: str | None = None
    ) -> SignedIn:
        return SignedIn(
            self._tokens.issue(Claim(session.id, session.user, session.expires_at)),
            account.user(),
            session.id,
            session.expires_at,
            self._devices.issue(account.id, password_hash, device),
        )
