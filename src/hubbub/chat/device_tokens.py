"""Device tokens: by them a browser shows, before it is signed in, that an account was signed in to from there.

A guesser has none, so what guessers do to the account is not counted for who has one (OWASP, "Slow Down Online Guessing
Attacks with Device Cookies"). It is no way in: the password is asked for all the same. A JWT as access tokens are, with
an `aud` of its own, so neither passes for the other (RFC 8725, section 3.12).
"""

from hashlib import sha256
from secrets import token_urlsafe

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.records import Account
from hubbub.chat.signed_claims import SignedClaims, user_of

DEVICE_DAYS = 400
"""Browsers keep no cookie for longer (RFC 6265bis, section 5.5)."""
_AUDIENCE = "hubbub:device"
_LONGEST = 1024


class Device(Struct, frozen=True):
    """What a good device token says: which browser, of which account, and which password it was signed in with."""

    id: str
    user: int
    password: str

    def is_of(self, account: Account | None) -> bool:
        """Whether the account is open and its password still the one of then."""
        return (
            account is not None and account.id == self.user and _password_mark(account.password_hash) == self.password
        )


class DeviceTokens:
    def __init__(self, keys: list[str]) -> None:
        """`keys`: as `Tokens` has them."""
        self._claims = SignedClaims(keys, _AUDIENCE, "jti", "pwd")

    def issue(self, user: int, password_hash: str | None, device: str | None = None) -> str:
        """A token for the browser that has just signed in; `device`: the id it had before."""
        now = clock.now() // 1000
        return self._claims.sign(
            sub=str(user),
            jti=device or token_urlsafe(16),
            pwd=_password_mark(password_hash),
            iat=now,
            exp=now + DEVICE_DAYS * 86_400,
        )

    def read(self, token: str | None) -> Device | None:
        """What the token says; None when it is forged, has expired, or is something else."""
        if token is None or len(token) > _LONGEST:
            return None
        for claims in self._claims.verified(token):
            device, user, password = claims["jti"], claims["sub"], claims["pwd"]
            if type(device) is str and type(password) is str and (number := user_of(user)) is not None:
                return Device(device, number, password)
        return None


def _password_mark(password_hash: str | None) -> str:
    """Differs for each password: a digest of its hash, whose salt nobody who holds the token knows."""
    return sha256(f"device {password_hash}".encode()).hexdigest()[:32]
