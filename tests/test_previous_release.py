"""A rolling upgrade: servers and clients of the previous release work beside those of this one, on one database."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from hubbub.client import Client
from tests.conftest import newcomer, user_id
from tests.http import get as http_get
from tests.kinds_server import PREFIX
from tests.nats import Nats
from tests.postgres import Postgres
from tests.previous_release import PreviousClient, prefix, unpack
from tests.server import Server
from tests.watcher import Watcher

LUNCH = {"question": "Lunch?", "options": ["yes", "no"]}
IN_ORDER = {"rate_limits_off"}
"""Warnings of a server that is well."""
AtPrevious = Callable[[Server, Client], Awaitable[PreviousClient]]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("previous"))


class Both:
    """A server of the previous release, and one of this release that was started later and migrated the database."""

    def __init__(self, folder: Path, sources: Path, database: str, bus: str) -> None:
        settings = ("rate_limits=off", f"bus={bus}")
        self.previous = Server(
            folder / "previous", *settings, prefix=prefix(sources), database=database, default_rooms=True
        )
        before = self.previous.sql("SELECT version_num FROM alembic_version")
        message = http_get(f"{self.previous.url}/api/openapi.json").json()["components"]["schemas"]["Message"]
        assert "extra" not in message["properties"]
        self.present = Server(folder / "present", *settings, prefix=PREFIX, database=database)
        assert self.previous.sql("SELECT version_num FROM alembic_version") > before

    def through_the_other(self, client: Client) -> Client:
        """The same user through the other server."""
        other = self.previous if client.url == self.present.url else self.present
        same = Client(other.url, client.token)
        same.user = client.user
        return same

    def stop(self) -> None:
        """Raises AssertionError if one of them found fault with anything."""
        logs = [server.log for server in (self.previous, self.present)]
        for server in (self.previous, self.present):
            code = server.terminate()
            server.stop()
            assert code == 0
        for log in logs:
            # A traceback is no JSON.
            lines = [json.loads(line) for line in log.splitlines()]
            assert lines
            bad = [line for line in lines if line["level"] not in ("info", "debug")]
            assert [line for line in bad if line["event"] not in IN_ORDER] == []


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, sources: Path, postgres: Postgres, nats: Nats) -> Iterator[Both]:
    running = Both(tmp_path_factory.mktemp("both"), sources, postgres.database(), nats.url)
    yield running
    running.stop()


@pytest.fixture
async def at_previous(sources: Path) -> AsyncIterator[AtPrevious]:
    """`await at_previous(server, client)`: the previous release's client for the same user."""
    opened: list[PreviousClient] = []

    async def open_client(server: Server, client: Client) -> PreviousClient:
        opened.append(await PreviousClient.open(sources, server.url, client.token or ""))
        return opened[-1]

    yield open_client
    for client in opened:
        await client.close()


async def test_both_releases_post_read_and_edit(both: Both, at_previous: AtPrevious) -> None:
    """Four people, at each server one with a client of each release: all see everything, each change once."""
    alice, carol = await newcomer(both.previous.url), await newcomer(both.previous.url)
    bob, dave = await newcomer(both.present.url), await newcomer(both.present.url)
    room = (await alice.create_room("all", "private", members=[user_id(one) for one in (bob, carol, dave)])).id
    watchers = [Watcher(alice), Watcher(bob)]
    for watcher in watchers:
        await watcher.start()
    old_carol, old_dave = await at_previous(both.previous, carol), await at_previous(both.present, dave)

    async def all_have(version: int) -> None:
        for watcher in watchers:
            await watcher.until(lambda at=watcher: at.live.versions.get(room, 0) >= version, f"version {version}")
        for client in (old_carol, old_dave):
            await client.until(room=room, version=version)

    for turn in range(3):
        last = 0
        for client in (alice, bob):
            sent = await client.send(f"turn {turn}", room=room)
            await client.edit(room, sent.seq, f"turn {turn}, edited")
            last = (await client.react(room, sent.seq, "👍")).version
            await all_have(last)
        for previous in (old_carol, old_dave):
            ack = await previous.call("send", on="live", content=f"turn {turn}, from the previous", room=room)
            edited = await previous.call("edit", room=room, seq=ack["seq"], content="edited")
            assert edited["content"] == "edited"
            if turn == 2:
                await previous.call("delete", room=room, seq=ack["seq"])
            await previous.call("mark_read", room=room, seq=ack["seq"])
            last = (await alice.room(room)).version
            await all_have(last)
    page = (await alice.history(room, limit=200)).messages
    assert len(page) == 12
    assert (await both.through_the_other(alice).history(room, limit=200)).messages == page
    for watcher in watchers:
        assert watcher.faults == []
        assert watcher.state(room) == [(m.seq, m.sender.id, m.content, m.deleted) for m in page]
        await watcher.stop()
    seen = await old_dave.call("history", room=room, limit=200)
    assert [message["content"] for message in seen["messages"]] == [message.content for message in page]
    for client in (alice, bob, carol, dave):
        await client.__aexit__()


async def test_a_message_of_a_new_kind_is_its_content_at_the_previous_server(
    both: Both, at_previous: AtPrevious
) -> None:
    alice, bob = await newcomer(both.previous.url), await newcomer(both.present.url)
    room = (await alice.create_room("all", "private", members=[user_id(bob)])).id
    old = await at_previous(both.previous, alice)
    beside = await at_previous(both.present, alice)
    poll = await bob.send("", room=room, kind="poll", extra=LUNCH)
    for client in (old, beside):
        received = await client.until(type="message", room=room, seq=poll.seq)
        assert received["content"] == "Lunch? yes / no"
    (listed,) = (await alice.history(room)).messages
    assert (listed.content, listed.kind, listed.extra) == ("Lunch? yes / no", "text", None)
    reply = await old.call("send", content="yes", room=room, reply_to=poll.seq)
    await bob.react(room, poll.seq, "👍")
    assert [message.seq for message in (await bob.replies(room, poll.seq)).messages] == [reply["seq"]]
    # An edit by the previous release keeps what it does not know.
    bob_there = both.through_the_other(bob)
    await bob_there.edit(room, poll.seq, "Lunch is over")
    edited = await bob.message(room, poll.seq)
    assert (edited.content, edited.kind, edited.extra) == ("Lunch is over", "poll", LUNCH)
    # After a deletion by it there is nothing of the message.
    await bob_there.delete(room, poll.seq)
    gone = await bob.message(room, poll.seq)
    assert (gone.deleted, gone.content, gone.kind, gone.extra) == (True, "", "text", None)
    await old.until(type="message", room=room, seq=poll.seq, deleted=True)
    # Directly to one person, whose inbox it enters.
    sent = await bob.send("here", to=user_id(alice), kind="place", extra={"latitude": 1, "longitude": 2})
    assert (await old.until(type="message", room=sent.room, seq=sent.seq))["content"] == "here"
    await alice.__aexit__()
    await bob_there.__aexit__()
    await bob.__aexit__()


async def test_clients_resume_at_either_server(both: Both, at_previous: AtPrevious) -> None:
    alice, bob = await newcomer(both.previous.url), await newcomer(both.present.url)
    room = (await alice.create_room("all", "private", members=[user_id(bob)])).id
    watcher = Watcher(alice)
    await watcher.start()
    old = await at_previous(both.present, alice)
    version = (await bob.send("before", room=room)).version
    await old.until(room=room, version=version)
    since = dict(watcher.live.versions)
    for turn in range(3):
        watcher.live.drop()
        await old.call("drop", on="live")
        await bob.send("", room=room, kind="poll", extra=LUNCH)
        version = (await both.through_the_other(bob).send(f"turn {turn}", room=room)).version
        await watcher.until(lambda at=version: watcher.live.versions.get(room) == at, f"version {version}")
        await old.until(room=room, version=version)
    assert watcher.faults == []
    texts = [message.content for message in (await bob.history(room)).messages]
    assert [message.content for _, message in sorted(watcher.copies[room].items())] == texts
    # What the one gave as the last version is understood by the other.
    for server in (both.previous, both.present):
        resumed: list[int] = []
        async with Client(server.url, alice.token).live(since) as live:
            while not resumed or resumed[-1] < version:
                event = await asyncio.wait_for(anext(live), 60)
                resumed += [event.version] if getattr(event, "room", None) == room and hasattr(event, "seq") else []
        assert len(resumed) == len(set(resumed)) >= 6
    await watcher.stop()
    for client in (alice, bob):
        await client.__aexit__()


async def test_the_previous_release_works_on_a_newer_file(tmp_path: Path, sources: Path) -> None:
    """A step back on SQLite, and forward again: what the previous release does not know is still there."""
    data = tmp_path / "data"
    previous = Server(data, "rate_limits=off", prefix=prefix(sources), default_rooms=True)
    ((before,),) = previous.sql("SELECT version_num FROM alembic_version")
    previous.terminate()
    present = Server(data, "rate_limits=off", prefix=PREFIX)
    ((after,),) = present.sql("SELECT version_num FROM alembic_version")
    assert after > before
    alice = await newcomer(present.url)
    room = (await alice.create_room("room")).id
    poll = await alice.send("", room=room, kind="poll", extra=LUNCH)
    gone = await alice.send("", room=room, kind="poll", extra=LUNCH)
    present.terminate()
    # Releases up to this one refuse any revision they do not know.
    present.sql(f"UPDATE alembic_version SET version_num = '{before}'")
    previous.start()
    back = Client(previous.url, alice.token)
    assert (await back.message(room, poll.seq)).content == "Lunch? yes / no"
    await back.edit(room, poll.seq, "Lunch is over")
    await back.delete(room, gone.seq)
    await back.send("meanwhile", room=room)
    previous.terminate()
    present.sql(f"UPDATE alembic_version SET version_num = '{after}'")
    present.start()
    found = (await alice.history(room)).messages
    assert [(m.content, m.kind, m.extra) for m in found] == [
        ("Lunch is over", "poll", LUNCH), ("", "text", None), ("meanwhile", "text", None),
    ]  # fmt: skip
    assert "Traceback" not in previous.log + present.log
    previous.stop()
    present.stop()
    await back.__aexit__()
    await alice.__aexit__()


def test_the_user_of_a_clone_without_history_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.previous_release.COMMIT", "0" * 40)
    with pytest.raises(RuntimeError, match="not in this repository's history"):
        unpack(tmp_path)


async def test_threads_are_counted_whoever_stores_the_messages_between(both: Both) -> None:
    """The previous release shows replies as messages, and stores, deletes and reads without knowing of threads."""
    alice, bob = await newcomer(both.previous.url), await newcomer(both.present.url)
    alice_here = both.through_the_other(alice)
    room = (await alice.create_room("all", "private", members=[user_id(bob)])).id
    assert (await alice.send("shall we?", room=room)).seq == 1
    for text in ("yes", "or no", "yes"):
        await bob.send(text, room=room, thread=1)
    assert [m.content for m in (await alice.history(room)).messages] == ["shall we?", "yes", "or no", "yes"]
    assert (await alice.send("meanwhile", room=room)).seq == 5
    await alice.delete(room, 3)
    assert (await bob.send("and again", room=room, thread=1, also_in_room=True)).seq == 6
    page = await alice_here.thread(room, 1)
    assert page.root.thread is not None
    assert (page.root.thread.count, [m.seq for m in page.messages]) == (3, [2, 3, 4, 6])
    assert page.me is not None
    assert (page.me.following, page.me.unread) == (True, 3)
    assert [m.seq for m in (await alice_here.history(room, threads="apart")).messages] == [1, 5, 6]
    mine = (await alice_here.room(room)).me
    assert mine is not None
    assert (mine.read_seq, mine.unread) == (5, 1)
    await bob.send("one more", room=room)
    await alice.mark_read(room, 6)
    mine = (await alice_here.room(room)).me
    assert mine is not None
    assert (mine.read_seq, mine.unread) == (6, 1)
    for client in (alice, bob, alice_here):
        await client.__aexit__()
