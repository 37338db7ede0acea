"""The web client's session cookie: HttpOnly, SameSite=Lax (OWASP Session Management Cheat Sheet)."""

from http.cookies import CookieError, SimpleCookie

NAME = "hubbub_session"


def session_cookie(header: str | None) -> str | None:
    """The token in a Cookie header, if there is one."""
    if not header:
        return None
    try:
        morsel = SimpleCookie(header).get(NAME)
    except CookieError:
        return None
    return morsel.value if morsel is not None else None


def set_cookie(token: str, days: int, secure: bool) -> str:
    """The Set-Cookie header that keeps the token in the browser; an empty token removes it."""
    seconds = days * 86_400 if token else 0
    flags = "; Secure" if secure else ""
    return f"{NAME}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{flags}"
