"""The web client's cookies: HttpOnly, SameSite=Lax (OWASP Session Management Cheat Sheet).

`hubbub_session` holds the session's token. `hubbub_device` identifies a browser at its next sign-in
(`hubbub.chat.device_tokens`). Over https their names begin with `__Host-`: browsers accept such a cookie only from this
host, over https and for all paths, so that no other host of the domain can set it (RFC 6265bis, section 4.1.3.2).
"""

from typing import Any, cast

from litestar.datastructures import Cookie

from hubbub.chat.credentials import SignedIn
from hubbub.chat.device_tokens import DEVICE_DAYS

NAME = "hubbub_session"
_DEVICE = "hubbub_device"
CLEARED = {"Clear-Site-Data": '"cache"'}
"""The header that goes with `clear_session`.

Not "storage", as drafts and settings stay; not "cookies", as they include those of other applications of the host and
the device cookie.
"""


def session_cookie(header: str | None, secure: bool) -> str | None:
    """The session's token in a Cookie header, or None (RFC 6265, sections 4.2 and 5.4).

    Of several cookies of that name the first one counts: browsers order them by length of path, then by age.
    """
    return _value(header, _name(NAME, secure))


def device_cookie(header: str | None, secure: bool) -> str | None:
    """The device token in a Cookie header, or None."""
    return _value(header, _name(_DEVICE, secure))


def set_session(found: SignedIn, days: int, secure: bool) -> Cookie:
    return _cookie(NAME, found.token, days, secure)


def set_device(found: SignedIn, secure: bool) -> Cookie:
    """The device cookie, which outlives the session."""
    return _cookie(_DEVICE, found.device_token, DEVICE_DAYS, secure)


def clear_session(secure: bool) -> Cookie:
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
    # "Lax" as RFC 6265bis spells it, for clients that compare case-sensitively.
    same_site = cast(Any, "Lax")
    return Cookie(
        _name(name, secure), value=value, max_age=days * 86_400, httponly=True, samesite=same_site, secure=secure
    )
