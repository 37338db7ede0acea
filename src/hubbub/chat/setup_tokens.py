"""The token with which the first account of a server is made, where not just anybody may be its administrator.

It is printed once, when the database is first used, and kept as a digest. It ends with the first account.
"""

import hmac
from hashlib import sha256
from secrets import token_urlsafe

from msgspec import Struct

from hubbub.chat.transaction import NOTHING, Outcome, Touches, Transaction
from hubbub.errors import NotAllowed


def new_token() -> str:
    """128 random bits, to be typed or pasted."""
    return token_urlsafe(16)


def digest_of(token: str) -> str:
    return sha256(token.strip()[:100].encode(errors="surrogatepass")).hexdigest()


class AddSetupToken(Struct, frozen=True):
    """Store a token for the first account; False if there is one already, or an account."""

    digest: str

    def touches(self) -> Touches:
        return NOTHING

    def decide(self, tx: Transaction) -> Outcome[bool]:
        return Outcome(not tx.accounts.any() and tx.setup_tokens.add(self.digest))


def require_token(tx: Transaction, digest: str | None) -> None:
    """Raise NotAllowed unless it is that of the stored token."""
    stored = tx.setup_tokens.digest()
    if digest is None:
        raise NotAllowed(
            "The first account needs the token that the server printed at its first start, as it becomes the "
            "administrator. `hubbub admin create` makes one without it.",
            reason="setup_token_required",
        )
    if stored is None or not hmac.compare_digest(stored, digest):
        raise NotAllowed(
            "The token is wrong: it is in the output of the server's first start.", reason="setup_token_wrong"
        )
