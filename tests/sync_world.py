"""Servers' live halves on one real store, with a network between them that loses, doubles, delays and reorders.

Each server is a hub with its anti-entropy and resequencer, put together as `hubbub.server.app` does. A `Watcher` is one
connection: it applies what it is sent by the rules of docs/protocol.md, and fails on what must never be sent.
"""

import asyncio
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec

from hubbub.chat import rooms
from hubbub.chat.accounts import AddAccount
from hubbub.chat.authenticator import Authenticator
from hubbub.chat.changes import ChangesSince
from hubbub.chat.events import Event, RoomCommitted
from hubbub.chat.limits import Limits
from hubbub.chat.presence import Presence
from hubbub.chat.sessions import StartSession
from hubbub.chat.tokens import Tokens
from hubbub.chat.transaction import Command
from hubbub.errors import HubbubError, NotFound
from hubbub.live.cluster import nats
from hubbub.live.cluster.anti_entropy import AntiEntropy
from hubbub.live.rooms.bus import LocalBus
from hubbub.live.rooms.hub import _SUMMARY_SECONDS, Hub
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.rooms.user_streams import UserStreams
from hubbub.live.sync.room_sync import RoomSync, SyncContext
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.frame import Frame, payload
from hubbub.live.wire.timer_wheel import TimerWheel
from hubbub.store.sql.database import Database, OpenStore

Access = dict[tuple[int, int], list[list[Any]]]


class LossyBus(LocalBus):
    """One server's end of the network: it receives the subjects that it listens to, when the network delivers them."""

    def __init__(self, network: "Network") -> None:
        super().__init__()
        self._network = network
        self.subjects = {"all"}
        network.ends.append(self)

    def listen(self, subject: str, on: bool) -> None:
        (self.subjects.add if on else self.subjects.discard)(subject)

    def publish(self, events: list[Event]) -> None:
        super().publish(events)
        self.publish_to_others(events)

    def publish_to_others(self, events: list[Event]) -> None:
        for event in events:
            self._network.send(self, event)


class Network:
    """Decides by chance what becomes of each message between two servers."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.ends: list[LossyBus] = []
        self.under_way: list[tuple[LossyBus, bytes]] = []
        self.is_lossy = True

    def send(self, sender: LossyBus, event: Event) -> None:
        for end in self.ends:
            if end is sender or not end.subjects.intersection(nats._subjects(event)):
                continue
            times = self._random.choice([0, 1, 1, 1, 1, 2]) if self.is_lossy else 1
            self.under_way += [(end, nats._encoder.encode(event))] * times

    def deliver(self, number: int) -> None:
        """Some of what is under way arrives, mostly in order."""
        for _ in range(min(number, len(self.under_way))):
            late = self._random.random() < 0.3
            end, encoded = self.under_way.pop(self._random.randrange(len(self.under_way)) if late else 0)
            LocalBus.publish(end, [nats._decoder.decode(encoded)])


class Node:
    """The live half of one server."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.bus = LossyBus(world.network)
        self.wheel = TimerWheel()
        self.presence = Presence()
        self.limits = world.limits
        self.store: OpenStore

    def attach(self, store: OpenStore) -> None:
        self.store = store
        receipts = Receipts(lambda marks: None, 50)
        self.anti_entropy = AntiEntropy(store, Authenticator(store, Tokens(["k" * 32])), self.wheel, self.bus)
        self.hub = Hub(self.wheel, self.presence, receipts, self.limits.large_room, self.anti_entropy, FlushScheduler())
        self.bus.subscribe(self._log, RoomCommitted)
        self.anti_entropy.attach(self.hub, UserStreams(self.anti_entropy.user_streams))
        hub = self.hub
        self.sync = SyncContext(
            store, hub.topics, hub.replay_cache, self.presence, self.limits, 1 << 20, receipts.went_live
        )

    def pass_seconds(self, seconds: int) -> None:
        """The members of a large room are summarised every few seconds."""
        for _ in range(seconds):
            self.wheel._turn()
            self.wheel.stop()

    def _log(self, event: Event) -> None:
        assert isinstance(event, RoomCommitted)
        number = self.world.nodes.index(self)
        self.world.log(event.room, f"received at {number}: {brief(msgspec.to_builtins(event.event))}")


def brief(event: dict[str, Any]) -> str:
    """An event on one line."""
    fields = ("version", "seq", "deleted", "kind", "rank", "emoji", "op", "since", "detail")
    shown = [f"{field}={event[field]}" for field in fields if event.get(field) is not None]
    return " ".join([event["type"], *shown, *([f"user={event['user']['id']}"] if event["type"] == "member" else [])])


class Copy:
    """A client's copy of one room, by the rules of the protocol. `base`: where the copy begins."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.base = self.version = self.latest = state["version"]
        self.state = state
        self.messages: dict[int, dict[str, Any]] = {}
        self.ranks: dict[int, str | None] = {}
        self.threads: dict[int, tuple[int, int]] = {}
        """By root, how many replies there are, and the last: as the root says, or the latest change of a reply."""
        self.reacted: set[int] = set()
        """Messages that may be older than the copy, and are among the changes as somebody reacted to them."""


class Watcher(RoomSync):
    """A connection of one user; it is its own socket. While `gate` is closed its client reads nothing."""

    ready = None

    def __init__(self, world: "World", node: Node, user: int, session: int, copies: dict[int, Copy]) -> None:
        super().__init__(node.sync, self, user, session)
        self.world = world
        self.node = node
        self.name = f"connection {len(world.watchers)} of user {user} at node {world.nodes.index(node)}:"
        self.copies = copies
        self.closing = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.not_followed: set[int] = set()
        self.subscribing: list[int] = []
        """Between its `subscribe` and the answer the client may receive its own leaving, and then what follows."""
        self.failure: str | None = None

    @property
    def state(self) -> "Watcher":
        return self

    async def greet(self, since: dict[int, int]) -> None:
        self.greeting = True
        greeted = await self._read(rooms.Greeting(self.user, self.session))
        account, mine = greeted.account, greeted.rooms
        if self.closing:
            return
        self.not_followed.clear()
        self.node.hub.connect(self, account, mine)
        listed = msgspec.to_builtins(mine)
        for room in listed:
            self.world.log(room["id"], f"{self.name} connect version={room['version']} since={since.get(room['id'])}")
        for room in listed:
            if room["id"] in since and room["id"] in self.copies:
                self.copies[room["id"]].state = room
            else:
                self.copies[room["id"]] = Copy(room)
        for room, version in since.items():
            if room in self.copies:
                self.copies[room].latest = version
        self.resume(mine, since, None)

    async def subscribe(self, room: int, since: int | None) -> None:
        read = await self._read(rooms.OneRoom(self.user, room))
        if self.closing:
            return
        self.world.log(room, f"{self.name} subscribes since={since}")
        self.subscribing.append(room)
        if room not in self.copies or (since is None and room in self.not_followed):
            self.copies[room] = Copy(msgspec.to_builtins(read))
        self.not_followed.discard(room)
        if since is not None:
            self.copies[room].latest = min(since, self.copies[room].latest)
        try:
            await self.follow(read, since)
        except NotFound:
            self.copies.pop(room, None)
            raise
        finally:
            self.subscribing.remove(room)

    def unfollow(self, room: int) -> None:
        self.world.log(room, f"{self.name} unsubscribes")
        self.not_followed.add(room)
        self.unsubscribe(room)

    def run(self, work: Any) -> None:
        """Like a frame of the client: in its turn."""
        self._run(work, None)

    async def idle(self) -> None:
        while self._tasks._last is not None:
            await asyncio.wait([self._tasks._last])

    # As a socket

    def send(self, frame: Frame) -> None:
        self.send_bytes(frame.plain)

    def send_bytes(self, data: bytes) -> None:
        if not self.closing:
            event = msgspec.json.decode(payload(data))
            self.world.log(event.get("room") or event.get("id") or 0, f"{self.name} {brief(event)}")
            self._apply(event)

    def send_ephemeral(self, data: bytes) -> None:
        """What may be dropped is no part of this."""

    def ping(self, payload: bytes) -> None: ...

    def close(self, code: int, reason: str = "") -> None:
        if not self.closing:
            self.closing = True
            self.gate.set()
            self.node.hub.leave(self)

    async def drained(self) -> None:
        await self.gate.wait()

    # As a client

    def _apply(self, event: dict[str, Any]) -> None:
        room = event.get("room") if event["type"] != "room" else event["id"]
        match event["type"]:
            case "room":
                self.world.check_access(self, room, event["version"], event)
                copy = None if room in self.not_followed else self.copies.get(room)
                self.not_followed.discard(room)
                if event.get("deleted"):
                    self.copies.pop(room, None)
                elif copy is None:
                    self.copies[room] = Copy(event)
                elif event["version"] >= copy.version:
                    copy.state = event
                    copy.version = event["version"]
            case "error" if room is not None:
                self.copies.pop(room, None)
            case "synced":
                self.copies[room].version = max(self.copies[room].version, event["version"])
            case "resync":
                self.copies[room] = Copy(self.copies[room].state | {"version": event["version"]})
            case "message" | "reaction" | "member" | "notice":
                self.world.check_access(self, room, event["version"], event)
                self._apply_change(room, event)

    def _apply_change(self, room: int, event: dict[str, Any]) -> None:
        copy = self.copies.get(room)
        mine = event["type"] == "member" and event["user"]["id"] == self.user
        if copy is None:
            if not mine and room not in self.subscribing:
                self._fail(event, "of a room that was not announced")
            return
        if event["version"] <= copy.latest:
            self._fail(event, f"after version {copy.latest}")
        copy.latest = event["version"]
        copy.version = max(copy.version, event["version"])
        if event["type"] == "reaction":
            copy.reacted.add(event["seq"])
        elif event["type"] == "message":
            copy.messages[event["seq"]] = event
            if thread := event.get("thread"):
                copy.threads[thread.get("root", event["seq"])] = (thread["count"], thread["last"])
        elif event["type"] == "member":
            copy.ranks[event["user"]["id"]] = event.get("rank")
            if mine and event.get("rank") is None:
                del self.copies[room]

    def _fail(self, event: dict[str, Any], what: str) -> None:
        self.failure = self.failure or f"{self.name} {brief(event)} {what}: {self.world.story(event['room'])}"


class World:
    """`limits` are the servers'. Call `start`, then `submit` commands and open `Watcher`s."""

    def __init__(self, random: Random, limits: Limits, nodes: int) -> None:
        self.random = random
        self.limits = limits
        self.network = Network(random)
        self.nodes = [Node(self) for _ in range(nodes)]
        self.users: list[int] = []
        self.sessions: dict[int, int] = {}
        self.rooms: list[int] = []
        self.stores: list[OpenStore] = []
        self.watchers: list[Watcher] = []
        self._story: list[tuple[int, str]] = []
        self._access: Access = {}
        """By room and user (0: everybody), the versions between which they may read, and the command that began it."""
        self._fresh: list[list[Any]] = []
        self._in_flight: dict[int, asyncio.Future[Any]] = {}
        self._commands = 0
        self._doubts: list[tuple[Watcher, int, int, int, set[int], dict[str, Any]]] = []

    async def start(self, url: str, users: int) -> None:
        database = Database(url)
        await asyncio.to_thread(database.migrate)
        for number, node in enumerate(self.nodes):
            if number == 0 or database.shared:
                self.stores.append(await database.open(self._publisher(node)))
            node.attach(self.stores[-1])
        for number in range(users):
            account = await self.stores[0].write(AddAccount(f"user{number}", f"User {number}", "hash"))
            self.users.append(account.id)
            session = await self.stores[0].write(StartSession(account.id, "hash", "test", "127.0.0.1", 30))
            self.sessions[account.id] = session.id

    def log(self, room: int, line: str) -> None:
        self._story.append((room, line))

    def story(self, room: int) -> str:
        """What happened to a room, for the reader of a failure."""
        return "\n".join(["", *[line for at, line in self._story if at == room][-300:]])

    def _publisher(self, node: Node) -> Callable[[list[Event]], None]:
        def publish(events: list[Event]) -> None:
            for event in events:
                if isinstance(event, RoomCommitted):
                    self._note_access(event)
                    self.log(
                        event.room, f"committed at {self.nodes.index(node)}: {brief(msgspec.to_builtins(event.event))}"
                    )
            node.bus.publish(events)

        return publish

    # Commands

    def submit(self, command: Command[Any], then: Callable[[Any], None] = lambda result: None) -> None:
        """Have a server carry it out. What is refused changes nothing, which is as good."""
        self._commands += 1
        number, done = self._commands, asyncio.get_running_loop().create_future()
        self._in_flight[number] = done

        def finished(result: Any) -> None:
            for period in self._fresh:
                period[2] = number
            self._fresh.clear()
            del self._in_flight[number]
            done.set_result(None)
            if not isinstance(result, HubbubError):
                then(result)

        self.random.choice(self.stores).submit(command, finished)

    async def commands_done(self) -> None:
        while self._in_flight:
            await asyncio.wait(list(self._in_flight.values()))

    # Who may read what

    def _note_access(self, committed: RoomCommitted) -> None:
        state = committed.snapshot
        is_public = state is not None and state.kind == "public" and not state.deleted
        changes = [(user, True) for user in committed.entered] + [(user, False) for user in committed.left]
        for user, may in changes + ([] if state is None else [(0, is_public)]):
            periods = self._access.setdefault((committed.room, user), [])
            is_open = bool(periods) and periods[-1][1] is None
            if may and not is_open:
                # From the beginning: who joins may read what was before.
                periods.append([committed.version, None, 0])
                self._fresh.append(periods[-1])
            elif not may and is_open:
                periods[-1][1] = committed.version

    def _may_read(self, user: int, room: int, version: int, commands: set[int] | None = None) -> bool:
        """Whether they were allowed to at this version or later; by a period that one of the commands began."""
        periods = [*self._access.get((room, user), ()), *self._access.get((room, 0), ())]
        return any(
            (end is None or version <= end) and (commands is None or begun_by in commands)
            for _, end, begun_by in periods
        )

    def check_access(self, watcher: Watcher, room: int, version: int, event: dict[str, Any]) -> None:
        if not self._may_read(watcher.user, room, version):
            # What is committed at this moment may be read before it is published here.
            self._doubts.append((watcher, watcher.user, room, version, set(self._in_flight), event))

    def leaks(self) -> Iterator[str]:
        for watcher, user, room, version, commands, event in self._doubts:
            if not self._may_read(user, room, version, commands):
                yield f"{watcher.name} {brief(event)} is not for them: {self.story(room)}"

    # Connections

    def connect(self, user: int, copies: dict[int, Copy] | None = None) -> Watcher:
        watcher = Watcher(self, self.random.choice(self.nodes), user, self.sessions[user], copies or {})
        watcher.node.hub.enter(watcher)
        self.watchers.append(watcher)
        watcher.run(watcher.greet({room: copy.version for room, copy in watcher.copies.items()}))
        return watcher

    async def settle(self) -> None:
        """Everything ends well: the network delivers what is left, everybody reads, and the servers compare."""
        await self.commands_done()
        self.network.is_lossy = False
        for watcher in self.watchers:
            watcher.gate.set()
        self.network.deliver(len(self.network.under_way))

    async def compare(self) -> list[str]:
        """The differences between the store and what the clients have, once every server has compared its rooms."""
        for node in self.nodes:
            node.pass_seconds(_SUMMARY_SECONDS + 1)
            await node.anti_entropy._sweep()
            order = node.anti_entropy.order
            while order._tasks:
                await asyncio.wait(list(order._tasks))
        for watcher in self.watchers:
            await watcher.idle()
        return [
            difference for watcher in self.watchers for difference in [await self._difference(watcher)] if difference
        ]

    async def _difference(self, watcher: Watcher) -> str | None:
        if watcher.closing:
            return None
        store = self.stores[0]
        mine = {room.id: room for room in (await store.read(rooms.Greeting(watcher.user, watcher.session))).rooms}
        missing = mine.keys() - watcher.copies.keys() - watcher.not_followed
        if missing:
            return f"{watcher.name} does not know the rooms {missing}: {self.story(min(missing))}"
        for number, copy in watcher.copies.items():
            if number in watcher.not_followed:
                continue
            try:
                room = await store.read(rooms.OneRoom(watcher.user, number))
            except HubbubError:
                return f"{watcher.name} still has room {number}: {self.story(number)}"
            if difference := await self._difference_in(watcher, copy, msgspec.to_builtins(room)):
                return f"{watcher.name} in room {number}: {difference}: {self.story(number)}"
        return None

    async def _difference_in(self, watcher: Watcher, copy: Copy, room: dict[str, Any]) -> str | None:
        if copy.version != room["version"]:
            return f"is at version {copy.version} of {room['version']}"
        for field in ("name", "topic", "kind"):
            if copy.state.get(field) != room.get(field):
                return f"{field} is {copy.state.get(field)!r}, not {room.get(field)!r}"
        limits = msgspec.structs.replace(self.limits, resync_after=100_000)
        found = await self.stores[0].read(ChangesSince(watcher.user, room["id"], copy.base, 10_000, limits))
        for message in found.messages:
            copied = copy.messages.get(message.seq)
            if copied is None and message.seq in copy.reacted:
                continue
            if copied is None or copied["content"] != message.content:
                return f"message {message.seq} is {copied}, not {message}"
            if message.thread is not None:
                root, counts = message.root or message.seq, (message.thread.count, message.thread.last)
                if copy.threads.get(root) != counts:
                    return f"the thread of {root} has {copy.threads.get(root)}, not {counts}"
        if self.limits.large_room > len(self.users):
            for member in found.members:
                is_received = member.user.id in copy.ranks or member.user.id != watcher.user
                if is_received and copy.ranks.get(member.user.id) != member.rank:
                    return f"the rank of {member.user.id} is {copy.ranks.get(member.user.id)}, not {member.rank}"
        return None
