"""Where nobody need be slowed down."""


class NoThrottle:
    """Nothing is slowed down: rate limits are switched off, or who asks is in the same process."""

    def registering(self, address: str) -> None:
        """Fine."""

    async def signing_in(self, name: str, address: str) -> None:
        """Fine."""

    def failed(self, name: str, address: str) -> None:
        """Fine."""

    def succeeded(self, name: str, address: str) -> None:
        """Fine."""
