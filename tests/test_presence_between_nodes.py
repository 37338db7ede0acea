"""Presence between servers: users at another server are shown online, and offline again, even if reports were lost."""

from hubbub.chat.events import Event, PersonNote, PresenceNote
from hubbub.chat.presence import Presence
from hubbub.live.rooms.presence_fanout import PresenceFanout
from hubbub.live.sync.subscriptions import Subscriptions
from hubbub.live.sync.topic import Topic
from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.timer_wheel import TimerWheel
from tests.test_broadcast import Line

ALICE, ROOM = 7, 3


def got(presence: Presence) -> list[tuple[str, list[int]]]:
    """The events to publish, and the rooms whose members receive them."""
    return [(event.status, presence.rooms_elsewhere(event.user)) for event in presence.changes()]


def test_that_somebody_went_is_told_though_their_rooms_came_late() -> None:
    presence = Presence()
    presence.apply(PresenceNote("node", [PersonNote(ALICE, "online")]))
    assert presence.status(ALICE) == "online"
    assert got(presence) == [("online", [])]
    presence.apply(PresenceNote("node", [PersonNote(ALICE, "online", rooms=[ROOM])]))
    assert got(presence) == [("online", [ROOM])]
    presence.apply(PresenceNote("node", [PersonNote(ALICE, "online")]))
    assert got(presence) == []
    for second in range(1, 60):
        presence.tick(second)
    assert got(presence) == [("offline", [ROOM])]


class Nodes:
    """A `hubbub.live.sync.interest.Interest` that records what is sent to other servers."""

    others = True

    def __init__(self) -> None:
        self.said: list[PersonNote] = []

    def publish_to_others(self, event: Event) -> None:
        assert isinstance(event, PresenceNote)
        self.said += event.people

    def began(self, stream: int, number: int) -> None: ...
    def known(self, stream: int, number: int) -> None: ...
    def ended(self, stream: int) -> None: ...
    def got(self, room: int) -> int:
        return 0


async def test_the_rooms_of_everybody_are_said_to_a_new_node_and_to_all_now_and_then() -> None:
    nodes, presence = Nodes(), Presence()
    shared = Registry(Bounds(), TimerWheel(), None, FlushScheduler())
    line = await Line(shared, ALICE).connect()
    line.state = Subscriptions(ALICE, 1)
    topic = Topic(ROOM, 500, shared.scheduler)
    topic.add(line, True)
    line.state.topics, line.state.present = [topic], True
    presence_fanout = PresenceFanout(presence, nodes, {ALICE: [line]}, {ROOM: topic}, "here")
    presence_fanout.on_connect(ALICE, "online")
    for second in range(1, 10):
        presence_fanout.tick(second)
    assert [(note.status, note.rooms) for note in nodes.said] == [("online", [ROOM])]
    nodes.said.clear()
    presence_fanout.on_note(PresenceNote("a new node", []))
    for second in range(10, 80):
        presence_fanout.tick(second)
    rooms = [note.rooms for note in nodes.said]
    assert len(rooms) == 7
    assert rooms[0] == [ROOM]
    assert rooms.count([ROOM]) == 2
