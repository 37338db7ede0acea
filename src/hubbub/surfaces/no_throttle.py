"""Nobody who signs in is slowed down."""


class _NotCounted:
    def give_back(self) -> None:
        """Nothing was counted."""


class NoThrottle:
    """`hubbub.chat.credentials.Throttle` where rate limits are switched off, or who asks is in the same process."""

    def registering(self, address: str) -> None:
        """Fine."""

    async def attempt(self, name: str, address: str, known: bool, device: str | None = None) -> _NotCounted:
        return _NotCounted()

    async def confirming(self, name: str, session: int) -> _NotCounted:
        return _NotCounted()
