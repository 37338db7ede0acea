"""Interest: which streams have subscribers on this server, for whatever brings the changes of other servers."""

from typing import Protocol

from hubbub.chat.events import Event


class Following(Protocol):
    """Interest in one kind of numbered stream: rooms by `version`, or user streams (by user) by `position`."""

    def began(self, stream: int, number: int) -> None:
        """The stream has a subscriber, which gets what follows this number."""

    def known(self, stream: int, number: int) -> None:
        """The stream has reached this number, at least."""

    def ended(self, stream: int) -> None:
        """The stream has no subscriber any more."""


class Interest(Following, Protocol):
    """Interest in rooms."""

    others: bool
    """Whether there are other servers."""

    def published_version(self, room: int) -> int:
        """The version after which everything is published to the room's subscribers; 0 without any."""

    def publish_to_others(self, event: Event) -> None:
        """Publish to the other servers an ephemeral event that was published here."""


class NoInterest:
    """A single server receives every event, in order."""

    others = False

    def began(self, stream: int, number: int) -> None:
        """Nothing to do: it receives everything."""

    def known(self, stream: int, number: int) -> None:
        """Nothing to do: it receives everything in order."""

    def published_version(self, room: int) -> int:
        """Zero: it receives everything, with or without subscribers."""
        return 0

    def ended(self, stream: int) -> None:
        """Nothing to do: it receives everything."""

    def publish_to_others(self, event: Event) -> None:
        """There are none."""
