"""Who wants to know what is listened to here: on several servers, whoever brings the others' changes."""

from typing import Protocol

from hubbub.chat.events import Event


class Following(Protocol):
    """Of one kind of numbered streams: rooms by `version`, or inboxes (by user) by `position`."""

    def began(self, stream: int, number: int) -> None:
        """Somebody listens to the stream now, who is told what comes after this number."""

    def known(self, stream: int, number: int) -> None:
        """The stream has come to this number, at least."""

    def ended(self, stream: int) -> None:
        """Nobody listens to it any more."""


class Interest(Following, Protocol):
    """In rooms."""

    others: bool
    """Whether there are other servers."""

    def told(self, room: int) -> int:
        """The version after which everything is told to who listens to the room; 0 when nobody does."""

    def tell_others(self, event: Event) -> None:
        """Something that is not kept, and was told here, is to be told by the other servers too."""


class NoInterest:
    """There is one server."""

    others = False

    def began(self, stream: int, number: int) -> None:
        """It hears everything."""

    def known(self, stream: int, number: int) -> None:
        """It hears everything in order."""

    def told(self, room: int) -> int:
        """It hears everything, whoever listens."""
        return 0

    def ended(self, stream: int) -> None:
        """It hears everything."""

    def tell_others(self, event: Event) -> None:
        """There are none."""
