"""JWTs (RFC 7519) signed with HS256, for one audience.

As RFC 8725 recommends, the algorithm is fixed and not read from the token, the registered claims are required, and each
kind of token has an `aud` of its own, so that none is accepted for another (sections 3.1 and 3.12).
"""

from collections.abc import Iterator
from typing import Any

from hubbub.chat.shapes import LARGEST_ID

_ALGORITHM = "HS256"
_ISSUER = "hubbub"


class SignedClaims:
    def __init__(self, keys: list[str], audience: str, *required: str) -> None:
        """`keys`: the first signs, all verify. `required`: claims besides `iss`, `aud`, `exp` and `sub`."""
        # Imported lazily: it takes two thirds of the time that importing `hubbub` otherwise takes.
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import OctKey

        self._jwt: Any = jwt
        self._audience = audience
        self._wrong = (JoseError, ValueError, TypeError, OverflowError)
        self._keys = [OctKey.import_key(key) for key in keys]
        rules: dict[str, Any] = {name: {"essential": True} for name in ("exp", "sub", *required)}
        rules["iss"] = {"essential": True, "value": _ISSUER}
        rules["aud"] = {"essential": True, "value": audience}
        self._rules = jwt.JWTClaimsRegistry(**rules)

    def sign(self, **claims: object) -> str:
        """A token with these claims, `iss` and `aud`."""
        token: str = self._jwt.encode(
            {"alg": _ALGORITHM, "typ": "JWT"},
            {"iss": _ISSUER, "aud": self._audience, **claims},
            self._keys[0],
            algorithms=[_ALGORITHM],
        )
        return token

    def verified(self, token: str) -> Iterator[dict[str, Any]]:
        """The claims of a token, once for each key that verifies it; nothing for an invalid token."""
        for key in self._keys:
            try:
                claims: dict[str, Any] = self._jwt.decode(token, key, algorithms=[_ALGORITHM]).claims
                self._rules.validate(claims)
            except self._wrong:
                continue
            yield claims


def user_of(subject: object) -> int | None:
    """The user's id in a `sub` claim, or None."""
    if not (isinstance(subject, str) and subject.isascii() and subject.isdecimal() and len(subject) <= 19):
        return None
    user = int(subject)
    return user if 0 < user <= LARGEST_ID else None
