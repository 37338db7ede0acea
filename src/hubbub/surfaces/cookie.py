"""The web client's cookies: HttpOnly, SameSite=Lax (OWASP Session Management Cheat Sheet).

One holds the session, the other shows at the next sign-in that the browser is known (`hubbub.chat.device_tokens`). Over
https their names begin with `__Host-`: browsers take such a cookie only from this very host, over https, for all paths,
so no other host of the domain can put one in its place (RFC 6265bis, section 4.1.3.2).
"""

from typing import Any, cast

from litestar.datastructures import Cookie

from hubbub.chat.credentials import SignedIn
from hubbub.chat.device_tokens import DEVICE_DAYS

NAME = "hubbub_session"
_DEVICE = "hubbub_device"
CLEARED = {"Clear-Site-Data": '"cache"'}
"""What an answer that ends the browser's session says beside `no_session`.

Not "storage", as drafts and settings stay; not "cookies", as other applications of the host may have some, and the
browser is known at the next sign-in.
"""


def session_cookie(header: str | None, secure: bool) -> str | None:
    """The token in a Cookie header, if there is one, whatever else is in it (RFC 6265, sections 4.2 and 5.4).

    Of several cookies of the name the first counts: browsers send the one of the longest path, then the oldest, first.
    """
    return _value(header, _name(NAME, secure))


def device_cookie(header: str | None, secure: bool) -> str | None:
    """The device token in a Cookie header, if there is one."""
    return _value(header, _name(_DEVICE, secure))


def session(found: SignedIn, days: int, secure: bool) -> Cookie:
    """Keeps the session in the browser."""
    return _cookie(NAME, found.token, days, secure)


def device(found: SignedIn, secure: bool) -> Cookie:
    """Makes the browser known at its next sign-in, when the session is long over."""
    return _cookie(_DEVICE, found.device_token, DEVICE_DAYS, secure)


def no_session(secure: bool) -> Cookie:
    """Takes the session's cookie away."""
    return _cookie(NAME, "", 0, secure)


def _name(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _value(header: str | None, name: str) -> str | None:
    for pair in (header or "").split(";"):
        key, equals, value = pair.partition("=")
        if equals and key.strip(" \t") == name and (token := value.strip(" \t").strip('"')):
            return token
    return None


def _cookie(name: str, value: str, days: int, secure: bool) -> Cookie:
    # "Lax" as the standard spells it: a client that compares letter by letter finds it.
    same_site = cast(Any, "Lax")
    return Cookie(
        _name(name, secure), value=value, max_age=days * 86_400, httponly=True, samesite=same_site, secure=secure
    )
