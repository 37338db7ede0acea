"""Who wants to know which rooms are listened to here: on several servers, whoever brings the others' changes."""

from typing import Protocol

from hubbub.chat.events import Event


class Interest(Protocol):
    others: bool
    """Whether there are other servers."""

    def began(self, room: int) -> None:
        """Somebody listens to the room now."""

    def known(self, room: int, version: int) -> None:
        """Somebody who listens has been told everything up to this version."""

    def ended(self, room: int) -> None:
        """Nobody does any more."""

    def tell_others(self, event: Event) -> None:
        """Something that is not kept, and was told here, is to be told by the other servers too."""


class NoInterest:
    """There is one server."""

    others = False

    def began(self, room: int) -> None:
        """It hears everything."""

    def known(self, room: int, version: int) -> None:
        """It hears everything in order."""

    def ended(self, room: int) -> None:
        """It hears everything."""

    def tell_others(self, event: Event) -> None:
        """There are none."""
