"""Replies, history around a time, rooms marked as unread, over REST."""

import pytest

from hubbub.errors import InvalidInput, NotAllowed, NotFound
from tests.conftest import People, user_id
from tests.test_avatars import picture


async def test_the_answers_to_a_message_page_by_page(people: People) -> None:
    alice, bob, carol = await people(3)
    room = await alice.create_room(kind="private", members=[user_id(bob)])
    first = await alice.send("who comes?", room=room.id)
    for text in ("I do", "me too", "not me"):
        await bob.send(text, room=room.id, reply_to=first.seq)
        await bob.send("something else", room=room.id)
    page = await alice.replies(room.id, first.seq, limit=2)
    assert ([message.content for message in page.messages], page.has_more) == (["I do", "me too"], True)
    page = await alice.replies(room.id, first.seq, after=page.messages[-1].seq)
    assert ([message.content for message in page.messages], page.has_more) == (["not me"], False)
    assert (await alice.replies(room.id, 2)).messages == []
    # Rooms the user may not see and messages that do not exist reveal nothing.
    with pytest.raises(NotFound):
        await carol.replies(room.id, first.seq)
    with pytest.raises(NotFound):
        await alice.replies(room.id, 99)
    # A deleted reply remains as a tombstone.
    await bob.delete(room.id, 2)
    assert (await alice.replies(room.id, first.seq)).messages[0].deleted


async def test_history_around_a_time(people: People) -> None:
    (alice,) = await people(1)
    room = await alice.create_room(kind="private", name="diary")
    sent = [await alice.send(f"entry {number}", room=room.id) for number in range(5)]
    times = {"2000-01-01T00:00:00Z": [1, 2], "2000-01-01T00:00:00+05:30": [1, 2], "9000-01-01T00:00:00Z": [4, 5]}
    for since, expected in times.items():
        assert [m.seq for m in (await alice.history(room.id, since=since, limit=2)).messages] == expected
    assert sent[2].seq in {m.seq for m in (await alice.history(room.id, since=sent[2].at, limit=4)).messages}
    for nonsense in ("yesterday", "", "2000-13-01T00:00:00Z", "99999999999999999999"):
        with pytest.raises(InvalidInput):
            await alice.history(room.id, since=nonsense)


async def test_marking_as_unread_is_ones_own_and_ends_with_reading(people: People) -> None:
    alice, bob = await people(2)
    room = await alice.create_room(kind="private", name="plans", members=[user_id(bob)])
    await alice.send("hello", room=room.id)
    await bob.mark_read(room.id, 1)
    await bob.keep_own(room.id, marked_unread=True)
    mine, theirs = (await bob.room(room.id)).me, (await alice.room(room.id)).me
    assert mine is not None
    assert theirs is not None
    assert (mine.marked_unread, mine.unread, theirs.marked_unread) == (True, 0, False)
    await bob.mark_read(room.id, 1)
    mine = (await bob.room(room.id)).me
    assert mine is not None
    assert not mine.marked_unread
    with pytest.raises(NotAllowed):
        await alice._call("PATCH", f"/api/rooms/{room.id}/members/{user_id(bob)}", None, {"marked_unread": True})


async def test_the_client_uploads_an_avatar(people: People) -> None:
    alice, bob = await people(2)
    profile = await alice.set_avatar(picture())
    assert profile.user.avatar is not None
    assert profile.user.avatar.startswith("/api/avatars/")
    found = await bob.users(query=profile.user.username)
    assert [user.avatar for user in found] == [profile.user.avatar]
