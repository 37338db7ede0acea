"""Sessions with an open socket count as used."""

from hubbub.chat.authenticator import Authenticator
from hubbub.live.rooms.hub import Hub

_EVERY_SECONDS = 3600


class OpenSessions:
    """Notes the use, each hour, on each server: retention, which any of them may carry out, goes by what is stored."""

    def __init__(self, authenticator: Authenticator, hub: Hub) -> None:
        self._authenticator = authenticator
        self._hub = hub

    def tick(self, second: int) -> None:
        if second % _EVERY_SECONDS == 1:
            for session in self._hub.sessions():
                self._authenticator.used(session)
