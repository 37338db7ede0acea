"""What pages of other origins are told they may do (CORS, the Fetch standard, section 3.3).

With a bearer token: those in the settings, or any (`*`). With the visitor's cookie: those that are named.
"""

from hubbub.surfaces.request_origin import Sharing

Headers = list[tuple[bytes, bytes]]

_EXPOSED = b"ETag, Link, Location, Retry-After, X-Request-Id"
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_ASKED = b"Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID"
_SECONDS = b"7200"
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", _METHODS),
    (b"access-control-allow-headers", _ASKED),
    (b"access-control-max-age", _SECONDS),
]
"""What a browser that asks before it sends what a page wants is told besides."""


def shared(origin: str, sharing: Sharing) -> Headers:
    """What an answer to a page of this origin carries."""
    if sharing == "none":
        return []
    if sharing == "anyone":
        return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED)]
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _EXPOSED),
    ]
