"""Avatars: a colour such as #3366cc, or an image uploaded to this server.

Images on other hosts are not allowed, as loading them would reveal to that host who reads, when and from where.
"""

import re

from hubbub.errors import InvalidInput

PICTURES = "/api/avatars/"
"""Where uploaded avatars are served, by digest."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_SHOWN = re.compile(rf"#[0-9A-Fa-f]{{6}}|{PICTURES}[0-9a-f]{{32}}")


def checked_avatar(avatar: str | None) -> str | None:
    """A colour in the form in which it is stored. Images are uploaded instead. Raises InvalidInput."""
    if avatar is None:
        return None
    if _COLOUR.fullmatch(avatar) is None:
        raise InvalidInput(
            "must be a colour such as #3366cc; upload a picture with PUT /api/users/me/avatar", "avatar", "bad_format"
        )
    return avatar.lower()


def shown_avatar(avatar: str | None) -> str | None:
    """The avatar as it is published. Addresses on other hosts, which older versions stored, are left out."""
    return avatar if avatar is not None and _SHOWN.fullmatch(avatar) else None
