"""Who wants to know which rooms are listened to here: on several servers, whoever brings the others' changes."""

from typing import Protocol

from hubbub.chat.events import Event


class Interest(Protocol):
    others: bool
    """Whether there are other servers."""

    def began(self, room: int, version: int) -> None:
        """Somebody listens to the room now, who is told what comes after this version."""

    def known(self, room: int, version: int) -> None:
        """The room has come to this version, at least."""

    def told(self, room: int) -> int:
        """The version after which everything is told to who listens to the room; 0 when nobody does."""

    def ended(self, room: int) -> None:
        """Nobody does any more."""

    def tell_others(self, event: Event) -> None:
        """Something that is not kept, and was told here, is to be told by the other servers too."""


class NoInterest:
    """There is one server."""

    others = False

    def began(self, room: int, version: int) -> None:
        """It hears everything."""

    def known(self, room: int, version: int) -> None:
        """It hears everything in order."""

    def told(self, room: int) -> int:
        """It hears everything, whoever listens."""
        return 0

    def ended(self, room: int) -> None:
        """It hears everything."""

    def tell_others(self, event: Event) -> None:
        """There are none."""
