"""Finding out what has reached a client, without asking the client's programmer for anything.

After a message in a small room its listeners are sent a WebSocket ping. TCP keeps the order, so the pong (which every
client gives by itself, RFC 6455 section 5.5.3) proves that what was sent before the ping has arrived. A socket is asked
at most once a second, however much it is sent.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from hubbub.chat.receipts import Marks
from hubbub.chat.shapes import Room
from hubbub.live.wire.subscriber import Subscriber

PROOF = b"received?"
_REMEMBERED = 20_000


class Receipts:
    """`note` stores what was found out; it is called at the end of a turn of the loop."""

    def __init__(self, note: Callable[[Marks], None], largest_room: int) -> None:
        self.largest_room = largest_room
        self._note = note
        self._sent: dict[Subscriber, dict[int, int]] = {}
        self._asked: dict[Subscriber, dict[int, int]] = {}
        self._rested: set[Subscriber] = set()
        self._marks: Marks = {}
        self._known: OrderedDict[tuple[int, int], int] = OrderedDict()

    def sent(self, socket: Subscriber, room: int, seq: int) -> None:
        """The socket was sent everything up to `seq` of the room."""
        self._sent.setdefault(socket, {})[room] = seq
        if socket not in self._rested and socket not in self._asked:
            self._rested.add(socket)
            self._ask(socket)

    def went_live(self, socket: Subscriber, room: Room) -> None:
        """The socket was sent all of a room that it had missed."""
        if room.me is not None and room.member_count <= self.largest_room:
            self.sent(socket, room.id, room.seq)

    def answered(self, socket: Subscriber) -> None:
        """The pong came."""
        for room, seq in self._asked.pop(socket, {}).items():
            self.fetched(socket.state.user, room, seq)

    def fetched(self, user: int, room: int, seq: int) -> None:
        """The user has everything up to `seq` of the room."""
        place = room, user
        if self._known.get(place, 0) >= seq:
            return
        self._known[place] = seq
        self._known.move_to_end(place)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        if not self._marks:
            asyncio.get_running_loop().call_soon(self._store)
        self._marks[place] = seq

    def forget(self, socket: Subscriber) -> None:
        """The socket is gone."""
        self._sent.pop(socket, None)
        self._asked.pop(socket, None)
        self._rested.discard(socket)

    def tick(self) -> None:
        """Each second: those with something new to prove are asked again."""
        self._rested = set()
        for socket in list(self._sent):
            if socket not in self._asked:
                self._rested.add(socket)
                self._ask(socket)

    def _ask(self, socket: Subscriber) -> None:
        sent = self._sent.pop(socket, None)
        if sent is not None and not socket.closing:
            self._asked[socket] = sent
            socket.ping(PROOF)

    def _store(self) -> None:
        marks, self._marks = self._marks, {}
        self._note(marks)
