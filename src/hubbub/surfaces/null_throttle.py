"""A login throttle that never delays or refuses."""


class _NotCounted:
    def give_back(self) -> None:
        """Nothing was counted, so there is nothing to give back."""


class NullThrottle:
    """`hubbub.chat.credentials.Throttle` for a server without rate limits, and for `ChatServer`."""

    def registering(self, address: str) -> None:
        """Never refuses."""

    async def attempt(self, name: str, address: str, known: bool, device: str | None = None) -> _NotCounted:
        return _NotCounted()

    async def confirming(self, name: str, session: int) -> _NotCounted:
        return _NotCounted()
