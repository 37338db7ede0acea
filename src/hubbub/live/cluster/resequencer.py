"""Restores the order of each stream's changes: of a room, or of a user's stream.

Changes of other servers arrive over the bus late, out of order, or never. A room's `version` and a stream's `position`
grow by one with each change, so a gap is seen. What follows a gap is held; what is still missing after a moment is read
from the store. So subscribers here get every change of a stream once and in order; those read from the store in their
present state.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic

import structlog

from hubbub.chat.missed import Change, Missed
from hubbub.errors import HubbubError

_MOMENT_SECONDS = 0.05
_log = structlog.get_logger("order")


class _Buffer(Generic[Change]):
    """How far a stream has been published here, and what is held.

    What is passed on may end the stream's last subscription, or begin a first one, which gets a buffer of its own:
    code that passes on several changes checks before each that the buffer is still the stream's.
    """

    __slots__ = ("busy", "expected", "head", "held")

    def __init__(self, head: int) -> None:
        self.head = head
        self.expected = head
        """A number that is known to exist."""
        self.held: dict[int, Change] = {}
        self.busy = False


class Resequencer(Generic[Change]):
    """Takes every change and passes it on in its turn; changes of streams without a subscriber here are passed on at
    once.

    `place`: the stream and number of a change. `read`: reads from the store what changed
    in a stream after a number.
    """

    def __init__(
        self,
        place: Callable[[Change], tuple[int, int]],
        passed: Callable[[Change], None],
        read: Callable[[int, int], Awaitable[Missed[Change]]],
    ) -> None:
        self._place = place
        self._passed = passed
        self._read = read
        self._lines: dict[int, _Buffer[Change]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Who listens

    def began(self, stream: int, number: int) -> None:
        """The stream has a subscriber here, which gets what follows this number."""
        self._lines[stream] = _Buffer(number)

    def known(self, stream: int, number: int) -> None:
        """The stream has reached this number, at least."""
        if (line := self._lines.get(stream)) is not None:
            self._expect(stream, line, number)

    def published_version(self, stream: int) -> int:
        """The number up to which the stream was published here; 0 without a subscriber."""
        line = self._lines.get(stream)
        return 0 if line is None else line.head

    def ended(self, stream: int) -> None:
        """The stream has no subscriber here any more."""
        self._lines.pop(stream, None)

    def streams(self) -> list[int]:
        """The streams with subscribers here."""
        return list(self._lines)

    # What happens

    def on_event(self, event: Change) -> None:
        """A change from the bus."""
        stream, number = self._place(event)
        line = self._lines.get(stream)
        if line is None:
            self._passed(event)
        elif number > line.head + 1:
            line.held[number] = event
            self._expect(stream, line, number)
        elif number == line.head + 1:
            line.head = number
            self._passed(event)
            self._let_go(stream, line)

    def compare(self, heads: dict[int, int]) -> None:
        """Compare with the numbers in the store; what was missed is read."""
        for stream, number in heads.items():
            self.known(stream, number)

    def _let_go(self, stream: int, line: _Buffer[Change]) -> None:
        while self._lines.get(stream) is line and (following := line.held.pop(line.head + 1, None)) is not None:
            line.head += 1
            self._passed(following)

    def _expect(self, stream: int, line: _Buffer[Change], number: int) -> None:
        line.expected = max(line.expected, number)
        if line.expected > line.head and not line.busy:
            line.busy = True
            task = asyncio.get_running_loop().create_task(self._wait(stream, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _wait(self, stream: int, line: _Buffer[Change]) -> None:
        try:
            await asyncio.sleep(_MOMENT_SECONDS)
            while self._lines.get(stream) is line and line.head < line.expected:
                before = line.head
                self._fill(stream, line, await self._read(stream, before))
                if line.head == before:
                    break
        except HubbubError as error:
            # The next comparison finds it again.
            _log.warning("not_filled", stream=stream, error=str(error))
        except Exception:
            _log.exception("not_filled", stream=stream)
        finally:
            line.busy = False

    def _fill(self, stream: int, line: _Buffer[Change], missed: Missed[Change]) -> None:
        for change in missed.changes:
            if self._lines.get(stream) is not line:
                return
            _, number = self._place(change)
            # Changes that are not listed one by one are contained in those that are.
            if number > line.head:
                line.head = number
                self._passed(change)
        if self._lines.get(stream) is not line:
            return
        if missed.state is not None and missed.reached >= line.head:
            # What changed of the room itself is not among the changes; what was passed meanwhile may be newer.
            self._passed(missed.state)
        line.head = max(line.head, missed.reached)
        if not missed.has_more:
            line.expected = line.head if not line.held else max(line.head, *line.held)
        for number in [number for number in line.held if number <= line.head]:
            del line.held[number]
        self._let_go(stream, line)
