"""What of a text may be shown: the secrets in the URLs of it are not. For logs, errors and everything printed."""

import re

# `user:password@`: up to the last @ before a blank, a comma or a quote, as people write passwords with @ and / in them.
_PASSWORD = re.compile(r"(://[^:/@,\s'\"]*:)[^,\s'\"]*@")
# NATS takes `token@` in the place of a user (docs.nats.io, "Connecting with a Token in the URL").
_TOKEN = re.compile(r"(\b(?:nats|tls|ws|wss)://)[^:/@,\s'\"]+@")
# The same where the scheme was forgotten.
_BARE = re.compile(r"((?:^|[\s'\"])[\w.-]+:)[^\s,'\"/@]+@")
_PARAMETER = re.compile(r"([?&][^=&#\s]*(?:pass|pwd|secret|token|key|auth|jwt|seed|cred)[^=&#\s]*=)[^&#,\s'\"]*", re.I)


def masked(text: str) -> str:
    """The text, with *** for passwords and tokens of URLs, in `user:password@` as in `?password=…`."""
    if "@" not in text and "=" not in text:
        return text
    text = _BARE.sub(r"\1***@", text)
    return _PARAMETER.sub(r"\1***", _TOKEN.sub(r"\1***@", _PASSWORD.sub(r"\1***@", text)))
