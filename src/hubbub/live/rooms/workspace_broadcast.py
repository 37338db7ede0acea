"""A changed workspace goes to all who are connected, each version once."""

from collections.abc import Mapping

from hubbub.chat.events import WorkspaceEvent
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.subscriber import Subscriber


class WorkspaceBroadcast:
    """`users`: who is connected here."""

    def __init__(self, users: Mapping[int, list[Subscriber]]) -> None:
        self._users = users
        self._version = 0

    def on_event(self, event: WorkspaceEvent) -> None:
        """A change from the bus, or one found in the store; it may be late, doubled or out of order."""
        if event.workspace.version <= self._version:
            return
        self._version = event.workspace.version
        frame = Frame.of(event)
        for receivers in self._users.values():
            for receiver in receivers:
                # A feed has messages only; who is not greeted yet asks once they are.
                if receiver.state.follows and not receiver.state.greeting:
                    receiver.send(frame)
