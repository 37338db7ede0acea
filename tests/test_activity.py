"""Mentions of a user, and reactions to what they wrote: on each store, and over REST and `/ws`."""

from hubbub.chat import members, messages
from hubbub.chat.activity import ListActivity
from hubbub.chat.events import EntryEvent
from hubbub.chat.reactions import React
from hubbub.chat.stream_shapes import ActivityKind
from tests.conftest import newcomer
from tests.server import Server
from tests.stores import LIMITS, Chat


async def listed(chat: Chat, kind: ActivityKind, actor: int | None = None) -> list[str]:
    found = await chat.read(ListActivity(actor or chat.alice, kind, 50))
    return [one.message.content for one in found.activity]


async def react(chat: Chat, actor: int, room: int, seq: int, emoji: str = "👍", add: bool = True) -> None:
    await chat.write(React(actor, room, seq, emoji, "add" if add else "remove", LIMITS))


async def test_mentions_are_listed_the_latest_first_as_they_are_now(chat: Chat) -> None:
    room = await chat.room()
    first = await chat.post(chat.bob, room, "first @alice")
    await chat.post(chat.bob, room, "not you")
    await chat.post(chat.alice, room, "me, @alice")
    second = await chat.post(chat.bob, room, "second @alice")
    third = await chat.post(chat.bob, room, "third @alice")
    assert await listed(chat, "mention") == ["third @alice", "second @alice", "first @alice"]
    await chat.write(messages.DeleteMessage(chat.bob, room, second.seq))
    await chat.write(messages.amend(chat.bob, room, third.seq, "nobody", LIMITS))
    assert await listed(chat, "mention") == ["first @alice"]
    await chat.write(messages.amend(chat.bob, room, first.seq, "still @alice", LIMITS))
    assert await listed(chat, "mention") == ["still @alice"]


async def test_reactions_of_others_to_ones_own_messages_are_listed(chat: Chat) -> None:
    room = await chat.room()
    one = await chat.post(chat.alice, room, "one")
    two = await chat.post(chat.alice, room, "two")
    await react(chat, chat.alice, room, one.seq)
    assert await listed(chat, "reaction") == []
    await react(chat, chat.bob, room, two.seq)
    await react(chat, chat.bob, room, one.seq)
    assert await listed(chat, "reaction") == ["one", "two"]
    await react(chat, chat.bob, room, two.seq, "🎉")
    assert await listed(chat, "reaction") == ["two", "one"]
    assert await listed(chat, "reaction", chat.bob) == []
    await react(chat, chat.bob, room, one.seq, add=False)
    assert await listed(chat, "reaction") == ["two"]
    await chat.write(messages.DeleteMessage(chat.alice, room, two.seq))
    assert await listed(chat, "reaction") == []


async def test_only_what_one_may_read_now_is_listed_and_pages_go_on(chat: Chat) -> None:
    room = await chat.room()
    other = await chat.room(name="other")
    for number in range(5):
        await chat.post(chat.bob, room if number % 2 else other, f"{number} @alice")
    texts, after = [], None
    for _ in range(3):
        page = await chat.read(ListActivity(chat.alice, "mention", 2, after))
        texts += [one.message.content for one in page.activity]
        after = page.next
    assert (texts, after) == (["4 @alice", "3 @alice", "2 @alice", "1 @alice", "0 @alice"], None)
    await chat.write(members.RemoveMember(chat.alice, other, chat.alice, LIMITS))
    assert await listed(chat, "mention") == ["3 @alice", "1 @alice"]


async def test_a_reaction_is_told_live_to_the_author_and_listed_for_them(server: Server) -> None:
    alice, bob = await newcomer(server.url, "alice"), await newcomer(server.url, "bob")
    room = await alice.create_room("kitchen")
    await bob.join(room.id)
    message = await alice.send("lunch?", room.id)
    async with alice.live(stream=True) as live:
        await live.ready()
        await bob.react(room.id, message.seq, "👍")
        while not isinstance(event := await anext(live), EntryEvent):
            pass
        assert (event.kind, event.room, event.seq) == ("reaction", room.id, message.seq)
    await bob.send("soon @alice", room.id)
    (mention,) = (await alice.activity()).activity
    (reaction,) = (await alice.activity("reactions")).activity
    assert (mention.message.content, reaction.message.reactions[0].emoji) == ("soon @alice", "👍")
    assert (await bob.activity()).activity == []
    await alice.__aexit__()
    await bob.__aexit__()
