"""A change that the bus lost is still applied at every server: rooms and their permissions, notices, profiles."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.conftest import user_id
from tests.nats import Nats
from tests.plug import ForgetfulNats, InThread
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import Server

MANY = 520
DIGITS = str.maketrans("0123456789", "abcdefghij")


@pytest.fixture(scope="module")
def bus(nats: Nats) -> Iterator[InThread]:
    line = InThread(ForgetfulNats(nats.port))
    yield line
    line.stop()


@pytest.fixture(scope="module")
def cluster(bus: InThread, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("lost"), postgres, bus.url.replace("http", "nats"))
    yield running
    running.stop()


@pytest.fixture
def lost(bus: InThread) -> Iterator[ForgetfulNats]:
    """The proxy between the servers, which drops what the test tells it to drop."""
    assert isinstance(bus.plug, ForgetfulNats)
    yield bus.plug
    bus.plug.words = ()


async def at(cluster: Cluster, node: int, token: str | None) -> RawSocket:
    assert token is not None
    return await RawSocket.greeted(cluster.servers[node].socket_url, token)


@pytest.mark.parametrize("name", ["board", "the board only"], ids=["closed", "closed and renamed"])
async def test_an_outsider_hears_nothing_of_a_room_that_was_closed(
    cluster: Cluster, lost: ForgetfulNats, name: str
) -> None:
    owner, outsider = [await cluster.person(f"{role}{len(name)}".translate(DIGITS)) for role in ("owner", "outsider")]
    room = (await owner.create_room("board")).id
    at_owner, at_outsider = await at(cluster, 1, owner.token), await at(cluster, 1, outsider.token)
    assert (await at_outsider.ask(type="subscribe", room=room))["type"] == "ack"
    await owner.send("for everybody", room=room)
    assert (await at_outsider.expect("message"))["content"] == "for everybody"
    lost.words = (b"closed_to_outsiders\xc3",)
    await owner.change_room(room, kind="private", name=name)
    for number in range(3):
        await owner.send(f"secret {number}", room=room)
    await at_owner.expect("message", content="secret 2")
    assert (await at_outsider.expect("error", room=room))["code"] == "not_found"
    heard = await at_outsider.until_quiet()
    assert [event for event in (*at_outsider.seen, *heard) if "secret" in str(event.get("content"))] == []
    for left in (owner, outsider):
        await left.__aexit__()


@pytest.mark.parametrize("change", [{"name": "renamed"}, {"topic": "another topic"}, {"archived": True}])
async def test_a_change_of_the_room_itself_reaches_everybody_though_a_message_follows(
    cluster: Cluster, lost: ForgetfulNats, change: dict[str, object]
) -> None:
    (field, value), *_ = change.items()
    owner = await cluster.person(f"changer{field}")
    room = await owner.create_room(f"before {field}", members=[])
    there = await at(cluster, 2, owner.token)
    lost.words = (b"\xa4type\xa4room",)
    await owner.change_room(room.id, **change)  # type: ignore[arg-type]
    if field != "archived":
        await owner.send("a word", room=room.id)
    while True:
        got = await there.expect("room", id=room.id)
        if "archived_at" in got if field == "archived" else got.get(field) == value:
            break
    assert got["version"] > room.version
    await owner.__aexit__()


async def test_all_who_were_removed_hear_no_more_however_many_they_were(cluster: Cluster, lost: ForgetfulNats) -> None:
    owner = await cluster.person("remover")
    guest = await cluster.person("theremoved", at=1)
    room = (await owner.create_room("coming and going", "public")).id
    people = cluster.servers[0].crowd(MANY)
    at_owner, at_guest = await at(cluster, 1, owner.token), await at(cluster, 1, guest.token)
    await owner.add_member(room, user_id(guest))
    await at_guest.expect("member", room=room)
    lost.words = (b"\xa6member",)
    # It receives nothing meanwhile, so it has to repair all at once.
    cluster.servers[1].process.send_signal(signal.SIGSTOP)
    for person in people:
        await owner.add_member(room, person)
    for person in people[5:]:
        await owner.remove_member(room, person)
    await owner.remove_member(room, user_id(guest))
    cluster.servers[1].process.send_signal(signal.SIGCONT)
    await owner.send("among ourselves", room=room)
    await at_owner.expect("message", content="among ourselves")
    while (gone := await at_guest.expect("member", room=room))["user"]["id"] != user_id(guest):
        pass
    assert "rank" not in gone
    heard = await at_guest.until_quiet()
    assert [event for event in (*at_guest.seen, *heard) if event.get("content") == "among ourselves"] == []


async def test_who_was_brought_into_a_room_long_ago_by_a_node_that_was_cut_off_hears_of_it(
    cluster: Cluster, bus: InThread, lost: ForgetfulNats, tmp_path: Path
) -> None:
    """By its clock it has run no sweep for ten minutes, and events between servers meanwhile are lost."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    node = Server(
        tmp_path / "data",
        "rate_limits=off",
        f"bus={bus.url.replace('http', 'nats')}",
        database=cluster.database,
        prefix=(
            "env",
            f"LD_PRELOAD={library}",
            f"FAKETIME_TIMESTAMP_FILE={clock}",
            "FAKETIME_NO_CACHE=1",
            "DONT_FAKE_MONOTONIC=1",
        ),
    )
    try:
        owner, guest = await cluster.person("bringer"), await cluster.person("broughtin")
        there = await RawSocket.greeted(node.socket_url, guest.token or "")
        lost.words = (b"\xa6member",)
        os.kill(node.process.pid, signal.SIGSTOP)
        room = (await owner.create_room("brought in", "private", members=[user_id(guest)])).id
        clock.write_text("+600")
        os.kill(node.process.pid, signal.SIGCONT)
        assert (await there.expect("room", id=room))["name"] == "brought in"
        await there.close()
    finally:
        node.stop()
    for left in (owner, guest):
        await left.__aexit__()


@pytest.mark.parametrize("loses", [False, True], ids=["heard", "lost"])
async def test_a_notice_is_told_at_every_node(cluster: Cluster, lost: ForgetfulNats, loses: bool) -> None:
    alice, bob, carol = [await cluster.person(f"{name}{'xy'[loses]}") for name in ("alice", "bob", "carol")]
    room = await alice.create_room(f"everywhere {loses}", members=[user_id(bob)])
    assert bob.token is not None
    far = [await RawSocket.greeted(cluster.servers[node].socket_url, bob.token) for node in (1, 2)]
    lost.words = (b"notice",) if loses else ()
    try:
        await cluster.seen_from(carol, 1).join(room.id)
        await alice.change_room(room.id, topic="one")
        await cluster.seen_from(alice, 2).change_room(room.id, topic="two")
        await alice.send("a word", room=room.id)
        for socket in far:
            await socket.expect("message", content="a word")
    finally:
        lost.words = ()
    kept = await bob.notices(room.id)
    for socket in far:
        notices = [event for event in socket.seen if event["type"] == "notice"]
        assert [event["version"] for event in notices] == [notice.version for notice in kept[2:]]
        assert [(event["kind"], event.get("new")) for event in notices] == [
            ("joined", None),
            ("topic", "one"),
            ("topic", "two"),
        ]
        versions = [event["version"] for event in socket.seen if event.get("room") == room.id and "version" in event]
        assert versions == sorted(set(versions))
    for left in (*far, alice, bob, carol):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())


@pytest.mark.parametrize("loses", [False, True], ids=["heard", "lost"])
async def test_a_changed_profile_is_shown_at_every_node(cluster: Cluster, lost: ForgetfulNats, loses: bool) -> None:
    alice, bob = [await cluster.person(f"{name}{'xy'[loses]}") for name in ("anna", "ben")]
    await alice.create_room(f"for profiles {loses}", members=[user_id(bob)])
    assert bob.token is not None
    far = [await RawSocket.greeted(cluster.servers[node].socket_url, bob.token) for node in (1, 2)]
    lost.words = (b"account_changed",) if loses else ()
    try:
        # By a REST call: she has no connection.
        await alice.change_profile(display_name="Alice Liddell", status_text="On holiday")
        for socket in far:
            user = (await socket.expect("user"))["user"]
            assert (user["id"], user["display_name"]) == (user_id(alice), "Alice Liddell")
            assert user["status_text"] == "On holiday"
    finally:
        lost.words = ()
    # Published once, however it was received.
    for number in range(3):
        await alice.send(f"word {number}", to=user_id(bob))
        for socket in far:
            await socket.expect("message", content=f"word {number}")
    assert [[event["type"] for event in socket.seen].count("user") for socket in far] == [1, 1]
    for left in (*far, alice, bob):
        await (left.close() if isinstance(left, RawSocket) else left.__aexit__())
