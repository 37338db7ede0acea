"""The contract of a store for what is kept: pinned and saved messages, drafts."""

import pytest

from hubbub.chat import (
    accounts,
    changes,
    clock,
    drafts,
    history,
    members,
    messages,
    notices,
    pins,
    room_purge,
    rooms,
    saved,
    user_stream,
)
from hubbub.chat.events import MessageEvent, NoticeEvent, RoomCommitted, UserCommitted
from hubbub.chat.kept_shapes import Draft
from hubbub.chat.limits import Limits
from hubbub.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound
from tests.stores import LIMITS, Chat


class Kept:
    """Alice's private room with bob, and three messages of hers."""

    def __init__(self, chat: Chat) -> None:
        self.published = chat.published
        self.write = chat.write
        self.read = chat.read
        self.new_room = chat.room
        self.post = chat.post
        self.alice, self.bob, self.carol = chat.alice, chat.bob, chat.carol
        self.room = 0
        self.limits = LIMITS

    async def start(self) -> "Kept":
        self.room = await self.new_room()
        for number in range(1, 4):
            await self.post(self.alice, self.room, f"message {number}")
        return self

    async def pin(self, actor: int, seq: int, on: bool = True, room: int | None = None):
        return await self.write(pins.PinMessage(actor, room or self.room, seq, on, self.limits))

    async def pinned(self, actor: int) -> list[int]:
        return [pin.message.seq for pin in await self.read(pins.Pins(actor, self.room, LIMITS))]

    async def save(self, actor: int, seq: int, remind_at: int | None = None):
        return await self.write(saved.SaveMessage(actor, self.room, seq, remind_at, self.limits))

    async def saved(self, actor: int, **options) -> list[int]:
        return [one.seq for one in (await self.read(saved.ListSaved(actor, 50, **options))).saved]

    async def draft(self, actor: int, content: str, at: int | None = None, root: int = 0, reply_to: int | None = None):
        return await self.write(drafts.SaveDraft(actor, self.room, root, content, reply_to, at, self.limits))

    async def kinds(self, user: int) -> list[tuple]:
        found = await self.read(user_stream.StreamSince(user, 0, 50))
        return [(one.kind, one.seq) for one in found.entries if one.kind in ("saved", "draft", "reminder")]


@pytest.fixture
async def kept(chat: Chat) -> Kept:
    return await Kept(chat).start()


# Pinned


async def test_a_pin_is_a_change_of_its_message_and_a_notice(kept: Kept) -> None:
    before = (await kept.read(rooms.OneRoom(kept.bob, kept.room))).version
    message = await kept.pin(kept.bob, 2)
    assert (message.pinned, message.version) == (True, before + 1)
    await kept.pin(kept.alice, 1)
    assert await kept.pinned(kept.alice) == [1, 2]
    page = await kept.read(history.History(kept.alice, kept.room, 50))
    assert [message.pinned for message in page.messages] == [True, True, False]
    received = [one.event for one in kept.published if isinstance(one, RoomCommitted) and one.version > before]
    assert [(type(event), event.seq) for event in received] == [
        (MessageEvent, 2), (NoticeEvent, 2), (MessageEvent, 1), (NoticeEvent, 1),
    ]  # fmt: skip
    found = await kept.read(changes.ChangesSince(kept.bob, kept.room, before, 50, LIMITS))
    assert [(one.seq, one.pinned) for one in found.messages] == [(2, True), (1, True)]
    (notice, _) = (await kept.read(notices.Notices(kept.bob, kept.room, 2)))[-2:]
    assert (notice.kind, notice.actor.id, notice.seq) == ("pinned", kept.bob, 2)
    # Again changes nothing.
    await kept.pin(kept.bob, 2)
    assert (await kept.read(rooms.OneRoom(kept.bob, kept.room))).version == before + 4
    await kept.pin(kept.bob, 2, on=False)
    await kept.pin(kept.bob, 2, on=False)
    assert await kept.pinned(kept.alice) == [1]
    (notice,) = (await kept.read(notices.Notices(kept.bob, kept.room, 1)))[-1:]
    assert (notice.kind, notice.seq) == ("unpinned", 2)


async def test_an_edited_message_stays_pinned_and_a_deleted_one_does_not(kept: Kept) -> None:
    await kept.pin(kept.alice, 1)
    await kept.pin(kept.alice, 2)
    edited = await kept.write(messages.amend(kept.alice, kept.room, 1, "better", LIMITS))
    assert edited.pinned
    deleted = await kept.write(messages.DeleteMessage(kept.alice, kept.room, 2))
    assert not deleted.pinned
    (pin,) = await kept.read(pins.Pins(kept.bob, kept.room, LIMITS))
    assert (pin.message.content, pin.by.username, pin.message.pinned) == ("better", "alice", True)
    with pytest.raises(NotFound):
        await kept.pin(kept.alice, 2)
    with pytest.raises(NotFound):
        await kept.pin(kept.alice, 9)


async def test_who_may_pin(kept: Kept) -> None:
    with pytest.raises(NotFound):
        await kept.pin(kept.carol, 1)
    hall = await kept.new_room("public", "hall")
    seq = (await kept.post(kept.bob, hall, "mine")).seq
    for who in (kept.bob, kept.carol):
        with pytest.raises(NotAllowed):
            await kept.pin(who, seq, room=hall)
    await kept.pin(kept.alice, seq, room=hall)
    assert [pin.message.seq for pin in await kept.read(pins.Pins(kept.carol, hall, LIMITS))] == [seq]
    direct = (await kept.write(messages.compose(kept.alice, "just you", LIMITS, to=kept.bob))).message
    await kept.pin(kept.bob, direct.seq, room=direct.room)
    # It is still in alice's list of direct messages, at its present version.
    entries = (await kept.read(user_stream.StreamSince(kept.bob, 0, 9, "direct"))).entries
    assert [(one.seq, one.message.pinned) for one in entries] == [(direct.seq, True)]
    await kept.write(rooms.ChangeRoom(kept.alice, hall, archived=True))
    with pytest.raises(NotAllowed):
        await kept.pin(kept.alice, seq, on=False, room=hall)


async def test_a_room_has_so_many_pins(kept: Kept) -> None:
    kept.limits = Limits(pins_per_room=2)
    await kept.pin(kept.alice, 1)
    await kept.pin(kept.alice, 2)
    with pytest.raises(LimitExceeded, match="at most 2"):
        await kept.pin(kept.alice, 3)
    await kept.write(messages.DeleteMessage(kept.alice, kept.room, 1))
    await kept.pin(kept.alice, 3)
    assert await kept.pinned(kept.bob) == [3, 2]


async def test_a_reply_in_a_thread_is_pinned_with_its_counts(kept: Kept) -> None:
    reply = (await kept.post(kept.bob, kept.room, "in the thread", thread=1)).seq
    await kept.pin(kept.alice, reply)
    event = next(
        one.event for one in reversed(kept.published) if isinstance(one, RoomCommitted) and one.event.seq == reply
    )
    received = [
        one.event
        for one in kept.published
        if isinstance(one, RoomCommitted) and isinstance(one.event, MessageEvent) and one.event.pinned
    ]
    assert (received[-1].seq, received[-1].thread.root, received[-1].thread.count) == (reply, 1, 1)
    assert event.room == kept.room


# Saved


async def test_what_is_saved_is_listed_until_it_is_removed(kept: Kept) -> None:
    for seq in (1, 3, 2):
        await kept.save(kept.bob, seq)
    assert set(await kept.saved(kept.bob)) == {1, 2, 3}
    assert await kept.saved(kept.alice) == []
    await kept.write(saved.ForgetSaved(kept.bob, kept.room, 3))
    await kept.write(saved.ForgetSaved(kept.bob, kept.room, 3))
    assert set(await kept.saved(kept.bob)) == {1, 2}
    assert await kept.kinds(kept.bob) == [("saved", 1), ("saved", 2), ("saved", 3)]
    # Paged without a gap, though all were saved in the same moment.
    pages, before = [], None
    while True:
        page = await kept.read(saved.ListSaved(kept.bob, 1, before))
        pages += [one.seq for one in page.saved]
        if page.next is None:
            break
        before = page.next
    assert pages == await kept.saved(kept.bob)


async def test_a_saved_message_is_shown_as_it_is_now_to_who_may_read_it(kept: Kept) -> None:
    await kept.save(kept.bob, 1)
    await kept.save(kept.bob, 2)
    await kept.write(messages.amend(kept.alice, kept.room, 1, "better", LIMITS))
    await kept.write(messages.DeleteMessage(kept.alice, kept.room, 2))
    found = {one.seq: one.message for one in (await kept.read(saved.ListSaved(kept.bob, 9))).saved}
    assert (found[1].content, found[2].deleted) == ("better", True)
    await kept.write(members.RemoveMember(kept.alice, kept.room, kept.bob, LIMITS))
    assert await kept.saved(kept.bob) == []
    with pytest.raises(NotFound):
        await kept.save(kept.bob, 3)
    # They can still take it back.
    await kept.write(saved.ForgetSaved(kept.bob, kept.room, 1))
    await kept.write(members.AddMember(kept.alice, kept.room, LIMITS, kept.bob))
    assert await kept.saved(kept.bob) == [2]


async def test_a_reminder_comes_once_unless_it_was_changed(kept: Kept) -> None:
    soon = clock.now() + 60_000
    shown = await kept.save(kept.bob, 1, soon)
    assert shown.remind_at == clock.rfc3339(soon)
    with pytest.raises(InvalidInput) as refused:
        await kept.save(kept.bob, 1, clock.now() - 1000)
    assert refused.value.errors[0].field == "remind_at"
    first = saved.Remind(saved.Reminder(kept.bob, kept.room, 1, soon))
    await kept.save(kept.bob, 1, soon + 1)
    await kept.write(first)
    assert ("reminder", 1) not in await kept.kinds(kept.bob)
    await kept.write(saved.Remind(saved.Reminder(kept.bob, kept.room, 1, soon + 1)))
    await kept.write(saved.Remind(saved.Reminder(kept.bob, kept.room, 1, soon + 1)))
    received = [one.kind for one in kept.published if isinstance(one, UserCommitted) and one.user == kept.bob]
    assert received.count("reminder") == 1
    assert await kept.kinds(kept.bob) == [("reminder", 1), ("saved", 1)]
    (one,) = (await kept.read(saved.ListSaved(kept.bob, 9))).saved
    assert (one.remind_at, one.reminded_at) == (None, clock.rfc3339(soon + 1))
    await kept.save(kept.bob, 1, soon + 2)
    await kept.write(saved.ForgetSaved(kept.bob, kept.room, 1))
    await kept.write(saved.Remind(saved.Reminder(kept.bob, kept.room, 1, soon + 2)))
    assert (await kept.kinds(kept.bob)).count(("reminder", 1)) == 1


async def test_one_saves_only_so_many(kept: Kept) -> None:
    kept.limits = Limits(saved_per_user=2)
    await kept.save(kept.bob, 1)
    await kept.save(kept.bob, 2)
    await kept.save(kept.bob, 2)
    with pytest.raises(LimitExceeded):
        await kept.save(kept.bob, 3)


# Drafts


async def test_the_draft_typed_last_wins_whichever_arrives_last(kept: Kept) -> None:
    now = clock.now()
    assert await kept.draft(kept.bob, "on the phone", now - 2000) == Draft(
        kept.room, "on the phone", clock.rfc3339(now - 2000)
    )
    await kept.draft(kept.bob, "on the laptop", now - 1000)
    with pytest.raises(Conflict) as refused:
        await kept.draft(kept.bob, "late from the phone", now - 1500)
    assert refused.value.reason == "newer_draft"
    assert (await kept.read(drafts.DraftIn(kept.bob, kept.room, 0))).content == "on the laptop"
    # Nor does a late text bring back what was sent, or removed.
    assert await kept.draft(kept.bob, "", now - 500) is None
    with pytest.raises(Conflict):
        await kept.draft(kept.bob, "late from the phone", now - 800)
    with pytest.raises(NotFound) as gone:
        await kept.read(drafts.DraftIn(kept.bob, kept.room, 0))
    assert gone.value.reason == "no_draft"
    await kept.draft(kept.bob, "something new")
    assert [one.content for one in await kept.read(drafts.Drafts(kept.bob, LIMITS))] == ["something new"]
    assert await kept.kinds(kept.bob) == [("draft", None)]


async def test_a_clock_that_is_ahead_does_not_keep_later_drafts_out(kept: Kept) -> None:
    early = await kept.draft(kept.bob, "from tomorrow", clock.now() + 86_400_000)
    assert clock.milliseconds(early.at) <= clock.now()
    later = await kept.draft(kept.bob, "from now")
    assert later.content == "from now"


async def test_drafts_of_threads_and_quotes_stand_apart(kept: Kept) -> None:
    now = clock.now()
    await kept.draft(kept.bob, "to the room", now - 30, reply_to=2)
    await kept.draft(kept.bob, "to the thread", now - 20, root=1)
    await kept.draft(kept.alice, "hers", now - 10)
    found = await kept.read(drafts.Drafts(kept.bob, LIMITS))
    assert [(one.content, one.thread, one.reply_to) for one in found] == [
        ("to the thread", 1, None), ("to the room", None, 2),
    ]  # fmt: skip
    assert (await kept.read(drafts.DraftIn(kept.bob, kept.room, 1))).content == "to the thread"
    # The same text again is no change.
    received = len(kept.published)
    await kept.draft(kept.bob, "to the thread", root=1)
    assert len(kept.published) == received
    with pytest.raises(NotFound) as missing:
        await kept.draft(kept.bob, "to nothing", root=9)
    assert missing.value.reason == "no_message"
    with pytest.raises(InvalidInput):
        await kept.draft(kept.bob, "x" * (LIMITS.message_length + 1))
    with pytest.raises(NotFound):
        await kept.draft(kept.carol, "from outside")
    await kept.write(members.RemoveMember(kept.alice, kept.room, kept.bob, LIMITS))
    assert await kept.read(drafts.Drafts(kept.bob, LIMITS)) == []


async def test_a_draft_that_is_saved_or_removed_again_has_the_later_time(kept: Kept) -> None:
    now = clock.now()
    await kept.draft(kept.bob, "the same", now - 3000)
    received = len(kept.published)
    again = await kept.draft(kept.bob, "the same", now - 1000)
    assert (again.at, len(kept.published)) == (clock.rfc3339(now - 1000), received)
    with pytest.raises(Conflict):
        await kept.draft(kept.bob, "late", now - 2000)
    await kept.draft(kept.bob, "", now - 900)
    await kept.draft(kept.bob, "", now - 500)
    with pytest.raises(Conflict):
        await kept.draft(kept.bob, "late", now - 700)
    # Removed before it had ever been saved; and once more by a device that is late.
    await kept.draft(kept.bob, "", now - 300, root=1)
    await kept.draft(kept.bob, "", now - 600, root=1)
    with pytest.raises(Conflict):
        await kept.draft(kept.bob, "late", now - 400, root=1)
    await kept.draft(kept.bob, "in time", now - 100, root=1)
    with pytest.raises(Conflict):
        await kept.draft(kept.bob, "", now - 200, root=1)


async def test_a_draft_can_be_removed_from_a_room_that_one_cannot_read_any_more(kept: Kept) -> None:
    await kept.draft(kept.bob, "what I meant")
    await kept.write(members.RemoveMember(kept.alice, kept.room, kept.bob, LIMITS))
    with pytest.raises(NotFound):
        await kept.draft(kept.bob, "what I meant to say")
    await kept.draft(kept.bob, "")
    await kept.draft(kept.carol, "")
    await kept.write(members.AddMember(kept.alice, kept.room, LIMITS, kept.bob))
    assert await kept.read(drafts.Drafts(kept.bob, LIMITS)) == []


async def test_a_draft_in_a_thread_names_its_root(kept: Kept) -> None:
    reply = (await kept.post(kept.alice, kept.room, "in the thread", thread=1)).seq
    with pytest.raises(NotFound) as refused:
        await kept.draft(kept.bob, "to a reply", root=reply)
    assert refused.value.reason == "is_reply"
    await kept.draft(kept.bob, "", root=reply)
    await kept.draft(kept.bob, "", root=99)


async def test_a_reminder_that_is_changed_or_forgotten_leaves_no_job(kept: Kept) -> None:
    class Jobs:
        def answer(self, snapshot):
            return [job.due_at for job in snapshot.jobs.page(0, 99, saved.REMIND, dead=False)]

    soon = clock.now() + 60_000
    for later in range(5):
        await kept.save(kept.bob, 1, soon + later)
    assert await kept.read(Jobs()) == [soon + 4]
    await kept.save(kept.bob, 1)
    assert await kept.read(Jobs()) == []
    await kept.save(kept.bob, 1, soon)
    await kept.write(saved.ForgetSaved(kept.bob, kept.room, 1))
    assert await kept.read(Jobs()) == []


async def test_a_reminder_of_a_room_that_one_may_not_read_is_due_when_one_is_back(kept: Kept) -> None:
    soon = clock.now() + 60_000
    await kept.save(kept.bob, 1, soon)
    await kept.write(members.RemoveMember(kept.alice, kept.room, kept.bob, LIMITS))
    await kept.write(saved.Remind(saved.Reminder(kept.bob, kept.room, 1, soon)))
    assert ("reminder", 1) not in [(one.kind, one.seq) for one in kept.published if isinstance(one, UserCommitted)]
    await kept.write(members.AddMember(kept.alice, kept.room, LIMITS, kept.bob))
    (one,) = (await kept.read(saved.ListSaved(kept.bob, 9))).saved
    assert (one.remind_at, one.reminded_at) == (None, clock.rfc3339(soon))


async def test_what_one_cannot_see_any_more_gives_way_to_what_one_keeps(kept: Kept) -> None:
    kept.limits = Limits(saved_per_user=2, drafts_per_user=2)
    lost, there = kept.room, await kept.new_room("public", "there")
    for number in range(3):
        await kept.post(kept.alice, there, f"in the other room {number}")
    for seq in (1, 2):
        await kept.save(kept.bob, seq, clock.now() + 60_000)
        await kept.draft(kept.bob, f"a draft {seq}", clock.now() - 1000 + seq, root=seq)
    await kept.write(members.RemoveMember(kept.alice, lost, kept.bob, LIMITS))
    kept.room = there
    for seq in (1, 2):
        await kept.save(kept.bob, seq)
        await kept.draft(kept.bob, f"another {seq}", root=seq)
        if seq == 1:
            # The first of them is gone, and the other one is there when one is back.
            kept.room = lost
            await kept.write(members.AddMember(kept.alice, lost, LIMITS, kept.bob))
            assert await kept.saved(kept.bob) == [1, 2]
            found = await kept.read(drafts.Drafts(kept.bob, kept.limits))
            assert [one.content for one in found] == ["another 1", "a draft 2"]
            await kept.write(members.RemoveMember(kept.alice, lost, kept.bob, LIMITS))
            kept.room = there
    with pytest.raises(LimitExceeded):
        await kept.save(kept.bob, 3)
    with pytest.raises(LimitExceeded):
        await kept.draft(kept.bob, "one too many")
    await kept.write(members.AddMember(kept.alice, lost, LIMITS, kept.bob))
    assert await kept.saved(kept.bob) == [2, 1]
    assert len(await kept.read(drafts.Drafts(kept.bob, kept.limits))) == 2


async def test_nothing_is_kept_of_a_purged_room_or_a_closed_account(kept: Kept) -> None:
    for user in (kept.alice, kept.bob):
        await kept.save(user, 1)
        await kept.draft(user, "a draft")
    await kept.pin(kept.alice, 1)
    await kept.write(accounts.CloseAccount(kept.bob, LIMITS))
    assert len(await kept.saved(kept.alice)) == 1
    await kept.write(rooms.DeleteRoom(kept.alice, kept.room))
    while await kept.write(room_purge.PurgeRoom(kept.room, 2)):
        pass
    assert await kept.saved(kept.alice) == []

    class Left:
        def answer(self, snapshot):
            everybody = (kept.alice, kept.bob)
            left = [snapshot.saved.count(user) + len(snapshot.drafts.of(user, 9)) for user in everybody]
            return [*left, snapshot.pins.count(kept.room)]

    assert await kept.read(Left()) == [0, 0, 0]


async def test_one_keeps_only_so_many_drafts(kept: Kept) -> None:
    kept.limits = Limits(drafts_per_user=1)
    await kept.draft(kept.bob, "a draft")
    await kept.draft(kept.bob, "the same draft, changed")
    with pytest.raises(LimitExceeded):
        await kept.draft(kept.bob, "another", root=1)
    await kept.draft(kept.bob, "")
    await kept.draft(kept.bob, "another", root=1)


async def test_only_so_many_removed_drafts_are_remembered(kept: Kept) -> None:
    kept.limits = Limits(drafts_per_user=2)
    now = clock.now()
    roots = [(await kept.post(kept.alice, kept.room, f"{number}")).seq for number in range(5)]
    for root in roots:
        await kept.draft(kept.bob, "a draft", now - 900 + root, root=root)
        await kept.draft(kept.bob, "", now - 600 + root, root=root)
    await kept.draft(kept.alice, "", now, root=roots[0])

    class Times:
        def answer(self, snapshot):
            found = (snapshot.drafts.get(kept.bob, kept.room, root) for root in roots)
            return [None if one is None else one.at - now + 600 for one in found]

    assert await kept.read(Times()) == [None, None, None, roots[3], roots[4]]
    # What is late for those is still late.
    with pytest.raises(Conflict):
        await kept.draft(kept.bob, "late", now - 700, root=roots[4])
