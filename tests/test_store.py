"""The contract of a store, for each implementation: memory, SQLite, PostgreSQL."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from hubbub.chat import (
    accounts,
    changes,
    following,
    history,
    may_post,
    members,
    messages,
    password_changes,
    profile_changes,
    reactions,
    reads,
    receipts,
    room_purge,
    rooms,
    sessions,
    timeline,
    user_stream,
)
from hubbub.chat.events import (
    DeliveredEvent,
    MemberEvent,
    MessageEvent,
    RoomCommitted,
    SessionsEnded,
    UserCommitted,
)
from hubbub.chat.limits import Limits
from hubbub.chat.message_kinds import MessageKind, MessageKinds
from hubbub.chat.records import NoticeRecord
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.stream_shapes import Entry, Marks, ThreadMarks
from hubbub.chat.transaction import Snapshot
from hubbub.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotAuthenticated, NotFound
from hubbub.store.memory.store import MemoryStore
from hubbub.store.sql.database import Database
from tests.stores import LIMITS, Chat


class Place(Struct):
    latitude: float
    names: list[str]


class NoticesKept(Struct, frozen=True):
    """A query: a room's notices, without a check of permissions."""

    room: int

    def answer(self, snapshot: Snapshot) -> list[NoticeRecord]:
        return snapshot.notices.page(self.room, 0, LARGEST_ID, 9, newest=True)


async def test_the_list_of_rooms_shows_each_as_it_is_shown_alone(chat: Chat) -> None:
    """The list counts what is unread in all rooms at once."""
    for number in range(5):
        room = await chat.room(kind=("private", "public")[number % 2], name=f"room {number}")
        for seq in range(1, 6):
            await chat.post(chat.alice, room, ("hello", "hello @bob", "@bob @carol")[(seq + number) % 3])
        await chat.write(messages.DeleteMessage(chat.alice, room, 1 + number))
        await chat.write(reads.MarkRead(chat.bob, room, number))
    await chat.write(messages.compose(chat.carol, "just you", LIMITS, to=chat.bob))
    await chat.write(messages.compose(chat.bob, "and you, @alice", LIMITS, to=chat.alice))
    await chat.write(rooms.DeleteRoom(chat.alice, 2))
    for user in (chat.alice, chat.bob, chat.carol):
        listed = await chat.read(rooms.MyRooms(user))
        assert listed == [await chat.read(rooms.OneRoom(user, room.id)) for room in listed]
    counts = [(room.me.unread, room.me.mentions) for room in await chat.read(rooms.MyRooms(chat.bob))]
    assert len(set(counts)) > 3, counts


async def test_the_first_account_is_the_administrator(chat: Chat) -> None:
    assert (await chat.read(accounts.AccountOf(chat.alice))).admin
    assert not (await chat.read(accounts.AccountOf(chat.bob))).admin


@pytest.mark.parametrize("name", ["alice", "ALICE", "ａｌｉｃｅ", "аlice", "a1ice", "alIce"])
async def test_names_that_are_or_look_the_same_are_taken_once(chat: Chat, name: str) -> None:
    with pytest.raises(Conflict):
        await chat.write(accounts.AddAccount(name, name, "hash"))


async def test_a_closed_account_keeps_its_name_from_others_and_what_it_said(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.bob, room, "I was here")
    await chat.write(accounts.CloseAccount(chat.bob, LIMITS))
    (message,) = (await chat.history(chat.alice, room)).messages
    assert (message.content, message.sender.username) == ("I was here", f"deleted-{chat.bob}")
    assert [m.user.username for m in await chat.read(members.Members(chat.alice, room, 0, 9))] == ["alice"]
    with pytest.raises(NotFound):
        await chat.read(accounts.AccountOf(chat.bob))
    with pytest.raises(NotAuthenticated):
        await chat.post(chat.bob, room, "from beyond")
    for name in ("bob", "Bob", "b\u043eb"):
        with pytest.raises(Conflict):
            await chat.write(accounts.AddAccount(name, "another", "hash"))


async def test_the_directory_is_paged_and_searched(chat: Chat) -> None:
    assert [u.username for u in await chat.read(accounts.Directory("", 0, 2))] == ["alice", "bob"]
    assert [u.username for u in await chat.read(accounts.Directory("", chat.bob, 2))] == ["carol"]
    assert [u.username for u in await chat.read(accounts.Directory("CA", 0, 9))] == ["carol"]
    assert [u.username for u in await chat.read(accounts.Directory("", 0, 9, only=[chat.carol]))] == ["carol"]
    assert await chat.read(accounts.Directory("%", 0, 9)) == []


async def test_sessions_end_at_once_and_are_published(chat: Chat) -> None:
    one, two = [await chat.write(sessions.StartSession(chat.alice, "hash", "x\n", "::1", 30)) for _ in range(2)]
    assert (await chat.read(sessions.Identify(one.id))).user == chat.alice
    with pytest.raises(NotFound):
        await chat.write(sessions.EndSession(chat.bob, one.id))
    await chat.write(sessions.EndSession(chat.alice, one.id))
    assert chat.published[-1] == SessionsEnded([one.id])
    with pytest.raises(NotAuthenticated):
        await chat.read(sessions.Identify(one.id))
    assert [s.id for s in await chat.read(sessions.MySessions(chat.alice, two.id))] == [two.id]
    with pytest.raises(NotAuthenticated):
        await chat.write(sessions.StartSession(chat.alice, "another hash", "x", "::1", 30))


async def test_a_password_change_ends_all_sessions_and_renews_one(chat: Chat) -> None:
    own, other = [await chat.write(sessions.StartSession(chat.alice, "hash", "x", "::1", 30)) for _ in range(2)]
    renewed = await chat.write(password_changes.ChangePassword(chat.alice, "new", "hash", own.id, "::2", 30))
    assert [s.id for s in await chat.read(sessions.MySessions(chat.alice, renewed.id))] == [renewed.id]
    assert renewed.id not in (own.id, other.id)
    assert chat.published[-2] == SessionsEnded([other.id], reason="password changed")
    assert (chat.published[-1].sessions, chat.published[-1].close_code) == ([own.id], 4402)
    with pytest.raises(Conflict):
        await chat.write(password_changes.SetPassword(chat.alice, "third", "hash"))
    with pytest.raises(NotAuthenticated):
        await chat.write(password_changes.ChangePassword(chat.alice, "third", "new", own.id, "::2", 30))
    with pytest.raises(NotAuthenticated):
        await chat.write(password_changes.ChangePassword(chat.bob, "third", "new", renewed.id, "::2", 30))


async def test_a_ticket_is_good_once_and_for_its_use(chat: Chat) -> None:
    session = await chat.write(sessions.StartSession(chat.alice, "hash", "x", "::1", 30))
    ticket = await chat.write(sessions.IssueTicket(session.id, "socket"))
    assert (await chat.write(sessions.RedeemTicket(ticket, "socket"))).session == session.id
    for wrong, use in ((ticket, "socket"), (await chat.write(sessions.IssueTicket(session.id, "file")), "socket")):
        with pytest.raises(NotAuthenticated):
            await chat.write(sessions.RedeemTicket(wrong, use))


async def test_seq_and_version_grow_without_a_hole(chat: Chat) -> None:
    room = await chat.room()
    posted = [await chat.post(chat.alice, room, f"m{number}") for number in range(3)]
    # Two notices: the room was created, and a member was added.
    assert [(m.seq, m.version) for m in posted] == [(1, 5), (2, 6), (3, 7)]
    edited = await chat.write(messages.amend(chat.alice, room, 1, "edited", LIMITS))
    assert (edited.seq, edited.version) == (1, 8)
    versions = [e.version for e in chat.published if isinstance(e, RoomCommitted) and e.room == room]
    assert versions == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_key_is_one_message_for_ever(chat: Chat) -> None:
    room, other = await chat.room(), await chat.room(name="other")
    first = await chat.write(messages.compose(chat.alice, "first", LIMITS, room=room, key="k"))
    received = len(chat.published)
    again = await chat.write(messages.compose(chat.alice, "second", LIMITS, room=room, key="k"))
    assert (first.created, again.created, again.message.content) == (True, False, "first")
    assert len(chat.published) == received
    assert (await chat.post(chat.bob, room, "bob's own", key="k")).seq == 2
    assert (await chat.post(chat.alice, other, "elsewhere", key="k")).seq == 1


async def test_simultaneous_sends_with_one_key_store_one(chat: Chat) -> None:
    room = await chat.room()
    command = messages.compose(chat.alice, "once", LIMITS, room=room, key="k")
    posted = await asyncio.gather(*(chat.write(command) for _ in range(20)))
    assert {p.message.seq for p in posted} == {1}
    assert sum(p.created for p in posted) == 1


async def test_simultaneous_direct_rooms_are_one(chat: Chat) -> None:
    sends = [messages.compose(chat.alice, "hi", LIMITS, to="bob"), messages.compose(chat.bob, "hi", LIMITS, to="alice")]
    posted = await asyncio.gather(*(chat.write(command) for command in sends * 10))
    assert len({p.message.room for p in posted}) == 1
    assert sorted(p.message.seq for p in posted) == list(range(1, 21))


async def test_a_message_keeps_its_kind_and_extra_until_it_is_deleted(chat: Chat) -> None:
    room, other = await chat.room(), await chat.room()
    kinds = MessageKinds(MessageKind("place", Place, editable=True))
    home = {"latitude": 48.2, "names": ["home", "\u2603"]}
    sent = await chat.post(chat.alice, room, "here", kind="place", extra=home, kinds=kinds, key="k")
    plain = await chat.post(chat.alice, room, "a text")
    await chat.write(reactions.React(chat.bob, room, sent.seq, "👍", "add", LIMITS))
    again = await chat.post(chat.alice, room, "other", key="k")
    for found in (again, *(await chat.history(chat.bob, room)).messages, await chat.post(chat.bob, other, "x")):
        is_place = (found.room, found.seq) == (room, sent.seq)
        assert (found.kind, found.extra) == (("place", home) if is_place else ("text", None))
    await chat.write(messages.amend(chat.alice, room, sent.seq, "there", LIMITS))
    work = {"latitude": 48.3, "names": []}
    amended = messages.amend(chat.alice, room, sent.seq, "there", LIMITS, kind="place", extra=work, kinds=kinds)
    await chat.write(amended)
    present = await chat.read(history.OneMessage(chat.bob, room, sent.seq))
    assert (present.content, present.kind, present.extra) == ("there", "place", work)
    with pytest.raises(InvalidInput, match="of kind text"):
        await chat.write(msgspec.structs.replace(amended, seq=plain.seq))
    await chat.write(messages.DeleteMessage(chat.alice, room, sent.seq))
    gone = await chat.read(history.OneMessage(chat.bob, room, sent.seq))
    assert (gone.content, gone.kind, gone.extra, gone.deleted) == ("", "text", None, True)
    received = [e.event for e in chat.published if isinstance(e, RoomCommitted) and isinstance(e.event, MessageEvent)]
    of_room = [(event.kind, event.extra) for event in received if event.room == room and event.seq == sent.seq]
    assert of_room == [("place", home), ("place", home), ("place", work), ("text", None)]


async def test_edit_keeps_what_was_said_and_delete_erases_it(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "one")
    await chat.write(messages.amend(chat.alice, room, 1, "two", LIMITS))
    await chat.write(messages.amend(chat.alice, room, 1, "three", LIMITS))
    assert [e.content for e in await chat.read(history.Edits(chat.bob, room, 1))] == ["one", "two"]
    with pytest.raises(NotAllowed):
        await chat.write(messages.amend(chat.bob, room, 1, "not mine", LIMITS))
    await chat.write(messages.DeleteMessage(chat.alice, room, 1))
    (tombstone,) = (await chat.history(chat.bob, room)).messages
    assert (tombstone.seq, tombstone.content, tombstone.deleted) == (1, "", True)
    for query in (history.Edits(chat.bob, room, 1),):
        with pytest.raises(NotFound):
            await chat.read(query)
    with pytest.raises(NotFound):
        await chat.write(messages.amend(chat.alice, room, 1, "again", LIMITS))


async def test_a_message_posted_edited_and_deleted_in_one_batch(chat: Chat) -> None:
    room = await chat.room()
    await asyncio.gather(
        chat.write(messages.compose(chat.alice, "hi @bob", LIMITS, room=room)),
        chat.write(messages.amend(chat.alice, room, 1, "hi @bob, edited", LIMITS)),
        chat.write(messages.compose(chat.alice, "two @bob", LIMITS, room=room)),
        chat.write(reactions.React(chat.bob, room, 1, "👍", "add", LIMITS)),
        chat.write(messages.DeleteMessage(chat.alice, room, 2)),
    )
    page = await chat.history(chat.bob, room)
    assert [(m.seq, m.content, m.deleted, m.mentions) for m in page.messages] == [
        (1, "hi @bob, edited", False, [chat.bob]),
        (2, "", True, []),
    ]
    assert [(r.emoji, r.users) for r in page.messages[0].reactions] == [("👍", [chat.bob])]
    assert ((await chat.mine(chat.bob, room)).unread, (await chat.mine(chat.bob, room)).mentions) == (1, 1)


async def test_history_is_paged_by_position(chat: Chat) -> None:
    room = await chat.room()
    for number in range(1, 11):
        await chat.post(chat.alice, room, f"m{number}")

    async def seqs(**options):
        page = await chat.history(chat.bob, room, **options)
        return [m.seq for m in page.messages], page.has_more

    assert await seqs(limit=3) == ([8, 9, 10], True)
    assert await seqs(limit=3, before=4) == ([1, 2, 3], False)
    assert await seqs(limit=3, before=1) == ([], False)
    assert await seqs(limit=3, after=8) == ([9, 10], False)
    assert await seqs(limit=3, after=0) == ([1, 2, 3], True)
    assert await seqs(limit=3, after=10) == ([], False)
    assert await seqs(limit=4, around=5) == ([3, 4, 5, 6], True)
    assert await seqs(limit=4, around=10) == ([7, 8, 9, 10], True)
    assert await seqs(limit=4, around=1) == ([1, 2, 3, 4], True)
    assert await seqs(limit=50, around=5) == (list(range(1, 11)), False)
    assert await seqs(after=3, before=8) == ([4, 5, 6, 7], False)
    assert await seqs(after=3, before=8, limit=2) == ([4, 5], True)
    assert await seqs(before=3, after=3) == ([], False)
    assert await seqs(around=5, after=3, before=7, limit=9) == ([4, 5, 6], False)


async def test_unread_is_what_is_there_to_read(chat: Chat) -> None:
    room = await chat.room()
    for text in ("one", "two @bob", "three", "four @bob"):
        await chat.post(chat.alice, room, text)
    assert ((await chat.mine(chat.bob, room)).unread, (await chat.mine(chat.bob, room)).mentions) == (4, 2)
    assert (await chat.mine(chat.alice, room)).unread == 0
    await chat.write(messages.DeleteMessage(chat.alice, room, 2))
    marked = await chat.write(reads.MarkRead(chat.bob, room, 1))
    assert (marked.seq, marked.unread, marked.mentions) == (1, 2, 1)
    back = await chat.write(reads.MarkRead(chat.bob, room, 0))
    assert back.seq == 1
    with pytest.raises(InvalidInput):
        await chat.write(reads.MarkRead(chat.bob, room, 5))
    await chat.post(chat.bob, room, "I answer, so I have read")
    assert (await chat.mine(chat.bob, room)).unread == 0
    await chat.write(members.AddMember(chat.alice, room, LIMITS, chat.carol))
    assert (await chat.mine(chat.carol, room)).unread == 0


async def test_an_edit_moves_the_mentions(chat: Chat) -> None:
    room = await chat.room(who=[])
    await chat.write(members.AddMember(chat.alice, room, LIMITS, "bob"))
    await chat.post(chat.alice, room, "hello @bob and @carol, mail a@alice.example")
    (message,) = (await chat.history(chat.bob, room)).messages
    assert message.mentions == [chat.bob]
    await chat.write(messages.amend(chat.alice, room, 1, "hello nobody", LIMITS))
    assert (await chat.mine(chat.bob, room)).mentions == 0
    await chat.write(messages.amend(chat.alice, room, 1, "hello again @BOB.", LIMITS))
    assert (await chat.mine(chat.bob, room)).mentions == 1


async def test_reactions_are_real_emoji_once_each(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "react!")

    async def react(actor, emoji, op="add"):
        message = await chat.write(reactions.React(actor, room, 1, emoji, op, LIMITS))
        return {reaction.emoji: reaction.users for reaction in message.reactions}

    assert await react(chat.alice, "❤") == {"❤️": [chat.alice]}
    assert await react(chat.bob, "❤️") == {"❤️": [chat.alice, chat.bob]}
    version = (await chat.read(rooms.OneRoom(chat.bob, room))).version
    await react(chat.bob, "❤️")
    assert (await chat.read(rooms.OneRoom(chat.bob, room))).version == version
    await react(chat.bob, "👍🏽")
    with pytest.raises(LimitExceeded):
        await react(chat.bob, "🎉")
    for wrong in ("a", ":)", "👍👍", "", "1"):
        with pytest.raises(InvalidInput):
            await react(chat.bob, wrong)
    assert await react(chat.alice, "❤️", "remove") == {"❤️": [chat.bob], "👍🏽": [chat.bob]}
    assert await react(chat.bob, "❤️", "remove") == {"👍🏽": [chat.bob]}
    (stored,) = (await chat.history(chat.bob, room)).messages
    assert {reaction.emoji: reaction.users for reaction in stored.reactions} == {"👍🏽": [chat.bob]}


async def test_changes_since_give_each_changed_message_once(chat: Chat) -> None:
    room = await chat.room()
    for number in range(4):
        await chat.post(chat.alice, room, f"m{number}")
    since = (await chat.read(rooms.OneRoom(chat.bob, room))).version
    await chat.write(messages.amend(chat.alice, room, 2, "edited", LIMITS))
    await chat.write(messages.amend(chat.alice, room, 2, "edited twice", LIMITS))
    await chat.write(messages.DeleteMessage(chat.alice, room, 1))
    await chat.write(members.AddMember(chat.alice, room, LIMITS, chat.carol))
    await chat.write(members.RemoveMember(chat.alice, room, chat.bob, LIMITS))
    await chat.post(chat.alice, room, "new")

    async def ask(since, limit=9):
        return await chat.read(changes.ChangesSince(chat.alice, room, since, limit, LIMITS))

    found = await ask(since)
    assert [m.seq for m in found.messages] == [2, 1, 5]
    assert [(m.user.id, m.rank) for m in found.members] == [(chat.carol, "member"), (chat.bob, None)]
    assert (found.version, found.has_more) == (found.room.version, False)
    page = await ask(since, limit=1)
    assert ([m.seq for m in page.messages], page.members, page.has_more) == ([2], [], True)
    rest = await ask(page.version)
    assert [m.seq for m in rest.messages] == [1, 5]
    assert (await ask(found.version)).messages == []
    assert (await ask(found.version + 1)).resync
    for number in range(11):
        await chat.post(chat.alice, room, f"many {number}")
    assert (await ask(since)).resync


async def test_ranks_and_heirs(chat: Chat) -> None:
    room = await chat.room(who=["bob", "carol"])
    with pytest.raises(Conflict):
        await chat.write(members.ChangeMember(chat.alice, room, chat.alice, "member"))
    await chat.write(members.ChangeMember(chat.alice, room, chat.carol, "moderator"))
    with pytest.raises(NotAllowed):
        await chat.write(members.RemoveMember(chat.carol, room, chat.alice, LIMITS))
    await chat.write(members.RemoveMember(chat.alice, room, chat.alice, LIMITS))
    ranks = {m.user.username: m.rank for m in await chat.read(members.Members(chat.bob, room, 0, 9))}
    assert ranks == {"bob": "member", "carol": "owner"}
    received = [change.event for change in chat.published if isinstance(change, RoomCommitted)]
    heir = next(event for event in reversed(received) if isinstance(event, MemberEvent))
    assert (heir.user.id, heir.rank) == (chat.carol, "owner")


async def test_groups_are_limited_and_public_rooms_are_not(chat: Chat) -> None:
    for number in range(3):
        await chat.room(name=f"g{number}")
    with pytest.raises(LimitExceeded):
        await chat.room(name="one too many")
    await chat.room("public", "open to all")
    await chat.write(messages.compose(chat.alice, "direct rooms do not count", LIMITS, to="carol"))


async def test_public_names_are_unique(chat: Chat) -> None:
    room = await chat.room("public", "Straße")
    for same in ("strasse", "STRASSE", "ｓｔｒａｓｓｅ"):
        with pytest.raises(Conflict):
            await chat.room("public", same)
    other = await chat.room("private", "strasse")
    with pytest.raises(Conflict):
        await chat.write(rooms.ChangeRoom(chat.alice, other, kind="public"))
    await chat.write(rooms.DeleteRoom(chat.alice, room))
    assert (await chat.write(rooms.ChangeRoom(chat.alice, other, kind="public"))).kind == "public"


async def test_changing_nothing_tells_nothing(chat: Chat) -> None:
    room = await chat.room("public", "still")
    received, version = len(chat.published), (await chat.read(rooms.OneRoom(chat.bob, room))).version
    for actor in (chat.alice, chat.bob, chat.carol):
        await chat.write(rooms.ChangeRoom(actor, room))
    await chat.write(rooms.ChangeRoom(chat.alice, room, name="still", archived=False))
    assert len(chat.published) == received
    assert (await chat.read(rooms.OneRoom(chat.bob, room))).version == version


async def test_a_deleted_room_is_gone_with_what_was_said(chat: Chat) -> None:
    room = await chat.room()
    for number in range(5):
        await chat.post(chat.alice, room, f"m{number}")
    await chat.write(rooms.DeleteRoom(chat.alice, room))
    with pytest.raises(NotFound):
        await chat.history(chat.alice, room)
    assert await chat.read(rooms.MyRooms(chat.alice)) == []
    assert await chat.read(room_purge.RoomsToPurge()) == [room]
    assert [notice.kind for notice in await chat.read(NoticesKept(room))] == ["created", "added"]
    assert await chat.write(room_purge.PurgeRoom(room)) == 5
    assert await chat.write(room_purge.PurgeRoom(room)) == 2  # its members' rows
    assert await chat.write(room_purge.PurgeRoom(room)) == 0
    assert await chat.read(NoticesKept(room)) == []
    assert await chat.read(room_purge.RoomsToPurge()) == []


async def test_an_archived_room_can_be_read_and_brought_back(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "before")
    await chat.write(rooms.ChangeRoom(chat.alice, room, archived=True))
    assert len((await chat.history(chat.bob, room)).messages) == 1
    with pytest.raises(NotAllowed):
        await chat.post(chat.alice, room, "after")
    with pytest.raises(NotAllowed):
        await chat.read(may_post.MayPost(chat.alice, room))
    await chat.write(rooms.ChangeRoom(chat.alice, room, archived=False))
    await chat.read(may_post.MayPost(chat.alice, room))
    await chat.post(chat.alice, room, "after")


async def test_events_are_snapshots(chat: Chat) -> None:
    """A published event does not change when the message does."""
    room = await chat.room()
    await asyncio.gather(
        chat.write(messages.compose(chat.alice, "first", LIMITS, room=room)),
        chat.write(messages.amend(chat.alice, room, 1, "second", LIMITS)),
    )
    received = [
        e.event.content for e in chat.published if isinstance(e, RoomCommitted) and isinstance(e.event, MessageEvent)
    ]
    assert received == ["first", "second"]


async def test_one_bad_command_does_not_harm_its_batch(chat: Chat) -> None:
    room = await chat.room()
    outcomes = await asyncio.gather(
        chat.write(messages.compose(chat.alice, "good", LIMITS, room=room)),
        chat.write(messages.compose(chat.carol, "not a member", LIMITS, room=room)),
        chat.write(messages.compose(chat.bob, "good too", LIMITS, room=room)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], NotFound)
    assert [m.content for m in (await chat.history(chat.bob, room)).messages] == ["good", "good too"]


async def test_an_inbox_is_resumed_from_one_number(chat: Chat) -> None:
    from_bob = (await chat.write(messages.compose(chat.bob, "from bob", LIMITS, to="alice"))).message
    await chat.write(messages.compose(chat.alice, "an answer", LIMITS, to="bob"))
    from_carol = (await chat.write(messages.compose(chat.carol, "from carol", LIMITS, to=chat.alice))).message
    private = await chat.room()
    await chat.post(chat.bob, private, "not in the inbox")

    async def since(after, limit=50):
        return await chat.read(user_stream.StreamSince(chat.alice, after, limit, "direct"))

    everything = await since(0)
    assert [(a.position, a.message.content) for a in everything.entries] == [(1, "from bob"), (2, "from carol")]
    assert (everything.position, everything.has_more) == (2, False)
    # A change is listed once more, at a new position, and only there.
    await chat.write(messages.amend(chat.bob, from_bob.room, from_bob.seq, "edited", LIMITS))
    await chat.write(reactions.React(chat.alice, from_carol.room, from_carol.seq, "👍", "add", LIMITS))
    await chat.write(messages.DeleteMessage(chat.carol, from_carol.room, from_carol.seq))
    received = [e.position for e in chat.published if isinstance(e, UserCommitted) and e.user == chat.alice]
    assert received == [1, 2, 3, 4, 5]
    assert [(a.position, a.message.content, a.message.deleted) for a in (await since(2)).entries] == [
        (3, "edited", False),
        (5, "", True),
    ]
    assert [a.position for a in (await since(0)).entries] == [3, 5]
    first = await since(0, limit=1)
    assert (first.position, first.has_more) == (3, True)
    for nothing in (None, 5, 99):
        answer = await since(nothing)
        assert (answer.entries, answer.position) == ([], 5)


async def entries(chat: Chat, user: int, after: int | None = 0, **options) -> list[tuple]:
    """What is in the user's stream after a position, without positions."""
    found = await chat.read(user_stream.StreamSince(user, after, options.pop("limit", 50), **options))
    return [(one.kind, one.room, one.seq, one.me, one.message and one.message.content) for one in found.entries]


async def test_a_stream_has_each_kind_and_reference_once_in_its_present_state(chat: Chat) -> None:
    room = await chat.room("public", "hall", [chat.bob])
    asked = await chat.post(chat.alice, room, "@bob and @carol and @alice, tea?")
    await chat.write(reads.MarkRead(chat.bob, room, asked.seq))
    await chat.write(members.ChangeMember(chat.bob, room, chat.bob, muted=True))
    await chat.write(profile_changes.ChangeProfile(chat.bob, status_text="here", time_zone="Europe/Berlin"))
    await chat.write(profile_changes.ChooseStatus(chat.bob, "busy"))
    content = "@bob and @carol and @alice, tea?"
    marks = Marks(read_seq=1, muted=True, archived=False, marked_unread=False)
    assert await entries(chat, chat.bob) == [
        ("mention", room, 1, None, content),
        ("membership", room, None, marks, None),
        ("settings", None, None, None, None),
    ]
    # Carol is not in the room, which is public; nobody gets an entry for mentioning themselves.
    assert await entries(chat, chat.carol) == [("mention", room, 1, None, content)]
    assert await entries(chat, chat.alice) == []
    # What changes nothing adds nothing; an edit moves the entry of whoever is mentioned, or was.
    head = (await chat.read(user_stream.StreamSince(chat.bob, None, 1))).position
    await chat.write(reads.MarkRead(chat.bob, room, asked.seq))
    await chat.write(profile_changes.ChooseStatus(chat.bob, "busy"))
    await chat.write(profile_changes.ChangeProfile(chat.bob, status_text="here"))
    assert (await chat.read(user_stream.StreamSince(chat.bob, None, 1))).position == head
    await chat.write(messages.amend(chat.alice, room, asked.seq, "@bob, tea?", LIMITS))
    for user in (chat.bob, chat.carol):
        assert [one for one in await entries(chat, user) if one[0] == "mention"] == [
            ("mention", room, 1, None, "@bob, tea?")
        ]
    assert await entries(chat, chat.bob, head) == [("mention", room, 1, None, "@bob, tea?")]
    await chat.write(messages.DeleteMessage(chat.alice, room, asked.seq))
    assert await entries(chat, chat.bob, head) == [("mention", room, 1, None, "")]


async def test_a_stream_is_paged_and_published_at_the_same_positions(chat: Chat) -> None:
    room = await chat.room("private", who=[chat.bob])
    for number in range(7):
        await chat.post(chat.alice, room, f"{number} @bob")
        await chat.write(messages.compose(chat.carol, f"{number}", LIMITS, to="bob"))
    await chat.write(reads.MarkRead(chat.bob, room, 5))
    received = [one for one in chat.published if isinstance(one, UserCommitted) and one.user == chat.bob]
    assert [one.position for one in received] == list(range(1, 16))
    paged: list[Entry] = []
    after, has_more = 0, True
    while has_more:
        page = await chat.read(user_stream.StreamSince(chat.bob, after, 4))
        paged, after, has_more = [*paged, *page.entries], page.position, page.has_more
    assert [(one.position, one.kind) for one in paged] == [(one.position, one.kind) for one in received]
    assert after == 15
    only = await chat.read(user_stream.StreamSince(chat.bob, 0, 3, "direct"))
    assert ([one.position for one in only.entries], only.position, only.has_more) == ([2, 4, 6], 6, True)
    last = await chat.read(user_stream.StreamSince(chat.bob, 13, 3, "direct"))
    assert ([one.position for one in last.entries], last.position, last.has_more) == ([14], 15, False)
    short = await chat.read(user_stream.StreamSince(chat.bob, 0, 50, with_messages=False))
    assert [(one.room, one.seq) for one in short.entries[:1]] == [(room, 1)]
    assert [one.message for one in short.entries] == [None] * 15


async def test_a_stream_has_the_marks_in_threads(chat: Chat) -> None:
    room = await chat.room("private", who=[chat.bob, chat.carol])
    root = (await chat.post(chat.alice, room, "tea?")).seq
    first = (await chat.post(chat.bob, room, "yes", thread=root)).seq

    def marks(following: bool, read_seq: int) -> tuple:
        return ("thread", room, root, ThreadMarks(following, read_seq))

    async def threads_of(user: int) -> list[tuple]:
        found = await chat.read(user_stream.StreamSince(user, 0, 50, "thread"))
        return [(one.kind, one.room, one.seq, one.thread) for one in found.entries]

    assert await threads_of(chat.bob) == [marks(following=True, read_seq=first)]
    assert await threads_of(chat.alice) == [marks(following=True, read_seq=root)]
    await chat.write(following.MarkThreadRead(chat.alice, room, root, first))
    assert await threads_of(chat.alice) == [marks(following=True, read_seq=first)]
    await chat.write(following.FollowThread(chat.alice, room, root, on=False))
    assert await threads_of(chat.alice) == [marks(following=False, read_seq=first)]
    received = [one for one in chat.published if isinstance(one, UserCommitted) and one.user == chat.alice]
    assert [one.thread.following for one in received if one.thread is not None] == [True, True, False]
    assert await threads_of(chat.carol) == []


async def test_a_stream_shows_nothing_that_its_user_may_not_read(chat: Chat) -> None:
    room = await chat.room("private", who=[chat.bob])
    await chat.post(chat.alice, room, "a secret for @bob")
    await chat.write(members.ChangeMember(chat.bob, room, chat.bob, muted=True))
    assert [one[0] for one in await entries(chat, chat.bob)] == ["mention", "membership"]
    await chat.write(members.RemoveMember(chat.alice, room, chat.bob, LIMITS))
    assert await entries(chat, chat.bob) == []
    await chat.write(members.AddMember(chat.alice, room, LIMITS, chat.bob))
    assert [one[0] for one in await entries(chat, chat.bob)] == ["mention", "membership"]


async def test_who_was_removed_hears_nothing_of_messages_that_mentioned_them(chat: Chat) -> None:
    room = await chat.room("private", who=[chat.bob])
    seq = (await chat.post(chat.alice, room, "a secret for @bob")).seq
    await chat.write(members.RemoveMember(chat.alice, room, chat.bob, LIMITS))
    received = len(chat.published)
    await chat.write(messages.amend(chat.alice, room, seq, "@bob knows too much", LIMITS))
    await chat.write(messages.DeleteMessage(chat.alice, room, seq))
    assert [one for one in chat.published[received:] if isinstance(one, UserCommitted)] == []
    assert await entries(chat, chat.bob, with_messages=False) == []


async def test_a_purged_room_leaves_the_streams_and_positions_are_not_given_out_again(chat: Chat) -> None:
    room, other = await chat.room("private", who=[chat.bob]), await chat.room("private", who=[chat.bob])
    for number in range(4):
        await chat.post(chat.alice, room, f"{number} @bob")
        await chat.write(members.ChangeMember(chat.bob, other, chat.bob, muted=number % 2 == 0))
        await chat.post(chat.alice, room, f"{number} again @bob")
    head = (await chat.read(user_stream.StreamSince(chat.bob, None, 1))).position
    assert head == 12
    await chat.write(rooms.DeleteRoom(chat.alice, room))
    while await chat.write(room_purge.PurgeRoom(room, limit=3)):
        pass
    assert [one[0] for one in await entries(chat, chat.bob)] == ["membership"]
    assert (await chat.read(user_stream.StreamSince(chat.bob, None, 1))).position == head
    await chat.post(chat.alice, other, "@bob?")
    assert (await chat.read(user_stream.StreamSince(chat.bob, head, 9))).entries[0].position == head + 1


async def test_the_line_across_rooms_is_paged_without_a_gap(chat: Chat) -> None:
    private, other = await chat.room(), await chat.room(name="other", who=[chat.carol])
    await chat.write(members.AddMember(chat.alice, other, LIMITS, "bob"))
    places = []
    for number in range(23):
        if number % 3 == 0:
            message = await chat.post(chat.alice, private, f"m{number}")
        elif number % 3 == 1:
            message = (await chat.write(messages.compose(chat.bob, f"m{number}", LIMITS, to="alice"))).message
        else:
            message = await chat.post(chat.carol, other, f"m{number}")
        places.append((message.at, message.room, message.seq))
    await chat.write(messages.DeleteMessage(chat.alice, private, 2))
    expected = [(room, seq) for _, room, seq in sorted(places) if (room, seq) != (private, 2)]

    async def page(**options):
        found = await chat.read(timeline.Timeline(chat.alice, 5, **options))
        return [(m.room, m.seq) for m in found.messages], found.has_more

    assert await page() == (expected[-5:], True)
    backwards, before, more = [], None, True
    while more:
        found, more = await page(before=before)
        backwards = found + backwards
        before = found[0]
    assert backwards == expected
    forwards, after, more = [], expected[0], True
    while more:
        found, more = await page(after=after)
        forwards += found
        after = found[-1]
    assert forwards == expected[1:]
    received, _ = await page(received=True)
    assert [seq for _, seq in received] == [4, 5, 6, 7, 8]
    # In batches, without messages sent meanwhile.
    whole, spans = [], None
    while spans != {}:
        stretch = await chat.read(timeline.NextStretch(chat.alice, 4, spans))
        whole += [(m.room, m.seq) for m in stretch.messages]
        spans = stretch.spans
        await chat.post(chat.alice, private, "later")
    assert whole == expected
    # A position that the user may not see is before everything.
    bobs = (await chat.write(messages.compose(chat.bob, "to carol", LIMITS, to="carol"))).message
    assert await page(before=(bobs.room, bobs.seq)) == ([], False)


async def test_in_a_room_of_equals_everyone_may_do_everything(chat: Chat) -> None:
    made = rooms.CreateRoom(chat.alice, "private", LIMITS, "equals", None, [chat.bob], "owner")
    room = (await chat.write(made)).room
    await chat.write(members.AddMember(chat.bob, room.id, LIMITS, "carol"))
    ranks = {m.user.username: m.rank for m in await chat.read(members.Members(chat.carol, room.id, 0, 9))}
    assert ranks == {"alice": "owner", "bob": "owner", "carol": "owner"}
    await chat.write(members.RemoveMember(chat.carol, room.id, chat.alice, LIMITS))
    with pytest.raises(NotFound):
        await chat.history(chat.alice, room.id)
    assert (await chat.write(rooms.ChangeRoom(chat.bob, room.id, joins_as="member"))).joins_as == "member"
    await chat.write(members.AddMember(chat.bob, room.id, LIMITS, "alice"))
    with pytest.raises(NotAllowed):
        await chat.write(rooms.ChangeRoom(chat.alice, room.id, joins_as="owner"))
    for wrong, name in (("public", "named"), ("direct", None)):
        with pytest.raises(InvalidInput):
            await chat.write(rooms.CreateRoom(chat.alice, wrong, LIMITS, name, None, [chat.bob], "owner"))
    await chat.write(rooms.ChangeRoom(chat.bob, room.id, joins_as="moderator"))
    with pytest.raises(InvalidInput):
        await chat.write(rooms.ChangeRoom(chat.bob, room.id, kind="public"))


async def test_what_was_put_away_comes_back_with_a_message_unless_muted(chat: Chat) -> None:
    room = await chat.room()

    async def put_away(**options) -> bool:
        await chat.write(members.ChangeMember(chat.bob, room, chat.bob, **options))
        return (await chat.mine(chat.bob, room)).archived

    assert await put_away(archived=True)
    assert not (await chat.mine(chat.alice, room)).archived
    await chat.post(chat.alice, room, "wake up")
    assert not (await chat.mine(chat.bob, room)).archived
    # Muting a room that has reappeared does not archive it again.
    assert not await put_away(muted=True)
    assert await put_away(archived=True)
    await chat.post(chat.alice, room, "not heard")
    assert (await chat.mine(chat.bob, room)).archived
    await chat.post(chat.bob, room, "I write myself")
    assert not (await chat.mine(chat.bob, room)).archived
    assert await put_away(archived=True)
    assert not await put_away(archived=False)


async def test_receipts_move_forward_only_and_tell_how_far_a_message_came(chat: Chat) -> None:
    room = await chat.room()
    message = await chat.post(chat.alice, room, "hello")
    await chat.write(members.AddMember(chat.alice, room, LIMITS, "carol"))

    async def progress():
        found = await chat.read(receipts.Receipts(chat.alice, room, LIMITS))
        how_far = receipts.progress(message, found)
        return how_far.status, how_far.delivered_to, how_far.read_by, how_far.of

    assert await progress() == ("sent", 0, 0, 1)
    marks = {(room, chat.bob): 99, (room, 77): 1, (99, chat.bob): 1}
    await chat.write(receipts.MarkDelivered(marks, LIMITS))
    assert chat.published[-1] == DeliveredEvent(room, chat.bob, 1)
    assert await progress() == ("delivered", 1, 0, 1)
    received = len(chat.published)
    await chat.write(receipts.MarkDelivered({(room, chat.bob): 1}, LIMITS))
    assert len(chat.published) == received
    await chat.write(reads.MarkRead(chat.bob, room, 1))
    assert await progress() == ("read", 1, 1, 1)
    message = await chat.post(chat.alice, room, "to two")
    await chat.write(reads.MarkRead(chat.carol, room, 2))
    assert await progress() == ("sent", 1, 1, 2)
    small = Limits(receipts_room=2)
    await chat.write(receipts.MarkDelivered({(room, chat.bob): 2}, small))
    assert await progress() == ("sent", 1, 1, 2)
    with pytest.raises(LimitExceeded):
        await chat.read(receipts.Receipts(chat.alice, room, Limits(large_room=2)))


async def test_time_never_goes_back_within_a_room(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await chat.room()
    first = await chat.post(chat.alice, room, "first")
    right = time.time_ns
    monkeypatch.setattr("hubbub.chat.clock.time.time_ns", lambda: right() - 30_000_000_000)
    assert (await chat.post(chat.alice, room, "after the clock was put right")).at == first.at
    # A clock that is years behind is ignored, so time goes on.
    monkeypatch.setattr("hubbub.chat.clock.time.time_ns", lambda: 1_000_000_000_000_000_000)
    assert (await chat.post(chat.alice, room, "after the clock was set back")).at >= first.at


async def test_answers_to_a_message_are_found_in_order(chat: Chat) -> None:
    room = await chat.room()
    first = await chat.post(chat.alice, room, "lunch?")
    other = await chat.post(chat.bob, room, "something else")
    for text in ("yes", "at noon", "where?"):
        await chat.post(chat.bob, room, text, reply_to=first.seq)
    await chat.post(chat.bob, room, "no", reply_to=other.seq)

    async def answers(seq: int, after: int = 0, limit: int = 2):
        page = await chat.read(history.Replies(chat.alice, room, seq, after, limit))
        return [message.content for message in page.messages], page.has_more

    assert await answers(first.seq) == (["yes", "at noon"], True)
    assert await answers(first.seq, after=4) == (["where?"], False)
    assert await answers(5) == ([], False)
    with pytest.raises(NotFound):
        await answers(99)
    with pytest.raises(NotFound):
        await chat.read(history.Replies(chat.carol, room, first.seq, 0, 2))


async def test_history_since_a_time_is_around_the_first_message_sent_then(chat: Chat, monkeypatch) -> None:
    room = await chat.room()
    for second in range(1, 10):
        monkeypatch.setattr("hubbub.chat.clock.now", lambda second=second: second * 1000)
        await chat.post(chat.alice, room, f"at {second}")

    async def since(milliseconds: int) -> list[str]:
        return [m.content for m in (await chat.history(chat.bob, room, limit=2, since=milliseconds)).messages]

    assert await since(0) == ["at 1", "at 2"]
    assert await since(4000) == ["at 3", "at 4"]
    assert await since(4001) == ["at 4", "at 5"]
    assert await since(99_000) == ["at 8", "at 9"]


async def test_a_room_marked_as_unread_is_so_until_one_reads_or_writes_there(chat: Chat) -> None:
    room = await chat.room()
    await chat.post(chat.alice, room, "hello")
    await chat.write(reads.MarkRead(chat.bob, room, 1))
    for ends in (reads.MarkRead(chat.bob, room, 1), messages.compose(chat.bob, "hi", LIMITS, room=room)):
        await chat.write(members.ChangeMember(chat.bob, room, chat.bob, marked_unread=True))
        assert (await chat.mine(chat.bob, room)).marked_unread
        assert not (await chat.mine(chat.alice, room)).marked_unread
        await chat.write(ends)
        assert not (await chat.mine(chat.bob, room)).marked_unread
    with pytest.raises(NotAllowed):
        await chat.write(members.ChangeMember(chat.alice, room, chat.bob, marked_unread=True))
    assert (await chat.read(rooms.OneRoom(chat.bob, room))).last_at == (await chat.history(chat.bob, room)).messages[
        -1
    ].at


async def test_what_is_refused_leaves_no_trace(chat: Chat) -> None:
    with pytest.raises(InvalidInput):
        await chat.write(
            profile_changes.ChangeProfile(chat.alice, display_name="Somebody else", avatar="javascript:alert(1)")
        )
    room = await chat.room()
    assert (await chat.post(chat.alice, room, "who am I?")).sender.display_name == "Alice"
    with pytest.raises(InvalidInput):
        await chat.write(messages.compose(chat.alice, "in reply to nothing", LIMITS, to=chat.bob, reply_to=1))
    assert [mine.id for mine in await chat.read(rooms.MyRooms(chat.bob))] == [room]


async def test_of_very_many_edits_the_first_and_the_latest_are_kept(chat: Chat) -> None:
    room = await chat.room()
    seq = (await chat.post(chat.alice, room, "version 0")).seq
    other = (await chat.post(chat.alice, room, "another")).seq
    await chat.write(messages.amend(chat.alice, room, other, "another version", LIMITS))
    for number in range(1, 12):
        await chat.write(messages.amend(chat.alice, room, seq, f"version {number}", LIMITS))
        kept = [edit.content for edit in await chat.read(history.Edits(chat.alice, room, seq))]
        latest = range(max(1, number - 3), number)
        assert kept == ["version 0", *(f"version {before}" for before in latest)]
    assert [edit.content for edit in await chat.read(history.Edits(chat.alice, room, other))] == ["another"]


async def test_a_deleted_room_is_erased_piece_by_piece(chat: Chat) -> None:
    room = await chat.room()
    for number in range(5):
        seq = (await chat.post(chat.alice, room, f"{number} @bob")).seq
        await chat.write(messages.amend(chat.alice, room, seq, f"{number}, @bob", LIMITS))
        await chat.write(reactions.React(chat.bob, room, seq, "👍", "add", LIMITS))
    await chat.write(rooms.DeleteRoom(chat.alice, room))
    if isinstance(chat.store, MemoryStore):
        return
    assert await chat.read(room_purge.RoomsToPurge()) == [room]
    left = [await chat.write(room_purge.PurgeRoom(room, limit=2)) for _ in range(9)]
    # Five messages, then the entries of bob and alice except the newest of each, then two members.
    assert left == [2, 2, 1, 2, 2, 2, 2, 2, 0]
    assert await chat.read(room_purge.RoomsToPurge()) == []


@pytest.mark.parametrize("limit", [2])
async def test_erasing_a_piece_of_a_room_leaves_the_rest_for_later(tmp_path: Path, limit: int) -> None:
    """So that writers do not wait for the whole purge."""
    database = Database(f"sqlite:///{tmp_path}/hubbub.db")
    await asyncio.to_thread(database.migrate)
    store = await database.open(lambda events: None)
    chat = await Chat(store, []).start()
    room = await chat.room()
    for number in range(5):
        seq = (await chat.post(chat.alice, room, f"{number} @bob")).seq
        await chat.write(messages.amend(chat.alice, room, seq, f"{number}, @bob", LIMITS))
        await chat.write(reactions.React(chat.bob, room, seq, "👍", "add", LIMITS))
    await chat.write(rooms.DeleteRoom(chat.alice, room))
    await chat.write(room_purge.PurgeRoom(room, limit))
    with closing(sqlite3.connect(tmp_path / "hubbub.db")) as file:
        for table in ("messages", "reactions", "edits", "mentions"):
            assert file.execute(f"SELECT count(*) FROM {table}").fetchone() == (3,), table
    await store.close()


async def test_who_takes_over_is_the_one_of_the_highest_rank_who_is_there_for_longest(chat: Chat) -> None:
    room = await chat.room(who=[chat.bob, chat.carol])
    await chat.write(members.ChangeMember(chat.alice, room, chat.carol, rank="moderator"))
    await chat.write(members.RemoveMember(chat.alice, room, chat.alice, LIMITS))
    found = {member.user.id: member.rank for member in await chat.read(members.Members(chat.bob, room, 0, 10))}
    assert found == {chat.bob: "member", chat.carol: "owner"}
