"""The web client's session cookie: HttpOnly, SameSite=Lax (OWASP Session Management Cheat Sheet).

Over https its name begins with `__Host-`: browsers take such a cookie only from this very host, over https, for all
paths, so no other host of the domain can put one in its place (RFC 6265bis, section 4.1.3.2).
"""

NAME = "hubbub_session"


def name(secure: bool) -> str:
    return f"__Host-{NAME}" if secure else NAME


def session_cookie(header: str | None, secure: bool) -> str | None:
    """The token in a Cookie header, if there is one, whatever else is in it (RFC 6265, sections 4.2 and 5.4).

    Of several cookies of the name the first counts: browsers send the one of the longest path, then the oldest, first.
    """
    wanted = name(secure)
    for pair in (header or "").split(";"):
        key, equals, value = pair.partition("=")
        if equals and key.strip(" \t") == wanted and (token := value.strip(" \t").strip('"')):
            return token
    return None


def set_cookie(token: str, days: int, secure: bool) -> str:
    """The Set-Cookie header that keeps the token in the browser; an empty token removes it."""
    seconds = days * 86_400 if token else 0
    flags = "; Secure" if secure else ""
    return f"{name(secure)}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{flags}"


def signed_out(secure: bool) -> dict[str, str]:
    """The headers of an answer that ends the browser's session: no cookie, and nothing of it in the browser's cache.

    Not "storage", as drafts and settings stay; not "cookies", as other applications of the host may have some.
    """
    return {"Set-Cookie": set_cookie("", 0, secure), "Clear-Site-Data": '"cache"'}
