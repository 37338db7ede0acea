"""Scheduled messages: sent once at their time, as they were last changed, or kept with the reason."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hubbub.chat import accounts, clock, members, rooms, scheduled
from hubbub.chat.limits import Limits
from hubbub.client import Client
from hubbub.errors import InvalidInput, LimitExceeded, NotFound
from tests.conftest import MakeServer, People, newcomer, user_id
from tests.stores import Chat

LIMITS = Limits(scheduled_per_user=3)
HOUR = 3_600_000


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def listed(chat: Chat, user: int):
    return await chat.read(scheduled.ListScheduled(user, 100))


async def contents(chat: Chat, room: int) -> list[str]:
    return [message.content for message in (await chat.history(chat.alice, room)).messages]


async def send(chat: Chat, user: int, one, at: int) -> None:
    await chat.write(scheduled.SendScheduled(scheduled.Due(user, one.room, one.id, at), LIMITS))


async def test_it_is_sent_once_as_it_was_last_changed(chat: Chat) -> None:
    room, at = await chat.room(), clock.now() + HOUR
    one = await chat.write(scheduled.ScheduleMessage(chat.bob, room, "good morning @alice", at, LIMITS))
    assert (await listed(chat, chat.bob), await listed(chat, chat.alice)) == ([one], [])
    later = await chat.write(scheduled.ChangeScheduled(chat.bob, one.id, LIMITS, "good evening @alice", at + HOUR))
    assert (later.id, later.content, later.at) == (one.id, "good evening @alice", clock.rfc3339(at + HOUR))
    await send(chat, chat.bob, one, at)  # the job of its former time
    assert await contents(chat, room) == []
    await send(chat, chat.bob, one, at + HOUR)
    await send(chat, chat.bob, one, at + HOUR)
    (sent,) = (await chat.history(chat.alice, room)).messages
    assert (sent.content, sent.sender.id, sent.mentions) == ("good evening @alice", chat.bob, [chat.alice])
    assert await listed(chat, chat.bob) == []
    with pytest.raises(NotFound):
        await chat.write(scheduled.ChangeScheduled(chat.bob, one.id, LIMITS, "too late"))
    await chat.write(scheduled.DropScheduled(chat.bob, one.id))


async def test_who_asks_again_has_scheduled_it_once(chat: Chat) -> None:
    room, other, at = await chat.room(), await chat.room(name="other"), clock.now() + HOUR
    one = await chat.write(scheduled.ScheduleMessage(chat.bob, room, "tea", at, LIMITS))
    for _ in range(3):
        assert await chat.write(scheduled.ScheduleMessage(chat.bob, room, "tea", at, LIMITS)) == one
    await chat.write(scheduled.ScheduleMessage(chat.bob, other, "tea", at, LIMITS))
    await chat.write(scheduled.ScheduleMessage(chat.bob, room, "tea", at + 1, LIMITS))
    # Also where there is no space for one more.
    assert await chat.write(scheduled.ScheduleMessage(chat.bob, room, "tea", at, LIMITS)) == one
    assert len(await listed(chat, chat.bob)) == 3


async def test_what_is_refused_at_its_time_stays_with_the_reason(chat: Chat) -> None:
    room, at = await chat.room("private"), clock.now() + HOUR
    one = await chat.write(scheduled.ScheduleMessage(chat.bob, room, "still here?", at, LIMITS))
    await chat.write(members.RemoveMember(chat.alice, room, chat.bob, LIMITS))
    await send(chat, chat.bob, one, at)
    (failed,) = await listed(chat, chat.bob)
    assert failed.failed == "no_room"
    assert await contents(chat, room) == []
    changed = await chat.write(scheduled.ChangeScheduled(chat.bob, one.id, LIMITS, "hello"))
    assert (changed.content, changed.failed) == ("hello", "no_room")
    await chat.write(members.AddMember(chat.alice, room, LIMITS, chat.bob))
    again = await chat.write(scheduled.ChangeScheduled(chat.bob, one.id, LIMITS, at=at + HOUR))
    assert again.failed is None
    await send(chat, chat.bob, one, at + HOUR)
    assert await contents(chat, room) == ["hello"]


async def test_bad_input_is_refused_and_keeps_nothing(chat: Chat) -> None:
    room, now = await chat.room(), clock.now()
    wrong = [("", HOUR, "content"), ("x", -1, "at")]
    for content, ahead, field in wrong:
        with pytest.raises(InvalidInput) as refused:
            await chat.write(scheduled.ScheduleMessage(chat.bob, room, content, now + ahead, LIMITS))
        assert [error.field for error in refused.value.errors] == [field]
    with pytest.raises(InvalidInput):
        await chat.write(scheduled.ScheduleMessage(chat.bob, room, "x", now + HOUR, LIMITS, reply_to=5))
    with pytest.raises((InvalidInput, NotFound)):
        await chat.write(scheduled.ScheduleMessage(chat.bob, room, "x", now + HOUR, LIMITS, thread=5))
    with pytest.raises(NotFound):
        await chat.write(scheduled.ScheduleMessage(chat.carol, room, "x", now + HOUR, LIMITS))
    assert await listed(chat, chat.bob) == await listed(chat, chat.carol) == []
    made = [
        await chat.write(scheduled.ScheduleMessage(chat.bob, room, f"{n}", now + HOUR - n, LIMITS)) for n in range(3)
    ]
    assert [one.content for one in await listed(chat, chat.bob)] == ["2", "1", "0"]
    with pytest.raises(LimitExceeded):
        await chat.write(scheduled.ScheduleMessage(chat.bob, room, "x", now + HOUR, LIMITS))
    # Nobody else's.
    with pytest.raises(NotFound):
        await chat.write(scheduled.ChangeScheduled(chat.alice, made[0].id, LIMITS, "mine"))
    await chat.write(scheduled.DropScheduled(chat.alice, made[0].id))
    with pytest.raises(InvalidInput):
        await chat.write(scheduled.ChangeScheduled(chat.bob, made[0].id, LIMITS, at=now - 1))
    assert len(await listed(chat, chat.bob)) == 3
    await chat.write(scheduled.DropScheduled(chat.bob, made[0].id))
    assert len(await listed(chat, chat.bob)) == 2
    await chat.write(accounts.CloseAccount(chat.bob, LIMITS))
    await send(chat, chat.bob, made[1], now + HOUR - 1)
    assert await contents(chat, room) == []


async def test_it_can_be_sent_before_its_time(chat: Chat) -> None:
    room, at = await chat.room("private"), clock.now() + HOUR
    one = await chat.write(scheduled.ScheduleMessage(chat.bob, room, "now @alice", at, LIMITS))
    with pytest.raises(NotFound):
        await chat.write(scheduled.SendScheduledNow(chat.alice, one.id))
    now = await chat.write(scheduled.SendScheduledNow(chat.bob, one.id))
    assert clock.milliseconds(now.at) <= clock.now() + 1000
    await send(chat, chat.bob, one, at)  # the job of its former time
    assert await contents(chat, room) == []
    # It does not go when it is refused, and can be tried again.
    await chat.write(members.RemoveMember(chat.alice, room, chat.bob, LIMITS))
    await send(chat, chat.bob, one, clock.milliseconds(now.at))
    assert [each.failed for each in await listed(chat, chat.bob)] == ["no_room"]
    await chat.write(members.AddMember(chat.alice, room, LIMITS, chat.bob))
    again = await chat.write(scheduled.SendScheduledNow(chat.bob, one.id))
    await send(chat, chat.bob, one, clock.milliseconds(again.at))
    assert (await contents(chat, room), await listed(chat, chat.bob)) == (["now @alice"], [])
    with pytest.raises(NotFound):
        await chat.write(scheduled.SendScheduledNow(chat.bob, one.id))


async def test_a_deleted_room_takes_them_with_it(chat: Chat) -> None:
    room, at = await chat.room(), clock.now() + HOUR
    one = await chat.write(scheduled.ScheduleMessage(chat.alice, room, "x", at, LIMITS))
    await chat.write(rooms.DeleteRoom(chat.alice, room))
    await send(chat, chat.alice, one, at)
    assert [each.failed for each in await listed(chat, chat.alice)] in (["no_room"], [])


async def ended(client: Client, since: int, message: int) -> None:
    """Wait for the entry of a scheduled message that has been sent, or has failed."""
    async with client.live(stream=since) as live:
        async for event in live:
            if getattr(event, "kind", None) == "scheduled" and event.scheduled == message:
                left = {one.id: one for one in await client.scheduled()}
                if message not in left or left[message].failed is not None:
                    return


async def test_over_rest_and_after_a_restart(make_server: MakeServer) -> None:
    server = make_server()
    alice, bob = await newcomer(server.url), await newcomer(server.url)
    room = (await alice.create_room(kind="private", name="notes", members=[user_id(bob)])).id
    root = await bob.send("tea?", room=room)
    since = (await alice.stream()).position
    first = await alice.schedule(room, "/me yes", in_seconds(1), reply_to=root.seq)
    second = await alice.schedule(room, "in a thread", in_seconds(2), thread=root.seq, also_in_room=True)
    third = await alice.schedule(room, "never", in_seconds(3600))
    await alice.change_scheduled(third.id, content="not now")
    assert [one.content for one in await alice.scheduled()] == ["/me yes", "in a thread", "not now"]
    server.kill()
    server.start()
    await asyncio.gather(ended(alice, since, first.id), ended(alice, since, second.id))
    fourth = await alice.schedule(room, "at once", in_seconds(3600))
    since = (await alice.stream()).position
    assert (await alice.send_scheduled(fourth.id)).content == "at once"
    await ended(alice, since, fourth.id)
    await alice.drop_scheduled(third.id)
    assert await alice.scheduled() == []
    _, sent, reply, _ = (await bob.history(room)).messages
    assert (sent.content, sent.reply_to, sent.kind) == ("/me yes", root.seq, "text")
    assert reply.thread is not None
    assert (reply.content, reply.thread.root, reply.thread.also_in_room) == ("in a thread", root.seq, True)
    for client in (alice, bob):
        await client.__aexit__()


async def test_who_may_not_write_cannot_schedule(people: People) -> None:
    alice, bob = await people(2)
    hall = (await alice.create_room(kind="private", name="hall")).id
    with pytest.raises(NotFound):
        await bob.schedule(hall, "hello", in_seconds(60))
    for wrong in ("tomorrow", "9999-12-31T23:59:59-23:59", in_seconds(-5)):
        with pytest.raises(InvalidInput) as refused:
            await alice.schedule(hall, "hello", wrong)
        assert [error.field for error in refused.value.errors] == ["at"]
