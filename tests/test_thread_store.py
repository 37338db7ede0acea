"""Threads, as each store keeps them: replies, counts, who follows, on memory, SQLite and PostgreSQL."""

from random import Random

import pytest

from hubbub.chat import (
    accounts,
    changes,
    following,
    history,
    may_post,
    members,
    messages,
    reads,
    room_purge,
    rooms,
    thread_history,
)
from hubbub.chat.events import RoomCommitted, ThreadEvent
from hubbub.chat.shapes import Message, Thread
from hubbub.chat.thread_shapes import ThreadPage, ThreadReader
from hubbub.errors import InvalidInput, NotAllowed, NotFound
from tests.stores import LIMITS, Chat
from tests.thread_model import ModelThreads


async def reply(chat: Chat, actor: int, room: int, root: int, text: str = "a reply", also_in_room=False) -> Message:
    return await chat.post(actor, room, text, thread=root, also_in_room=also_in_room)


async def thread(chat: Chat, actor: int, room: int, root: int, **options) -> ThreadPage:
    return await chat.read(thread_history.ThreadHistory(actor, room, root, options.pop("limit", 50), **options))


async def place(chat: Chat, actor: int, room: int, root: int) -> ThreadReader:
    me = (await thread(chat, actor, room, root)).me
    assert me is not None
    return me


async def threads(chat: Chat, actor: int, limit: int = 50, **options) -> thread_history.FollowedThreads:
    return await chat.read(thread_history.ListFollowed(actor, limit, **options))


async def read(chat: Chat, actor: int, room: int, root: int, seq: int) -> ThreadReader:
    return await chat.write(following.MarkThreadRead(actor, room, root, seq))


async def follow(chat: Chat, actor: int, room: int, root: int, on: bool) -> ThreadReader:
    return await chat.write(following.FollowThread(actor, room, root, on))


async def test_replies_belong_to_their_root_and_are_messages_of_the_room(chat: Chat) -> None:
    room = await chat.room()
    root = await chat.post(chat.alice, room, "shall we?")
    await chat.post(chat.bob, room, "something else")
    first = await reply(chat, chat.bob, room, root.seq, "yes")
    second = await reply(chat, chat.alice, room, root.seq, "then let us", also_in_room=True)
    assert (first.seq, first.root, second.seq, second.root) == (3, 1, 4, 1)
    counts = Thread(count=2, last=4, last_at=second.at, people=[chat.alice, chat.bob])
    page = await thread(chat, chat.bob, room, root.seq)
    assert (page.root.content, page.root.thread) == ("shall we?", counts)
    assert [(m.content, m.thread) for m in page.messages] == [
        ("yes", Thread(1)),
        ("then let us", Thread(1, also_in_room=True)),
    ]
    # The room has all of them; whoever knows threads asks without what is shown there only.
    assert [m.seq for m in (await chat.history(chat.bob, room)).messages] == [1, 2, 3, 4]
    assert [m.seq for m in (await chat.history(chat.bob, room, in_room=True)).messages] == [1, 2, 4]
    # A reply is sent with the counts of its thread, whose root keeps its version.
    received = [event.event for event in chat.published if isinstance(event, RoomCommitted)][-1]
    assert received.thread == Thread(1, also_in_room=True, count=2, last=4, last_at=second.at, people=counts.people)
    changed = await chat.read(changes.ChangesSince(chat.bob, room, first.version - 1, 50, LIMITS))
    assert [(m.seq, m.thread.count) for m in changed.messages] == [(3, 2), (4, 2)]
    assert (await chat.read(history.OneMessage(chat.bob, room, 1))).version == root.version


async def test_a_thread_is_unread_for_those_who_follow_it_and_not_in_the_room(chat: Chat) -> None:
    room = await chat.room(who=[chat.bob, chat.carol])
    await chat.post(chat.alice, room, "shall we?")
    await chat.write(reads.MarkRead(chat.carol, room, 1))
    await reply(chat, chat.bob, room, 1, "yes")
    await reply(chat, chat.bob, room, 1, "ask @carol")
    # Its author, who was asked; those who were mentioned, from there on; who wrote has read it.
    assert await place(chat, chat.alice, room, 1) == ThreadReader(True, 1, 2, 0)
    assert await place(chat, chat.bob, room, 1) == ThreadReader(True, 3, 0, 0)
    assert await place(chat, chat.carol, room, 1) == ThreadReader(True, 2, 1, 1)
    mine = [await chat.mine(user, room) for user in (chat.alice, chat.bob, chat.carol)]
    assert [(me.unread, me.mentions) for me in mine] == [(0, 0), (1, 0), (0, 0)]
    await reply(chat, chat.bob, room, 1, "and this for all, @carol", also_in_room=True)
    mine = [await chat.mine(user, room) for user in (chat.alice, chat.bob, chat.carol)]
    assert [(me.unread, me.mentions) for me in mine] == [(1, 0), (0, 0), (1, 1)]
    assert await read(chat, chat.carol, room, 1, 3) == ThreadReader(True, 3, 1, 1)
    assert await read(chat, chat.carol, room, 1, 1) == ThreadReader(True, 3, 1, 1)
    assert (await chat.mine(chat.carol, room)).unread == 1
    events = [event for event in chat.published if isinstance(event, ThreadEvent)]
    assert [(event.user, event.following, event.read_seq) for event in events] == [
        (chat.bob, True, 2),
        (chat.alice, True, 1),
        (chat.carol, True, 2),
        (chat.carol, True, 3),
    ]


async def test_who_does_not_want_to_follow_does_not(chat: Chat) -> None:
    room = await chat.room(who=[chat.bob, chat.carol])
    await chat.post(chat.alice, room, "announcement")
    assert await follow(chat, chat.alice, room, 1, on=False) == ThreadReader(False, 1, 0, 0)
    await reply(chat, chat.bob, room, 1)
    assert await place(chat, chat.alice, room, 1) == ThreadReader(False, 1, 0, 0)
    assert (await threads(chat, chat.alice)).threads == []
    # From here on: what was there before is not unread.
    assert await follow(chat, chat.carol, room, 1, on=True) == ThreadReader(True, 2, 0, 0)
    await reply(chat, chat.bob, room, 1)
    assert await place(chat, chat.carol, room, 1) == ThreadReader(True, 2, 1, 0)
    await follow(chat, chat.carol, room, 1, on=False)
    assert await place(chat, chat.carol, room, 1) == ThreadReader(False, 2, 0, 0)
    # Being mentioned, also by an edit, and writing in it lead back.
    await chat.write(messages.amend(chat.bob, room, 3, "what does @carol say?", LIMITS))
    assert await place(chat, chat.carol, room, 1) == ThreadReader(True, 2, 1, 1)
    await reply(chat, chat.alice, room, 1, "well then")
    assert await place(chat, chat.alice, room, 1) == ThreadReader(True, 4, 0, 0)


async def test_what_was_deleted_is_not_counted_and_leaves_the_rest_right(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "shall we?")
    for text in ("one", "two @alice", "three"):
        await reply(chat, chat.bob, room, 1, text)
    await reply(chat, chat.bob, room, 1, "four", also_in_room=True)
    await chat.write(messages.DeleteMessage(chat.bob, room, 3))
    assert (await place(chat, chat.alice, room, 1), (await chat.mine(chat.alice, room)).unread) == (
        ThreadReader(True, 1, 3, 0),
        1,
    )
    received = [event.event for event in chat.published if isinstance(event, RoomCommitted)][-1]
    assert (received.deleted, received.thread.root, received.thread.count, received.thread.last) == (True, 1, 3, 5)
    await chat.write(messages.DeleteMessage(chat.bob, room, 5))
    assert (await place(chat, chat.alice, room, 1), (await chat.mine(chat.alice, room)).unread) == (
        ThreadReader(True, 1, 2, 0),
        0,
    )
    # The root may go: the thread stays, and goes on.
    await chat.write(messages.DeleteMessage(chat.alice, room, 1))
    await reply(chat, chat.bob, room, 1, "six")
    page = await thread(chat, chat.alice, room, 1)
    assert (page.root.deleted, page.root.thread.count) == (True, 3)
    assert [m.content for m in page.messages] == ["one", "", "three", "", "six"]


async def test_what_cannot_be_a_thread_is_refused_and_says_what_to_do(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "one")
    await chat.post(chat.alice, room, "two")
    await reply(chat, chat.bob, room, 1)
    await chat.write(messages.DeleteMessage(chat.alice, room, 2))
    before = len(chat.published)
    for root, code in ((3, "not_possible"), (2, "no_such"), (99, "no_such")):
        with pytest.raises(InvalidInput) as refused:
            await reply(chat, chat.bob, room, root)
        assert (refused.value.errors[0].field, refused.value.errors[0].code) == ("thread", code)
        with pytest.raises(InvalidInput):
            await chat.read(may_post.MayPost(chat.bob, room, thread=root))
    with pytest.raises(InvalidInput, match="give its root, 1"):
        await reply(chat, chat.bob, room, 3)
    with pytest.raises(InvalidInput, match="also_in_room"):
        messages.compose(chat.bob, "hello", LIMITS, room=room, also_in_room=True)
    for root, reason in ((3, "is_reply"), (2, "message_deleted"), (99, "no_message")):
        for work in (
            chat.read(thread_history.ThreadHistory(chat.bob, room, root, 50)),
            chat.write(following.FollowThread(chat.bob, room, root, True)),
            chat.write(following.MarkThreadRead(chat.bob, room, root, 1)),
        ):
            with pytest.raises(NotFound) as gone:
                await work
            assert gone.value.reason == reason
    with pytest.raises(InvalidInput, match="last message is 3"):
        await read(chat, chat.bob, room, 1, 4)
    with pytest.raises(InvalidInput, match="thread"):
        await chat.write(messages.compose(chat.alice, "hello", LIMITS, to=chat.carol, thread=1))
    assert len(chat.published) == before


async def test_only_those_of_the_room_have_its_threads(chat: Chat) -> None:
    room, open_to_all = await chat.room(), await chat.room(kind="public", name="square")
    for where in (room, open_to_all):
        await chat.post(chat.alice, where, "shall we?")
        await reply(chat, chat.bob, where, 1, "yes")
    for work in (
        chat.read(thread_history.ThreadHistory(chat.carol, room, 1, 50)),
        chat.write(messages.compose(chat.carol, "me too", LIMITS, room=room, thread=1)),
        chat.write(following.FollowThread(chat.carol, room, 1, True)),
        chat.write(following.MarkThreadRead(chat.carol, room, 1, 1)),
    ):
        with pytest.raises(NotFound):
            await work
    # A guest of a public room may write and read there, and keeps no place.
    await reply(chat, chat.carol, open_to_all, 1, "me too")
    assert (await thread(chat, chat.carol, open_to_all, 1)).me is None
    for command in (following.FollowThread(chat.carol, open_to_all, 1, True), following.MarkThreadRead(3, 2, 1, 1)):
        with pytest.raises(NotAllowed):
            await chat.write(command)
    assert (await threads(chat, chat.carol)).threads == []
    # Who leaves follows nothing there any more, and comes back as somebody new.
    assert [one.room for one in (await threads(chat, chat.bob)).threads] == [open_to_all, room]
    await chat.write(members.RemoveMember(chat.alice, room, chat.bob, LIMITS))
    assert [one.room for one in (await threads(chat, chat.bob)).threads] == [open_to_all]
    await chat.write(members.AddMember(chat.alice, room, LIMITS, chat.bob))
    assert [one.room for one in (await threads(chat, chat.bob)).threads] == [open_to_all]
    assert await place(chat, chat.bob, room, 1) == ThreadReader(False, 1, 0, 0)
    # An archived room can be read, and marked as read.
    await chat.write(rooms.ChangeRoom(chat.alice, room, archived=True))
    with pytest.raises(NotAllowed):
        await reply(chat, chat.alice, room, 1)
    assert (await read(chat, chat.alice, room, 1, 2)).unread == 0
    await chat.write(rooms.DeleteRoom(chat.alice, room))
    assert [one.room for one in (await threads(chat, chat.alice)).threads] == [open_to_all]
    while await chat.write(room_purge.PurgeRoom(room)):
        pass


async def test_people_write_to_each_other_in_threads_too(chat: Chat) -> None:
    first = (await chat.write(messages.compose(chat.alice, "lunch?", LIMITS, to=chat.bob))).message
    answer = (await chat.write(messages.compose(chat.bob, "yes", LIMITS, to=chat.alice, thread=first.seq))).message
    assert (answer.room, answer.root) == (first.room, 1)
    assert (await chat.mine(chat.alice, first.room)).unread == 0
    assert await place(chat, chat.alice, first.room, 1) == ThreadReader(True, 1, 1, 0)


async def test_the_same_key_is_the_same_reply(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "shall we?")
    once = await chat.post(chat.bob, room, "yes", thread=1, key="k")
    again = await chat.post(chat.bob, room, "yes", thread=1, key="k")
    assert (once.seq, once.root) == (again.seq, again.root)
    assert (await thread(chat, chat.alice, room, 1)).root.thread.count == 1


async def test_a_thread_and_a_room_are_read_by_pages(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "shall we?")
    apart = []
    for number in range(2, 22):
        if number % 5:
            apart.append((await reply(chat, chat.bob, room, 1)).seq)
        else:
            await chat.post(chat.alice, room, "meanwhile")
    seen: list[int] = []
    page = await thread(chat, chat.alice, room, 1, limit=6)
    while True:
        seen = [m.seq for m in page.messages] + seen
        if not page.has_more:
            break
        page = await thread(chat, chat.alice, room, 1, limit=6, before=seen[0])
    assert seen == apart
    page = await thread(chat, chat.alice, room, 1, limit=3, after=apart[2])
    assert ([m.seq for m in page.messages], page.has_more) == (apart[3:6], True)
    page = await thread(chat, chat.alice, room, 1, limit=3, after=apart[-3])
    assert ([m.seq for m in page.messages], page.has_more) == (apart[-2:], False)

    async def shown(**options) -> tuple[list[int], bool]:
        page = await chat.history(chat.alice, room, in_room=True, **options)
        return [m.seq for m in page.messages], page.has_more

    assert await shown() == ([1, 5, 10, 15, 20], False)
    assert await shown(limit=2) == ([15, 20], True)
    assert await shown(limit=2, before=10) == ([1, 5], False)
    assert await shown(limit=2, after=5) == ([10, 15], True)
    assert await shown(limit=2, after=10) == ([15, 20], False)
    assert await shown(limit=2, after=20) == ([], False)
    assert await shown(limit=3, around=11) == ([10, 15, 20], True)
    assert await shown(limit=3, around=1) == ([1, 5, 10], True)
    assert await shown(limit=3, around=99) == ([10, 15, 20], True)
    assert await shown(limit=9, around=7) == ([1, 5, 10, 15, 20], False)


async def test_a_page_of_the_room_has_the_notices_beside_what_it_leaves_out(chat: Chat) -> None:
    room = await chat.room()
    for number in range(4):
        await chat.post(chat.alice, room, "shall we?")
        for _ in range(number):
            await reply(chat, chat.bob, room, 1)
        await chat.write(rooms.ChangeRoom(chat.alice, room, topic=f"topic {number}"))
    everything = (await chat.history(chat.alice, room, with_notices=True)).notices
    assert [one.new for one in everything if one.kind == "topic"] == [f"topic {number}" for number in range(4)]
    assert (await chat.history(chat.alice, room, with_notices=True, in_room=True)).notices == everything
    # Page by page each comes once, in order, in either direction.
    seen, before = [], None
    while True:
        page = await chat.history(chat.alice, room, with_notices=True, in_room=True, limit=1, before=before)
        seen = page.notices + seen
        if not page.has_more:
            break
        before = page.messages[0].seq
    assert seen == everything
    seen, after = [], 0
    while True:
        page = await chat.history(chat.alice, room, with_notices=True, in_room=True, limit=1, after=after)
        seen += page.notices
        if not page.has_more:
            break
        after = page.messages[-1].seq
    assert seen == everything


async def test_the_threads_that_one_follows_are_listed_by_their_last_reply(chat: Chat) -> None:
    places = []
    for number in range(3):
        room = await chat.room(name=f"room {number}")
        for root in (1, 2):
            await chat.post(chat.alice, room, "shall we?")
            places.append((room, root))
    last = {place: await reply(chat, chat.bob, *place, "what says @alice?") for place in places}
    await chat.post(chat.alice, places[0][0], "nobody replies to this")
    last[places[0]] = await reply(chat, chat.bob, *places[0])
    newest_first = sorted(places, key=lambda place: (last[place].at, place[0], last[place].seq), reverse=True)
    listed = (await threads(chat, chat.alice)).threads
    assert [(one.room, one.root.seq) for one in listed] == newest_first
    counts = {(one.room, one.root.seq): (one.me.unread, one.me.mentions) for one in listed}
    assert counts == {place: (2, 1) if place == places[0] else (1, 1) for place in places}
    found, page = [], await threads(chat, chat.alice, 4)
    while True:
        found += [(one.room, one.root.seq) for one in page.threads]
        if page.next is None:
            break
        page = await threads(chat, chat.alice, 4, before=page.next)
    assert found == newest_first
    await read(chat, chat.alice, *places[3], last[places[3]].seq)
    listed = (await threads(chat, chat.alice, unread=True)).threads
    assert [(one.room, one.root.seq) for one in listed] == [place for place in newest_first if place != places[3]]
    assert (await threads(chat, chat.bob, unread=True)).threads == []


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_every_count_is_right(chat: Chat, seed: int) -> None:
    """At random, against a model that counts messages one by one."""
    random = Random(seed)
    people = {chat.alice: "alice", chat.bob: "bob", chat.carol: "carol"}
    room = await chat.room(who=[chat.bob, chat.carol])
    model = ModelThreads(set(people))
    for _ in range(120):
        user = random.choice(list(people))
        seq = random.randint(1, max(1, len(model.messages)))
        roots = [m.seq for m in model.messages if m.root is None and (not m.deleted or model.replies(m.seq))]
        what = random.choice(["post", "reply", "reply", "reply", "delete", "read", "thread", "follow", "edit"])
        called = {other for other in people if random.random() < 0.2}
        text = " ".join(["hello", *(f"@{people[other]}" for other in sorted(called))])
        if what == "post" or not roots:
            await chat.post(user, room, text)
            model.post(user, called)
        elif what == "reply":
            root, also = random.choice(roots), random.random() < 0.3
            await reply(chat, user, room, root, text, also)
            model.post(user, called, root, also)
        elif what == "delete":
            message = model.messages[seq - 1]
            await chat.write(messages.DeleteMessage(message.sender, room, seq))
            message.deleted, message.mentions = True, set()
        elif what == "edit":
            message = model.messages[seq - 1]
            if not message.deleted:
                await chat.write(messages.amend(message.sender, room, seq, text, LIMITS))
                model.edit(seq, called)
        elif what == "read":
            await chat.write(reads.MarkRead(user, room, seq))
            model.read(user, seq)
        elif what == "thread":
            root = random.choice(roots)
            seq = random.randint(1, max([root, *(m.seq for m in model.replies(root))]))
            await read(chat, user, room, root, seq)
            model.read_thread(user, root, seq)
        else:
            root, on = random.choice(roots), random.random() < 0.5
            await follow(chat, user, room, root, on)
            model.follow(user, root, on)
        for who in people:
            me = await chat.mine(who, room)
            assert (me.unread, me.mentions) == model.unread(who)
            assert [one.me for one in await chat.read(rooms.MyRooms(who))] == [me]
    for root in roots:
        found = await thread(chat, chat.alice, room, root)
        assert [m.seq for m in found.messages] == [m.seq for m in model.replies(root)]
        alive = sum(not message.deleted for message in model.replies(root))
        assert alive == (0 if found.root.thread is None else found.root.thread.count)
        for who in people:
            assert await place(chat, who, room, root) == ThreadReader(*model.place(who, root))
    for who in people:
        found, listed = await threads(chat, who, limit=1), (await threads(chat, who)).threads
        assert [one.root.seq for one in listed] == model.followed(who)
        # Of all threads, however many are on the page.
        assert found.unread == sum(model.place(who, root)[2] > 0 for root in model.followed(who))
        assert len((await threads(chat, who, unread=True)).threads) == found.unread
        assert all(one.me == ThreadReader(*model.place(who, one.root.seq)) for one in listed)
    assert (await chat.read(accounts.AccountOf(chat.alice))).id == chat.alice


async def test_only_a_new_mention_makes_somebody_follow_again(chat: Chat) -> None:
    room = await chat.room("private", who=[chat.bob, chat.carol])
    root = (await chat.post(chat.alice, room, "tea?")).seq
    first = await reply(chat, chat.alice, room, root, "helo @bob")
    await follow(chat, chat.bob, room, root, on=False)
    await chat.write(messages.amend(chat.alice, room, first.seq, "hello @bob", LIMITS))
    assert not (await place(chat, chat.bob, room, root)).following
    await reply(chat, chat.bob, room, root, "yes")
    await reply(chat, chat.alice, room, root, "good")
    # Named by an edit of an old reply: what was said since is not unread.
    await chat.write(messages.amend(chat.alice, room, first.seq, "hello @bob and @carol", LIMITS))
    assert await place(chat, chat.carol, room, root) == ThreadReader(True, 4, 0, 0)
    # By an edit of the latest one: that is unread.
    await follow(chat, chat.carol, room, root, on=False)
    last = await reply(chat, chat.alice, room, root, "milk?")
    await chat.write(messages.amend(chat.alice, room, last.seq, "milk, @carol?", LIMITS))
    assert (await place(chat, chat.carol, room, root)).mentions == 1
