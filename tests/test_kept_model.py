"""Saved messages, pins, drafts and scheduled messages through random commands, compared with a simple model on every
store: who joins, leaves, closes a room or deletes a message changes what is shown of them, and nothing else."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from hubbub.chat import clock, drafts, members, messages, pins, rooms, saved, scheduled
from hubbub.chat.limits import Limits
from hubbub.errors import Conflict, HubbubError, LimitExceeded, NotAllowed, NotFound
from tests.stores import Chat

MOST = Limits(pins_per_room=3, saved_per_user=5, drafts_per_user=2, scheduled_per_user=3)
STEPS = 200
HOUR = 3_600_000


@dataclass
class ModelRoom:
    members: set[int]
    public: bool = False
    said: list[tuple[int, str]] = field(default_factory=list)
    """Who said what; an empty text is a deleted message."""
    pinned: list[int] = field(default_factory=list)
    """The one pinned last comes first."""


@dataclass
class Kept:
    """Everything by user first. A removed draft keeps its time."""

    chat: Chat
    random: Random
    rooms: dict[int, ModelRoom]
    now: int = field(default_factory=clock.now)
    saved: dict[tuple[int, int, int], tuple[int | None, int | None]] = field(default_factory=dict)
    drafts: dict[tuple[int, int, int], tuple[str, int]] = field(default_factory=dict)
    scheduled: dict[int, tuple[int, int, str, int, str | None]] = field(default_factory=dict)

    def may_read(self, user: int, room: int) -> bool:
        return self.rooms[room].public or user in self.rooms[room].members

    async def do(self, command: Any, refusal: type[HubbubError] | None) -> Any:
        """The answer; None if it was refused, as it should be."""
        if refusal is None:
            return await self.chat.write(command)
        with pytest.raises(refusal):
            await self.chat.write(command)
        return None

    async def post(self, user: int, room: int) -> None:
        refusal = None if self.may_read(user, room) else NotFound
        text = f"message {self.random.random()}"
        await self.do(messages.compose(user, text, MOST, room), refusal)
        if refusal is None:
            self.rooms[room].said.append((user, text))

    async def delete(self, user: int, room: int) -> None:
        """Not the first message: drafts are written in its thread."""
        said = self.rooms[room].said
        own = [seq for seq, (who, text) in enumerate(said, 1) if who == user and text and seq > 1]
        if own and self.may_read(user, room):
            seq = self.random.choice(own)
            await self.chat.write(messages.DeleteMessage(user, room, seq))
            said[seq - 1] = (user, "")
            self.rooms[room].pinned = [pin for pin in self.rooms[room].pinned if pin != seq]

    async def come_and_go(self, user: int, room: int) -> None:
        alice, present = self.chat.alice, self.rooms[room].members
        if user == alice:
            self.rooms[room].public = not self.rooms[room].public
            kind = "public" if self.rooms[room].public else "private"
            await self.chat.write(rooms.ChangeRoom(alice, room, kind=kind))
        elif user in present:
            await self.chat.write(members.RemoveMember(alice, room, user, MOST))
        else:
            await self.chat.write(members.AddMember(alice, room, MOST, user))
        if user != alice:
            present ^= {user}

    def _message(self, user: int, room: int) -> tuple[int, type[HubbubError] | None]:
        said = self.rooms[room].said
        seq = self.random.randint(1, len(said) + 1)
        found = seq <= len(said) and said[seq - 1][1]
        return seq, None if self.may_read(user, room) and found else NotFound

    async def save(self, user: int, room: int) -> None:
        seq, refusal = self._message(user, room)
        mine = [key for key in self.saved if key[0] == user]
        if refusal is None and (user, room, seq) not in mine and len(mine) >= MOST.saved_per_user:
            refusal = LimitExceeded
        at = self.random.choice([None, self.now + HOUR, self.now + 2 * HOUR])
        await self.do(saved.SaveMessage(user, room, seq, at, MOST), refusal)
        if refusal is None:
            self.saved[user, room, seq] = (at, None)

    async def forget(self, user: int, room: int) -> None:
        seq = self.random.randint(1, len(self.rooms[room].said) + 1)
        await self.chat.write(saved.ForgetSaved(user, room, seq))
        self.saved.pop((user, room, seq), None)

    async def remind(self, user: int, room: int) -> None:
        """The job of a time that may not be the reminder's any more."""
        mine = [key for key in self.saved if key[0] == user]
        if not mine:
            return
        _, room, seq = key = self.random.choice(mine)
        at = self.now + self.random.choice([HOUR, 2 * HOUR])
        await self.chat.write(saved.Remind(saved.Reminder(user, room, seq, at)))
        if self.saved[key][0] == at and self.may_read(user, room):
            self.saved[key] = (None, at)

    async def pin(self, user: int, room: int) -> None:
        seq, refusal = self._message(user, room)
        on, pinned = self.random.random() < 0.7, self.rooms[room].pinned
        if self.may_read(user, room) and self.rooms[room].public and user != self.chat.alice:
            refusal = NotAllowed
        if refusal is None and on and seq not in pinned and len(pinned) >= MOST.pins_per_room:
            refusal = LimitExceeded
        await self.do(pins.PinMessage(user, room, seq, on, MOST), refusal)
        if refusal is None and on != (seq in pinned):
            self.rooms[room].pinned = [seq, *pinned] if on else [pin for pin in pinned if pin != seq]

    async def draft(self, user: int, room: int) -> None:
        root, at = self.random.choice([0, 1]), self.now - self.random.randint(0, 1000)
        text = self.random.choice(["", f"draft {self.random.random()}"])
        key = (user, room, root)
        known, old = self.drafts.get(key, ("", -1))
        written = sum(bool(text) for (who, *_), (text, _) in self.drafts.items() if who == user)
        refusal: type[HubbubError] | None = None
        if text and not self.may_read(user, room):
            refusal = NotFound
        elif old > at and (text or known):
            refusal = Conflict
        elif text and not known and written >= MOST.drafts_per_user:
            refusal = LimitExceeded
        await self.do(drafts.SaveDraft(user, room, root, text, None, at, MOST), refusal)
        if refusal is None and at >= old and (old >= 0 or text or self.may_read(user, room)):
            self.drafts[key] = (text, at)

    async def schedule(self, user: int, room: int) -> None:
        refusal: type[HubbubError] | None = None if self.may_read(user, room) else NotFound
        if refusal is None and sum(one[0] == user for one in self.scheduled.values()) >= MOST.scheduled_per_user:
            refusal = LimitExceeded
        text, at = f"later {self.random.random()}", self.now + HOUR + self.random.randint(0, HOUR)
        made = await self.do(scheduled.ScheduleMessage(user, room, text, at, MOST), refusal)
        if made is not None:
            self.scheduled[made.id] = (user, room, text, at, None)

    async def change_scheduled(self, user: int, room: int) -> None:
        if not self.scheduled:
            return
        number = self.random.choice(list(self.scheduled))
        owner, room, text, at, _ = self.scheduled[number]
        if self.random.random() < 0.3:
            await self.chat.write(scheduled.DropScheduled(user, number))
            if user == owner:
                del self.scheduled[number]
            return
        command = scheduled.ChangeScheduled(user, number, MOST, f"{text}!", at + 1)
        await self.do(command, None if user == owner else NotFound)
        if user == owner:
            self.scheduled[number] = (owner, room, f"{text}!", at + 1, None)

    async def send_scheduled(self, user: int, room: int) -> None:
        """Its job, twice, as after a crash; sometimes that of a former time."""
        if not self.scheduled:
            return
        number = self.random.choice(list(self.scheduled))
        user, room, text, at, failed = self.scheduled[number]
        at -= self.random.choice([0, 0, 1])
        for _ in range(2):
            await self.chat.write(scheduled.SendScheduled(scheduled.Due(user, room, number, at), MOST))
        if failed is not None or at != self.scheduled[number][3]:
            return
        if self.may_read(user, room):
            self.rooms[room].said.append((user, text))
            del self.scheduled[number]
        else:
            self.scheduled[number] = (user, room, text, at, "no_room")

    async def check(self, user: int) -> None:
        listed = (await self.chat.read(saved.ListSaved(user, 50))).saved
        shown = {(one.room, one.seq): (_ms(one.remind_at), _ms(one.reminded_at), one.message.content) for one in listed}
        assert shown == {
            (room, seq): (*times, self.rooms[room].said[seq - 1][1])
            for (who, room, seq), times in self.saved.items()
            if who == user and self.may_read(user, room)
        }
        kept = [(one.room, one.thread or 0, one.content, _ms(one.at)) for one in await self._drafts(user)]
        mine = [(*key[1:], *value) for key, value in self.drafts.items() if key[0] == user and value[0]]
        readable = [one for one in mine if self.may_read(user, one[0])]
        assert kept == sorted(readable, key=lambda one: (-one[3], one[0], one[1]))
        waiting = await self.chat.read(scheduled.ListScheduled(user, 50))
        assert {one.id: (user, one.room, one.content, _ms(one.at), one.failed) for one in waiting} == {
            number: one for number, one in self.scheduled.items() if one[0] == user
        }
        for number, room in self.rooms.items():
            if not self.may_read(user, number):
                with pytest.raises(NotFound):
                    await self.chat.read(pins.Pins(user, number, MOST))
                continue
            assert [pin.message.seq for pin in await self.chat.read(pins.Pins(user, number, MOST))] == room.pinned
            page = await self.chat.history(user, number, limit=500)
            assert [(one.sender.id, one.content) for one in page.messages] == room.said

    async def _drafts(self, user: int) -> list[Any]:
        return await self.chat.read(drafts.Drafts(user, MOST))


def _ms(at: str | None) -> int | None:
    return None if at is None else clock.milliseconds(at)


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_kept_is_what_the_model_says(chat: Chat, seed: int) -> None:
    people = [chat.alice, chat.bob, chat.carol]
    numbers = [await chat.room(name=f"room {number}") for number in range(2)]
    random = Random(seed)
    kept = Kept(chat, random, {number: ModelRoom({chat.alice, chat.bob}) for number in numbers})
    for number in numbers:
        await kept.post(chat.alice, number)
    rules = [kept.post, kept.delete, kept.come_and_go, kept.save, kept.save, kept.forget, kept.remind, kept.pin]
    rules += [kept.draft, kept.draft, kept.schedule, kept.change_scheduled, kept.send_scheduled]
    for _ in range(STEPS):
        await random.choice(rules)(random.choice(people), random.choice(numbers))
        await kept.check(random.choice(people))
    for user in people:
        await kept.check(user)
