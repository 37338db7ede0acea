"""CORS headers (WHATWG Fetch, section 3.3).

Origins in the settings may make requests with the user's cookie. With `*` in the settings, any origin may make requests
with a bearer token.
"""

from hubbub.surfaces.request_origin import Sharing

Headers = list[tuple[bytes, bytes]]

_EXPOSED = b"ETag, Link, Location, Retry-After, X-Request-Id"
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = b"Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID"
_SECONDS = b"7200"
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", _METHODS),
    (b"access-control-allow-headers", _REQUEST_HEADERS),
    (b"access-control-max-age", _SECONDS),
]
"""Headers of the answer to a preflight request, beside those of `cors_headers`."""


def cors_headers(origin: str, sharing: Sharing) -> Headers:
    """Headers of every answer to a page of this origin."""
    if sharing == "none":
        return []
    if sharing == "anyone":
        return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED)]
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _EXPOSED),
    ]
