"""Who may register on this server, by its settings; and the token for the first account, printed once."""

from ipaddress import ip_address

from hubbub.chat.credentials import Registration
from hubbub.chat.setup_tokens import AddSetupToken, digest_of, new_token
from hubbub.chat.transaction import Store
from hubbub.server.settings import Settings


def registration_of(settings: Settings) -> Registration:
    return Registration(
        settings.registration, settings.invitations, _needs_setup_token(settings), settings.default_rooms
    )


async def setup_announcement(settings: Settings, store: Store) -> str | None:
    """What to print for the operator: the token for the first account, when there is no account and none was made
    before. Of several servers that share a database one gets it.

    It goes to standard output, not to the log, which is kept and read by others.
    """
    if not _needs_setup_token(settings):
        return None
    token = new_token()
    if not await store.write(AddSetupToken(digest_of(token))):
        return None
    return (
        f"There is no account yet. The first one becomes the administrator and needs this token: {token}\n"
        "It is shown this once. `hubbub admin create NAME` makes an administrator without it."
    )


def _needs_setup_token(settings: Settings) -> bool:
    if settings.first_administrator == "auto":
        return not all(_is_loopback(each.strip()) for each in settings.host.split(",") if each.strip())
    return settings.first_administrator == "token"


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address. A Unix socket is reached by what stands before it: a proxy."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
