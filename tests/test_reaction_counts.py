"""Many reactions to one message: the number, the first twenty users and the reader's own travel, the rest on demand."""

import asyncio
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec import UNSET

from hubbub.chat import accounts, changes, history, messages, pins, reactions, rooms
from hubbub.chat.events import RoomCommitted
from hubbub.client import Client
from hubbub.errors import NotFound
from hubbub.store.sql.database import Database
from tests.conftest import People, user_id
from tests.server import sql
from tests.stores import LIMITS, Chat

MANY = 45


async def add_people(store) -> list[int]:
    return [(await store.write(accounts.AddAccount(f"one{n}", f"One {n}", "x"))).id for n in range(MANY)]


async def test_counts_and_the_first_twenty_are_exact(chat: Chat) -> None:
    """Against a list of who reacted, through adding and taking back, edits, pins and deletion."""
    random = Random("reactions")
    people = await add_people(chat)
    room = await chat.room("public")
    await chat.post(chat.alice, room, "vote")
    await chat.post(chat.alice, room, "another")
    expected: dict[str, list[int]] = defaultdict(list)
    emojis = ["👍", "❤️"]
    for step in range(400):
        actor, emoji = random.choice(people), random.choice(emojis)
        users = expected[emoji]
        op = "add" if len(users) < 25 or random.random() < 0.55 else "remove"
        answer = await chat.write(reactions.React(actor, room, 1, emoji, op, LIMITS))
        if op == "add" and actor not in users:
            users.append(actor)
        elif op == "remove" and actor in users:
            users.remove(actor)
        if step == 150:
            await chat.write(messages.amend(chat.alice, room, 1, "vote!", LIMITS))
        if step == 250:
            await chat.write(pins.PinMessage(chat.alice, room, 1, True, LIMITS))
        stored = await chat.read(history.OneMessage(actor, room, 1))
        for message in (answer, stored):
            found = {each.emoji: (each.count, each.users, each.mine) for each in message.reactions}
            assert found == {
                emoji: (
                    len(users),
                    [*users[:20], *({actor} & set(users[20:]))],
                    UNSET if len(users) <= 20 else actor in users,
                )
                for emoji, users in expected.items()
                if users
            }
    version = (await chat.read(rooms.OneRoom(chat.alice, room))).version
    late = expected["👍"][-1]
    assert late not in expected["👍"][:20]
    await chat.write(messages.amend(chat.alice, room, 1, "vote now", LIMITS))
    # Wherever a single reader is answered they are named; an event is the same for everybody.
    found = await chat.read(changes.ChangesSince(late, room, version, 10, LIMITS))
    (pin,) = await chat.read(pins.Pins(late, room, LIMITS))
    page = await chat.history(late, room)
    for message in (found.messages[0], pin.message, page.messages[0]):
        assert late in message.reactions[0].users
    assert page.messages[1].reactions == []
    event = chat.published[-1]
    assert isinstance(event, RoomCommitted)
    assert [(each.users, each.count) for each in event.event.reactions] == [
        (expected[each.emoji][:20], len(expected[each.emoji])) for each in event.event.reactions
    ]

    async def page_of(emoji: str, after: int, limit: int) -> list[int]:
        return [user.id for user in await chat.read(reactions.Reactors(late, room, 1, emoji, after, limit))]

    everybody = sorted(expected["👍"])
    assert await page_of("👍", 0, 200) == everybody
    assert await page_of("👍", everybody[9], 5) == everybody[10:15]
    assert await page_of("🎉", 0, 200) == []
    with pytest.raises(NotFound):
        await chat.read(reactions.Reactors(late, room, 3, "👍", 0, 10))
    await chat.write(messages.DeleteMessage(chat.alice, room, 1))
    with pytest.raises(NotFound):
        await page_of("👍", 0, 200)
    assert (await chat.read(history.OneMessage(late, room, 1))).reactions == []


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_beside_a_server_without_counts(database: str, tmp_path: Path, request) -> None:
    """A server of the release before writes reactions and not their counts: they are counted when they are read."""
    file = tmp_path / "hubbub.db"
    url = f"sqlite:///{file}" if database == "sqlite" else request.getfixturevalue("postgres").database()
    await asyncio.to_thread(Database(url).migrate)
    store = await Database(url).open(lambda events: None)
    people = await add_people(store)
    room = (await store.write(rooms.CreateRoom(people[0], "public", LIMITS, "hall"))).room.id
    await store.write(messages.compose(people[0], "vote", LIMITS, room=room))
    for person in people[:30]:
        await store.write(reactions.React(person, room, 1, "👍", "add", LIMITS))
    await store.close()
    for person in people[30:33]:
        # As that release does it.
        version = f"(SELECT version FROM rooms WHERE id = {room})"
        for statement in (
            f"UPDATE rooms SET version = version + 1 WHERE id = {room}",
            f"INSERT INTO reactions VALUES ({room}, 1, '👍', {person}, {version})",
            f"UPDATE messages SET version = {version} WHERE room_id = {room} AND seq = 1",
        ):
            if database == "postgresql":
                await asyncio.to_thread(sql, url, statement)
            else:
                with closing(sqlite3.connect(file)) as connection, connection:
                    connection.execute(statement)
    store = await Database(url).open(lambda events: None)
    message = await store.read(history.OneMessage(people[31], room, 1))
    assert [(r.count, r.users) for r in message.reactions] == [(33, [*people[:20], people[31]])]
    answer = await store.write(reactions.React(people[40], room, 1, "👍", "add", LIMITS))
    assert [(r.count, r.users) for r in answer.reactions] == [(34, [*people[:20], people[40]])]
    await store.close()


async def test_over_rest_and_the_live_connection(people: People, sockets) -> None:
    """Twenty-two of a room react: the last one finds themselves among the users, and everybody by the list."""
    crowd: list[Client] = await people(22)
    room = (await crowd[0].create_room(f"hall of {crowd[0].user.username}")).id
    await crowd[0].send("vote", room=room)
    for one in crowd[1:]:
        await one.join(room)
    for one in crowd:
        await one.react(room, 1, "👍")
    last = user_id(crowd[-1])
    (mine,) = (await crowd[-1].message(room, 1)).reactions
    (theirs,) = (await crowd[0].message(room, 1)).reactions
    assert (mine.count, len(mine.users), mine.users[-1]) == (22, 21, last)
    assert (theirs.count, theirs.users) == (22, [user_id(one) for one in crowd[:20]])
    found = await crowd[0].reactors(room, 1, "👍")
    assert [user.id for user in found] == sorted(user_id(one) for one in crowd)
    assert await crowd[0].reactors(room, 1, "👍", after=found[-2].id, limit=5) == found[-1:]
    socket = await sockets(crowd[0])
    await crowd[-1].react(room, 1, "👍", remove=True)
    await socket.expect("reaction", user=last, op="remove")
    (left,) = (await crowd[-1].message(room, 1)).reactions
    assert (left.count, left.users) == (21, [user_id(one) for one in crowd[:20]])
