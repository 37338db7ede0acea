"""Each room's changes one by one, where several servers make them.

What another server changed comes over the bus: late, out of order, or not at all. A room's `version` grows by one with
each change, so a jump is seen; what comes after it is held back, and if what is missing has not come within a moment it
is fetched from the store. So nobody who listens here is told of a room's changes but in their order, once, and all of
them: those that were fetched as what they have become.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hubbub.chat.events import Event, RoomCommitted
from hubbub.chat.missed import Missed, MissedSince
from hubbub.errors import HubbubError

_MOMENT_SECONDS = 0.05
_log = structlog.get_logger("order")


class _Line:
    """How far a room has been told here."""

    __slots__ = ("busy", "expected", "head", "held")

    def __init__(self, head: int) -> None:
        self.head = head
        self.expected = head
        """A version that is known to exist."""
        self.held: dict[int, RoomCommitted] = {}
        self.busy = False


class Order:
    """Hears every change of a room and passes it on in its turn. Rooms that nobody listens to here are passed at once.

    `read` asks the store.
    """

    def __init__(
        self, passed: Callable[[RoomCommitted], None], read: Callable[[MissedSince], Awaitable[Missed]]
    ) -> None:
        self._passed = passed
        self._read = read
        self._lines: dict[int, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Who listens

    def began(self, room: int, version: int) -> None:
        """Somebody listens here, and is told what comes after this version."""
        self._lines[room] = _Line(version)

    def known(self, room: int, version: int) -> None:
        """The room has come to this version, at least."""
        if (line := self._lines.get(room)) is not None:
            self._expect(room, line, version)

    def told(self, room: int) -> int:
        """How far the room has been told; 0 when nobody listens here."""
        line = self._lines.get(room)
        return 0 if line is None else line.head

    def ended(self, room: int) -> None:
        """Nobody listens here any more."""
        self._lines.pop(room, None)

    def rooms(self) -> list[int]:
        return list(self._lines)

    # What happens

    def hear(self, event: Event) -> None:
        """What the bus brings."""
        if not isinstance(event, RoomCommitted):
            return
        line = self._lines.get(event.room)
        if line is None:
            self._passed(event)
        elif event.version > line.head + 1:
            line.held[event.version] = event
            self._expect(event.room, line, event.version)
        elif event.version == line.head + 1:
            line.head = event.version
            self._passed(event)
            self._let_go(line)

    def compare(self, heads: dict[int, int]) -> None:
        """What the store says how far rooms have come: what was missed is fetched."""
        for room, version in heads.items():
            self.known(room, version)

    def _let_go(self, line: _Line) -> None:
        while (following := line.held.pop(line.head + 1, None)) is not None:
            line.head += 1
            self._passed(following)

    def _expect(self, room: int, line: _Line, version: int) -> None:
        line.expected = max(line.expected, version)
        if line.expected > line.head and not line.busy:
            line.busy = True
            task = asyncio.get_running_loop().create_task(self._wait(room, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _wait(self, room: int, line: _Line) -> None:
        try:
            await asyncio.sleep(_MOMENT_SECONDS)
            while self._lines.get(room) is line and line.head < line.expected:
                before = line.head
                self._fill(line, await self._read(MissedSince(room, before)))
                if line.head == before:
                    break
        except HubbubError as error:
            # The next comparison finds it again.
            _log.warning("not_filled", room=room, error=str(error))
        except Exception:
            _log.exception("not_filled", room=room)
        finally:
            line.busy = False

    def _fill(self, line: _Line, missed: Missed) -> None:
        for change in missed.changes:
            # What is not told one by one has become part of what is.
            if change.version > line.head:
                line.head = change.version
                self._passed(change)
        if missed.state is not None and missed.version >= line.head:
            # What changed of the room itself is not among the changes; what was passed meanwhile may be newer.
            self._passed(missed.state)
        line.head = max(line.head, missed.version)
        if not missed.has_more:
            line.expected = line.head if not line.held else max(line.head, *line.held)
        for version in [version for version in line.held if version <= line.head]:
            del line.held[version]
        self._let_go(line)
