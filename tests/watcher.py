"""A client that builds a copy of its rooms from events, and records violations of the protocol."""

import asyncio
from contextlib import suppress

from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, ReactionEvent, RoomEvent
from hubbub.chat.shapes import Message, Notice
from hubbub.client import Client, Live
from hubbub.client.wire import Connected, Refused, Resync, Synced
from hubbub.errors import HubbubError
from tests.raw import PATIENCE


class Watcher:
    """Applies events by `version`, like any client. `faults` are the violations."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.live: Live = client.live()
        self.copies: dict[int, dict[int, Message]] = {}
        self.notices: dict[int, dict[int, Notice]] = {}
        """Changes of its rooms other than messages, by version."""
        self.received: dict[int, list[int]] = {}
        """Versions of changes that arrived live or resumed, by room, in the order of arrival."""
        self.mine: set[int] = set()
        self.resumed: set[int] = set()
        """Rooms it has left since it lost its connection: it gets the changes up to its removal."""
        self.whole_since: dict[int, int] = {}
        """By room it is in: it was promised every message that changed after this version."""
        self.faults: list[str] = []
        self.right: dict[int, int] = {}
        """For who compares: the versions of rooms at which this copy was found to be what is stored."""
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    @property
    def _me(self) -> int:
        assert self.client.user is not None
        return self.client.user.id

    async def start(self) -> None:
        self.mine = set(self.live.versions)
        self.whole_since = dict(self.live.versions)
        await self.live.__aenter__()
        self._task = asyncio.create_task(self._watch())
        await self.live.ready()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.live.__aexit__()

    async def until(self, holds, what: str) -> None:
        """Wait until `holds()`, checked after each event."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(holds), PATIENCE)
            except TimeoutError:
                raise AssertionError(f"never came: {what}; {self.describe()}") from None

    def describe(self) -> str:
        latest = {room: versions[-8:] for room, versions in self.received.items()}
        return f"versions {self.live.versions}, received {latest}"

    def state(self, room: int) -> list[tuple[int, int, str, bool]]:
        copy = self.copies.get(room, {})
        return [(seq, m.sender.id, m.content, m.deleted) for seq, m in sorted(copy.items())]

    async def _watch(self) -> None:
        try:
            async for event in self.live:
                await self._apply(event)
                async with self._changed:
                    self._changed.notify_all()
        except HubbubError as error:
            self.faults.append(f"ended: {error}")

    async def _apply(self, event: object) -> None:
        match event:
            case Connected():
                before, self.mine = self.mine, {room.id for room in event.rooms}
                self.resumed = before - self.mine
                for room in event.rooms:
                    self.whole_since.setdefault(room.id, room.version)
            case MessageEvent():
                self._in_order(event.room, event.version)
                held = self.copies.setdefault(event.room, {}).get(event.seq)
                if held is not None and held.version >= event.version:
                    self.faults.append(f"message {event.room}/{event.seq} received twice at version {event.version}")
                self.copies[event.room][event.seq] = event
            case ReactionEvent():
                self._in_order(event.room, event.version)
            case NoticeEvent():
                self._in_order(event.room, event.version)
                self.notices.setdefault(event.room, {})[event.version] = event
            case MemberEvent():
                if event.user.id == self._me and event.rank is not None:
                    self.mine.add(event.room)
                    self.whole_since.setdefault(event.room, event.version)
                self._in_order(event.room, event.version)
                if event.user.id == self._me and event.rank is None:
                    self._out_of(event.room)
            case RoomEvent(deleted=True):
                self._out_of(event.id)
            case RoomEvent():
                self.received.setdefault(event.id, [])
            case Resync():
                page = await self.client.history(event.room, limit=200)
                self.copies[event.room] = {message.seq: message for message in page.messages}
                self.whole_since[event.room] = event.version
            case Refused(code="not_found", room=int(room)):
                self._out_of(room)
            case Synced() | Refused():
                pass

    def _out_of(self, room: int) -> None:
        self.mine.discard(room)
        self.resumed.discard(room)
        self.received.pop(room, None)
        self.whole_since.pop(room, None)

    def _in_order(self, room: int, version: int) -> None:
        if room not in self.mine | self.resumed:
            self.faults.append(f"received a change of room {room}, version {version}, without being a member")
        versions = self.received.setdefault(room, [])
        if versions and version <= versions[-1]:
            self.faults.append(f"room {room}: version {version} after {versions[-1]}")
        versions.append(version)
