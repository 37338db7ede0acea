"""What other servers on the same database do: heard over the bus, and what that lost, looked for in the database.

Every few seconds, and whenever the bus may have lost something, the store is asked how far the rooms have come that
are listened to here, whether sessions that are connected here have ended, and who of those here has come into a room.
"""

import asyncio

import structlog

from hubbub.chat.clock import now
from hubbub.chat.events import Event, SessionsEnded
from hubbub.chat.gate import Gate
from hubbub.chat.ledger import Store
from hubbub.chat.missed import EndedSessions, Entered, Heads, InboxHeads
from hubbub.errors import HubbubError
from hubbub.live.bus import LocalBus
from hubbub.live.hub import Hub
from hubbub.live.inboxes import Inboxes
from hubbub.live.order import Order
from hubbub.live.wheel import Wheel

_SWEEP_SECONDS = 3
_LOOK_BACK_MS = 180_000
"""Who came in within these is looked at: so far may the servers' clocks be apart."""
_log = structlog.get_logger("neighbours")


class Neighbours:
    """`hubbub.live.interest.Interest`, for several servers."""

    others = True

    def __init__(self, store: Store, gate: Gate, wheel: Wheel) -> None:
        self._store = store
        self._gate = gate
        self._hub: Hub
        self._inboxes: Inboxes
        self._bus: LocalBus
        self.order: Order
        self._sweeping: asyncio.Task[None] | None = None
        self._again = False
        wheel.every_second(self._tick)

    def attach(self, hub: Hub, inboxes: Inboxes, bus: LocalBus) -> None:
        self._hub = hub
        self._inboxes = inboxes
        self._bus = bus
        self.order = Order(hub.hear, self._store.read)

    def began(self, room: int, version: int) -> None:
        self.order.began(room, version)
        self._bus.listen(f"room.{room}", True)

    def known(self, room: int, version: int) -> None:
        self.order.known(room, version)

    def told(self, room: int) -> int:
        return self.order.told(room)

    def ended(self, room: int) -> None:
        self.order.ended(room)
        self._bus.listen(f"room.{room}", False)

    def tell_others(self, event: Event) -> None:
        self._bus.tell_others([event])

    def sweep(self) -> None:
        """Look for what was not told; once more afterwards if it was asked for meanwhile."""
        if self._sweeping is not None:
            self._again = True
            return
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())
        self._sweeping.add_done_callback(self._swept)

    def _tick(self, second: int) -> None:
        if second % _SWEEP_SECONDS == 0:
            self.sweep()

    def _swept(self, task: "asyncio.Task[None]") -> None:
        self._sweeping = None
        if self._again:
            self._again = False
            self.sweep()

    async def _sweep(self) -> None:
        try:
            self._gate.forget()
            if rooms := self.order.rooms():
                self.order.compare(await self._store.read(Heads(rooms)))
            if followed := self._inboxes.users():
                self._inboxes.compare(await self._store.read(InboxHeads(followed)))
            if sessions := self._hub.sessions():
                ended: list[int] = await self._store.read(EndedSessions(sessions))
                if ended:
                    self._hub.hear(SessionsEnded(ended))
            if users := self._hub.users():
                await self._look_who_entered(users)
        except HubbubError as error:
            _log.warning("not_swept", error=str(error))
        except Exception:
            _log.exception("not_swept")

    async def _look_who_entered(self, users: list[int]) -> None:
        for committed in await self._store.read(Entered(users, now() - _LOOK_BACK_MS)):
            self._hub.bring_in(committed)
