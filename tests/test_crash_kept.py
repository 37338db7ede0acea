"""The server is killed at random moments: a user's stream has every acknowledged mention and mark once, a device that
follows it misses nothing, and what was saved, pinned or drafted is kept as it was acknowledged."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hubbub.chat.events import EntryEvent
from hubbub.chat.shapes import Message
from hubbub.client import Client
from hubbub.client.wire import StreamSynced
from hubbub.errors import InvalidInput, LimitExceeded, Unavailable
from tests.conftest import PASSWORD, MakeServer, newcomer, user_id
from tests.test_kept import in_seconds

KILLS = 8


async def test_nothing_of_a_stream_is_lost_when_the_server_is_killed(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "resync_after=100000")
    chance = random.Random(11)
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
    room = await alice.create_room("storm", kind="private", members=[user_id(bob)])
    await alice.send("the first", room=room.id)
    mentioned: list[int] = []
    saved: set[int] = set()
    pinned = False
    draft = ""
    done = 0
    progress, stopping = asyncio.Condition(), asyncio.Event()
    is_up = asyncio.Event()
    is_up.set()
    received: list[EntryEvent] = []
    reached = 0

    async def certainly(call: Callable[[], Awaitable[Any]]) -> Any:
        """The answer of a REST call, which is made again when the server was killed."""
        while True:
            await is_up.wait()
            with suppress(Unavailable):
                return await call()

    async def follow(client: Client) -> None:
        nonlocal reached
        async with client.live(stream=0) as live:
            async for event in live:
                if isinstance(event, EntryEvent):
                    received.append(event)
                if isinstance(event, EntryEvent | StreamSynced):
                    async with progress:
                        reached = event.position
                        progress.notify_all()

    async def advance() -> None:
        nonlocal done
        async with progress:
            done += 1
            progress.notify_all()

    async def mention() -> None:
        async with alice.live() as live:
            while not stopping.is_set():
                ack = await live.send("@bob?", room=room.id)
                assert ack.seq is not None
                mentioned.append(ack.seq)
                await advance()

    async def keep() -> None:
        nonlocal pinned, draft
        number = 0
        while not stopping.is_set():
            number += 1
            seq = chance.randint(1, 1 + len(mentioned))
            await certainly(lambda seq=seq: bob.save_message(room.id, seq))
            saved.add(seq)
            pinned = not pinned
            await certainly(lambda on=pinned: alice.pin(room.id, 1, on))
            draft = f"draft {number}"
            await certainly(lambda text=draft: bob.save_draft(room.id, text))
            await certainly(lambda on=number % 2 == 0: bob.keep_own(room.id, muted=on))
            await advance()

    following = asyncio.create_task(follow(bob))
    working = [asyncio.create_task(mention()), asyncio.create_task(keep())]
    for _ in range(KILLS):
        goal = done + chance.randint(5, 60)
        async with progress:
            await progress.wait_for(lambda goal=goal: done >= goal)
        is_up.clear()
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        is_up.set()
    stopping.set()
    await asyncio.gather(*working)

    entries, after, has_more = [], 0, True
    while has_more:
        page = await bob.stream(after, limit=200)
        entries, after, has_more = [*entries, *page.entries], page.position, page.has_more
    places = [(entry.kind, entry.room, entry.seq) for entry in entries]
    assert len(set(places)) == len(places)
    assert {entry.seq for entry in entries if entry.kind == "mention"} >= set(mentioned)
    async with progress:
        await progress.wait_for(lambda: reached >= after)
    positions = [event.position for event in received]
    assert positions == sorted(set(positions))
    # Of what changed several times the device has the last state, at the same position.
    latest = {(event.kind, event.room, event.seq): event for event in received}
    assert {place: event.position for place, event in latest.items()} == {
        place: entry.position for place, entry in zip(places, entries, strict=True)
    }
    (marks,) = [entry.me for entry in entries if entry.kind == "membership"]
    assert latest["membership", room.id, None].me == marks
    listed, place = set(), None
    while True:
        shown = await bob.saved(place, limit=200)
        listed |= {one.seq for one in shown.saved}
        if shown.next is None:
            break
        place = shown.next
    assert listed == saved
    assert [pin.message.seq for pin in await alice.pins(room.id)] == ([1] if pinned else [])
    assert (await bob.draft(room.id)).content == draft
    following.cancel()
    await asyncio.wait([following])
    for client in (alice, bob):
        await client.__aexit__()


async def test_what_is_scheduled_is_sent_once_and_who_was_invited_is_in(make_server: MakeServer) -> None:
    """The server is killed while messages come due, while they are scheduled, and while people register."""
    server = make_server("rate_limits=off", "scheduled_per_user=1000")
    alice = await newcomer(server.url, "alice")
    room = await alice.create_room("later", kind="private")
    made = await alice.invite(rooms=[room.id])
    vote = await alice.send("vote", room=room.id)
    acknowledged, asked, came = set[str](), set[str](), set[str]()
    liked = False
    progress, stopping, is_up = asyncio.Condition(), asyncio.Event(), asyncio.Event()
    is_up.set()

    async def schedule() -> None:
        while not stopping.is_set():
            text, at = f"later {len(asked)}", in_seconds(1 + len(asked) % 7 / 5)
            asked.add(text)
            while text not in acknowledged:
                await is_up.wait()
                try:
                    await alice.schedule(room.id, text, at)
                    acknowledged.add(text)
                except Unavailable:
                    continue
                except (InvalidInput, LimitExceeded):
                    # Meanwhile its time is over, or there are many: the machine is slow.
                    break
            async with progress:
                progress.notify_all()
            await asyncio.sleep(0.02)  # so that few are left to wait for

    async def like() -> None:
        nonlocal liked
        was_cut_off = False
        while was_cut_off or not stopping.is_set():
            await is_up.wait()
            was_cut_off = True
            with suppress(Unavailable):
                await alice.react(room.id, vote.seq, "👍", remove=liked)
                liked, was_cut_off = not liked, False

    async def register() -> None:
        for number in range(KILLS):
            name = f"guest{'abcdefgh'[number]}"
            with suppress(Unavailable):
                async with Client(server.url) as client:
                    await client.register(name, PASSWORD, invitation=made.code)
                    came.add(name)
            await is_up.wait()

    async with asyncio.TaskGroup() as working:
        for work in (schedule, like, register):
            working.create_task(work())
        for kill in range(KILLS // 2):
            async with progress:
                goal = len(acknowledged) + 5 + 5 * kill
                await progress.wait_for(lambda goal=goal: len(acknowledged) >= goal)
            is_up.clear()
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            is_up.set()
        stopping.set()
    async with alice.live(stream=(await alice.stream()).position) as live:
        events = aiter(live)
        while await alice.scheduled():
            await anext(events)
    sent = [message.content for message in await everything(alice, room.id) if message.content.startswith("later")]
    assert len(set(sent)) == len(sent)
    assert acknowledged <= set(sent) <= asked
    (shown,) = (await alice.invitations()).invitations
    members = {member.user.username for member in await alice.members(room.id)} - {"alice"}
    assert came <= {person.username for person in shown.people} == members
    assert shown.used == len(members)
    reactions = (await alice.message(room.id, vote.seq)).reactions
    assert [(one.emoji, one.count, one.users) for one in reactions] == [("👍", 1, [user_id(alice)])] * liked
    await alice.__aexit__()


async def everything(client: Client, room: int) -> list[Message]:
    """All messages of a room."""
    found: list[Message] = []
    while True:
        page = await client.history(room, after=found[-1].seq if found else 0, limit=200)
        found += page.messages
        if not page.has_more:
            return found
