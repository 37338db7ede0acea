"""Access tokens: JWT (RFC 7519) signed with HS256. They name a stored session (`sid`), so that revoking it works at
once.

The key file may hold several keys, one a line: the first signs, all verify, for key rotation.
"""

import hmac
from base64 import urlsafe_b64decode
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec import Struct

from hubbub.chat import clock
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.signed_claims import SignedClaims, user_of
from hubbub.errors import NotAuthenticated

_AUDIENCE = "hubbub:access"
_REMEMBERED = 4096


class Claim(Struct, frozen=True):
    """The content of a valid token: session, user, and expiry (ms)."""

    session: int
    user: int
    expires: int


class _Claims(Struct):
    """The payload as `issue` writes it (RFC 7519, section 4)."""

    iss: Literal["hubbub"]
    aud: Literal["hubbub:access"]
    sub: str
    sid: int
    exp: int


_claims = msgspec.json.Decoder(_Claims)


class Tokens:
    def __init__(self, keys: list[str]) -> None:
        self._claims = SignedClaims(keys, _AUDIENCE, "sid")
        self._secrets = [key.encode() for key in keys]
        self._head = self.issue(Claim(1, 1, 0)).partition(".")[0]
        # Cached, as verifying a signature costs more than sending a message.
        self._remembered = lru_cache(_REMEMBERED)(self._verify)

    def issue(self, claim: Claim) -> str:
        return self._claims.sign(
            sub=str(claim.user), sid=claim.session, iat=clock.now() // 1000, exp=claim.expires // 1000
        )

    def read(self, token: str, remember: bool = True) -> Claim:
        """The claim of a token, after its signature and claims have been verified. `remember`: keep the result in the
        cache.

        Raises:
            NotAuthenticated: the token is invalid or has expired.
        """
        claim = self._remembered(token) if remember else self._verify(token)
        if claim.expires <= clock.now():
            raise NotAuthenticated("The token has expired. Sign in again.", reason="session_ended")
        return claim

    def _verify(self, token: str) -> Claim:
        if len(token) > 2048:
            raise NotAuthenticated("The token is not valid. Sign in again.", reason="session_ended")
        if (claim := self._as_issued(token)) is not None:
            return claim
        for claims in self._claims.verified(token):
            session, user, expires = claims["sid"], user_of(claims["sub"]), claims["exp"]
            if type(session) is type(expires) is int and 0 < session <= LARGEST_ID and user is not None:
                return Claim(session, user, expires * 1000)
        raise NotAuthenticated("The token is not valid. Sign in again.", reason="session_ended")

    def _as_issued(self, token: str) -> Claim | None:
        """The claim of a valid token in the form that `issue` writes (RFC 7515, section 5.2, for HS256 alone), else
        None.

        The library takes five times as long, which is a fifth of all work when ten thousand clients reconnect at once.
        It verifies all other tokens.
        """
        signed, _, signature = token.rpartition(".")
        head, _, payload = signed.partition(".")
        if head != self._head or len(signature) != 43:
            return None
        try:
            given, content = urlsafe_b64decode(signature + "="), signed.encode("ascii")
            if not any(hmac.compare_digest(hmac.digest(key, content, "sha256"), given) for key in self._secrets):
                return None
            claims = _claims.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            session, user = claims.sid, int(claims.sub)
        except (ValueError, msgspec.DecodeError):
            return None
        if not (0 < session <= LARGEST_ID and 0 < user <= LARGEST_ID):
            return None
        return Claim(session, user, claims.exp * 1000)
