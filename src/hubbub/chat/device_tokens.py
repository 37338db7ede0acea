"""Device tokens: they show, before sign-in, that an account has been used in this browser.

Attempts of other clients are not counted for a browser with one (OWASP, "Slow Down Online Guessing Attacks with Device
Cookies"). A device token does not replace the password. It is a JWT like access tokens, with an `aud` of its own, so
that neither is accepted for the other (RFC 8725, section 3.12).
"""

from hashlib import sha256
from secrets import token_urlsafe

from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.records import Account
from hubbub.chat.signed_claims import SignedClaims, user_of

DEVICE_DAYS = 400
"""The longest lifetime of a cookie in browsers (RFC 6265bis, section 5.5)."""
_AUDIENCE = "hubbub:device"
_LONGEST = 1024


class Device(Struct, frozen=True):
    """A valid device token: the browser's id, the account, and a digest of the password's hash at that time."""

    id: str
    user: int
    password: str

    def is_of(self, account: Account | None) -> bool:
        """Whether it belongs to the account and the password is still the same."""
        return (
            account is not None and account.id == self.user and _password_mark(account.password_hash) == self.password
        )


class DeviceTokens:
    def __init__(self, keys: list[str]) -> None:
        """`keys`: as those of `Tokens`."""
        self._claims = SignedClaims(keys, _AUDIENCE, "jti", "pwd")

    def issue(self, user: int, password_hash: str | None, device: str | None = None) -> str:
        """A token for a browser that has just signed in. `device`: the id it had before, if any."""
        now = clock.now() // 1000
        return self._claims.sign(
            sub=str(user),
            jti=device or token_urlsafe(16),
            pwd=_password_mark(password_hash),
            iat=now,
            exp=now + DEVICE_DAYS * 86_400,
        )

    def read(self, token: str | None) -> Device | None:
        """The device of a token; None if the token is invalid or has expired."""
        if token is None or len(token) > _LONGEST:
            return None
        for claims in self._claims.verified(token):
            device, user, password = claims["jti"], claims["sub"], claims["pwd"]
            if type(device) is str and type(password) is str and (number := user_of(user)) is not None:
                return Device(device, number, password)
        return None


def _password_mark(password_hash: str | None) -> str:
    """A digest that changes with the password: of its hash, whose salt the holder of the token does not know."""
    return sha256(f"device {password_hash}".encode()).hexdigest()[:32]
