"""Masking of secrets in URLs, for logs, errors and everything printed."""

import re

# `user:password@`: up to the last @ before a space, comma or quote, as passwords may contain @ and /.
_PASSWORD = re.compile(r"(://[^:/@,\s'\"]*:)[^,\s'\"]*@")
# NATS accepts `token@` in place of a user (docs.nats.io, "Connecting with a Token in the URL").
_TOKEN = re.compile(r"(\b(?:nats|tls|ws|wss)://)[^:/@,\s'\"]+@")
# URLs without their scheme.
_BARE = re.compile(r"((?:^|[\s'\"])[\w.-]+:)[^\s,'\"/@]+@")
_PARAMETER = re.compile(r"([?&][^=&#\s]*(?:pass|pwd|secret|token|key|auth|jwt|seed|cred)[^=&#\s]*=)[^&#,\s'\"]*", re.I)

# The code of an invitation. Whoever revokes one names it by its id, which is no secret.
_INVITATION = re.compile(r"^((?:/[^/]+)*/api/invitations/)(?!\d{1,15}/?$).+", re.S)


def masked_path(path: str) -> str:
    """The path of a request, with *** for the code of an invitation."""
    return _INVITATION.sub(r"\1***", path) if "/api/invitations/" in path else path


def masked(text: str) -> str:
    """The text, with *** for passwords and tokens of URLs, in `user:password@` and in `?password=…`."""
    if "@" not in text and "=" not in text:
        return text
    text = _BARE.sub(r"\1***@", text)
    return _PARAMETER.sub(r"\1***", _TOKEN.sub(r"\1***@", _PASSWORD.sub(r"\1***@", text)))
