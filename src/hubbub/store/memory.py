"""A store in dicts and lists, for one process, without persistence.

Its coroutines never wait, so the `chat` code can be driven without an event loop; a lock makes it safe for threads.
Sending is O(1).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from copy import copy
from threading import Lock

from hubbub.chat.confusables import look_of_room
from hubbub.chat.events import Arrival, Event
from hubbub.chat.ledger import Command, Query, Result
from hubbub.chat.records import (
    Account,
    InboxEntry,
    MemberRecord,
    MessageRecord,
    NoticeRecord,
    Picture,
    RoomRecord,
    SessionRecord,
    TicketRecord,
)
from hubbub.chat.shapes import Edit, Message, Rank, Sender
from hubbub.chat.text import folded
from hubbub.errors import HubbubError


class MemoryStore:
    def __init__(self, told: Callable[[list[Event]], None] = lambda events: None) -> None:
        self._ledger = MemoryLedger()
        self._told = told
        self._lock = Lock()

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        try:
            result = self._carry_out(command)
        except HubbubError as error:
            done(error)
            return
        done(result)

    async def write(self, command: Command[Result]) -> Result:
        return self._carry_out(command)

    async def read(self, query: Query[Result]) -> Result:
        with self._lock:
            return query.answer(self._ledger)

    def _carry_out(self, command: Command[Result]) -> Result:
        with self._lock:
            outcome = command.decide(self._ledger)
            self._told(outcome.events)
        return outcome.result


class MemoryLedger:
    """`hubbub.chat.ledger.Ledger` on plain collections."""

    def __init__(self) -> None:
        self._accounts: dict[int, Account] = {}
        self._by_name: dict[str, int] = {}
        self._looks: dict[str, int] = {}
        self._pictures: dict[int, Picture] = {}
        self._sessions: dict[int, SessionRecord] = {}
        self._tickets: dict[str, TicketRecord] = {}
        self._rooms: dict[int, RoomRecord] = {}
        self._direct: dict[tuple[int, int], int] = {}
        self._members: dict[int, dict[int, MemberRecord]] = defaultdict(dict)
        self._rooms_of: dict[int, dict[int, MemberRecord]] = defaultdict(dict)
        self._messages: dict[int, list[Message]] = defaultdict(list)
        self._keys: dict[tuple[int, int, str], int] = {}
        self._edits: dict[tuple[int, int], list[Edit]] = defaultdict(list)
        self._notices: dict[int, list[NoticeRecord]] = defaultdict(list)
        self._inboxes: dict[int, list[InboxEntry]] = defaultdict(list)

    # Accounts and sessions

    def account(self, user: int) -> Account | None:
        return self._accounts.get(user)

    def account_to_change(self, user: int) -> Account | None:
        return self.account(user)

    def account_named(self, key: str) -> Account | None:
        found = self._by_name.get(key)
        return None if found is None else self._accounts[found]

    def accounts_named(self, keys: Sequence[str]) -> dict[str, int]:
        return {key: self._by_name[key] for key in keys if key in self._by_name}

    def accounts(self, prefix: str, after: int, limit: int, only: Sequence[int] | None) -> list[Account]:
        wanted = self._accounts.keys() if only is None else sorted(set(only) & self._accounts.keys())
        found = (self._accounts[user] for user in wanted if user > after)
        return [
            account
            for account in found
            if account.deleted_at is None
            and (account.key.startswith(prefix) or folded(account.display_name).startswith(prefix))
        ][:limit]

    def accounts_changed(self, at: int, after: int, limit: int) -> list[Account]:
        found = (account for account in self._accounts.values() if account.id > after)
        return [account for account in found if (account.changed_at or 0) > at][:limit]

    def senders(self, users: Collection[int]) -> dict[int, Sender]:
        return {user: self._accounts[user].sender() for user in users}

    def any_account(self) -> bool:
        return bool(self._accounts)

    def add_account(self, account: Account, skeletons: Sequence[str]) -> Account:
        account.id = len(self._accounts) + 1
        self._accounts[account.id] = account
        self._by_name[account.key] = account.id
        self._looks.update(dict.fromkeys(skeletons, account.id))
        return account

    def lookalike(self, skeletons: Sequence[str], beside: int | None = None) -> bool:
        return any(self._looks.get(skeleton, beside) != beside for skeleton in skeletons)

    def save_account(self, account: Account) -> None:
        self._by_name = {key: user for key, user in self._by_name.items() if user != account.id}
        self._by_name[account.key] = account.id

    def picture(self, digest: str) -> Picture | None:
        return next((picture for picture in self._pictures.values() if picture.digest == digest), None)

    def save_picture(self, picture: Picture) -> None:
        self._pictures[picture.user] = picture

    def drop_picture(self, user: int) -> None:
        self._pictures.pop(user, None)

    def session(self, session: int) -> SessionRecord | None:
        return self._sessions.get(session)

    def addresses_of(self, user: int) -> list[str]:
        return list({session.address for session in self._sessions.values() if session.user == user})

    def sessions_of(self, user: int) -> list[SessionRecord]:
        return [record for record in self._sessions.values() if record.user == user]

    def ended_sessions(self, sessions: Sequence[int]) -> list[int]:
        found = (self._sessions.get(session) for session in sessions)
        return [record.id for record in found if record is not None and record.ended_at is not None]

    def add_session(self, session: SessionRecord) -> SessionRecord:
        session.id = max(self._sessions, default=0) + 1
        self._sessions[session.id] = session
        return session

    def idle_sessions(self, before: int, limit: int) -> list[int]:
        found = (r.id for r in self._sessions.values() if r.ended_at is None and r.last_used_at < before)
        return list(found)[:limit]

    def stale_sessions(self, before: int, limit: int) -> list[int]:
        found = (r.id for r in self._sessions.values() if (r.ended_at or r.expires_at) < before)
        return list(found)[:limit]

    def drop_sessions(self, sessions: Sequence[int]) -> None:
        for session in sessions:
            self._sessions.pop(session, None)

    def forget_places(self, user: int) -> None:
        for record in self.sessions_of(user):
            record.device = record.address = ""

    def end_session(self, session: SessionRecord, at: int) -> None:
        session.ended_at = at

    def note_used(self, session: int, at: int) -> None:
        record = self._sessions.get(session)
        if record is not None:
            record.last_used_at = max(record.last_used_at, at)

    def note_seen(self, user: int, at: int) -> None:
        account = self._accounts.get(user)
        if account is not None and account.deleted_at is None:
            account.last_seen = max(account.last_seen or 0, at)

    def add_ticket(self, ticket: TicketRecord) -> None:
        self._tickets[ticket.digest] = ticket

    def take_ticket(self, digest: str) -> TicketRecord | None:
        return self._tickets.pop(digest, None)

    # Rooms and members

    def room(self, room: int) -> RoomRecord | None:
        return self._rooms.get(room)

    def direct_room(self, one: int, other: int) -> RoomRecord | None:
        found = self._direct.get((min(one, other), max(one, other)))
        return None if found is None else self._rooms[found]

    def public_rooms_like(self, key: str, looks: Sequence[str]) -> list[int]:
        named = ((room.id, room.name or "") for room in self._public())
        return [room for room, name in named if folded(name) == key or look_of_room(name) in looks]

    def public_rooms(self, part: str, after: int, limit: int) -> list[RoomRecord]:
        found = [room for room in self._public() if room.id > after and part in folded(room.name or "")]
        return found[:limit]

    def heads(self, rooms: Sequence[int]) -> dict[int, int]:
        return {room: self._rooms[room].version for room in rooms if room in self._rooms}

    def rooms_to_purge(self) -> list[int]:
        return [
            room.id
            for room in self._rooms.values()
            if room.deleted_at is not None and (self._messages.get(room.id) or self._members.get(room.id))
        ]

    def _public(self) -> list[RoomRecord]:
        return [room for room in self._rooms.values() if room.kind == "public" and room.deleted_at is None]

    def add_room(self, room: RoomRecord) -> RoomRecord:
        room.id = len(self._rooms) + 1
        self._rooms[room.id] = room
        if room.pair is not None:
            self._direct[room.pair] = room.id
        return room

    def save_room(self, room: RoomRecord) -> None:
        self._rooms[room.id] = room

    def member(self, room: int, user: int) -> MemberRecord | None:
        return self._members[room].get(user)

    def members(self, room: int, after: int, limit: int) -> list[MemberRecord]:
        found = [member for member in self._members[room].values() if member.rank is not None and member.user > after]
        return sorted(found, key=lambda member: member.user)[:limit]

    def members_among(self, room: int, users: Sequence[int]) -> set[int]:
        seats = self._members[room]
        return {user for user in users if user in seats and seats[user].rank is not None}

    def longest_member(self, room: int, rank: Rank, but: int) -> MemberRecord | None:
        found = [member for member in self._members[room].values() if member.rank == rank and member.user != but]
        return min(found, key=lambda member: (member.joined_at, member.user), default=None)

    def memberships(self, user: int) -> list[MemberRecord]:
        return [member for member in self._rooms_of[user].values() if member.rank is not None]

    def rooms_of(self, user: int) -> list[int]:
        return [member.room for member in self.memberships(user)]

    def members_since(self, room: int, version: int, limit: int) -> list[MemberRecord]:
        found = [member for member in self._members[room].values() if member.version > version]
        return sorted(found, key=lambda member: member.version)[:limit]

    def members_entered(self, users: Sequence[int], at: int) -> list[MemberRecord]:
        members = (member for user in users for member in self._rooms_of[user].values())
        return [member for member in members if member.rank is not None and member.joined_at > at]

    def groups_of(self, user: int) -> int:
        rooms = (self._rooms[member.room] for member in self.memberships(user))
        return sum(room.kind == "private" and room.created_by == user and room.deleted_at is None for room in rooms)

    def save_member(self, member: MemberRecord) -> None:
        self._members[member.room][member.user] = member
        self._rooms_of[member.user][member.room] = member

    def unread(self, member: MemberRecord, head: int) -> tuple[int, int]:
        after = self._messages[member.room][member.read_seq : head]
        alive = [message for message in after if not message.deleted]
        return len(alive), sum(member.user in message.mentions for message in alive)

    # Messages

    def message(self, room: int, seq: int) -> Message | None:
        messages = self._messages[room]
        return messages[seq - 1] if 0 < seq <= len(messages) else None

    def messages(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[Message]:
        found = self._messages[room][max(first - 1, 0) : max(last, 0)]
        return [self._copy(message) for message in (found[-limit:] if newest else found[:limit])]

    def replies(self, room: int, seq: int, after: int, limit: int) -> list[Message]:
        later = self._messages[room][max(seq, after) :]
        return [self._copy(message) for message in later if message.reply_to == seq][:limit]

    def messages_since(self, room: int, version: int, limit: int) -> list[Message]:
        found = [message for message in self._messages[room] if message.version > version]
        return [self._copy(message) for message in sorted(found, key=lambda message: message.version)[:limit]]

    def _copy(self, message: Message) -> Message:
        """For reading: it does not change later, and bears its sender's present name."""
        fresh = copy(message)
        fresh.sender = self._accounts[message.sender.id].sender()
        return fresh

    def changed_messages(self, room: int, version: int, most: int) -> int:
        return min(most, sum(message.version > version for message in self._messages[room]))

    def changed_members(self, room: int, version: int, most: int) -> int:
        return min(most, sum(member.version > version for member in self._members[room].values()))

    def message_keyed(self, room: int, sender: int, key: str) -> Message | None:
        seq = self._keys.get((room, sender, key))
        return None if seq is None else self._messages[room][seq - 1]

    def edits(self, room: int, seq: int) -> list[Edit]:
        return list(self._edits[room, seq])

    def notices(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[NoticeRecord]:
        found = [notice for notice in self._notices[room] if first <= notice.version <= last]
        return found[-limit:] if newest else found[:limit]

    def notices_after(self, room: int, first: int, last: int, limit: int) -> list[NoticeRecord]:
        return [notice for notice in self._notices[room] if first <= notice.after_seq <= last][-limit:]

    def add_notice(self, notice: NoticeRecord, kept: int) -> None:
        found = self._notices[notice.room]
        found.append(notice)
        del found[:-kept]

    def inbox_heads(self, users: Sequence[int]) -> dict[int, int]:
        return {user: self.inbox_head(user) for user in users}

    def inbox_head(self, user: int) -> int:
        return len(self._inboxes[user])

    def inbox(self, user: int, after: int, limit: int) -> list[InboxEntry]:
        return self._inboxes[user][after : after + limit]

    def add_to_inbox(self, arrival: Arrival, room: int, seq: int, version: int) -> None:
        inbox = self._inboxes[arrival.user]
        arrival.position = len(inbox) + 1
        inbox.append(InboxEntry(arrival.position, room, seq, version))

    def add_message(self, record: MessageRecord) -> None:
        message = record.message
        self._messages[message.room].append(message)
        if record.key is not None:
            self._keys[message.room, message.sender.id, record.key] = message.seq

    def save_message(self, message: Message) -> None:
        self._messages[message.room][message.seq - 1] = message

    def add_edit(self, room: int, seq: int, version: int, edit: Edit, kept: int) -> None:
        found = self._edits[room, seq]
        found.append(edit)
        del found[1 : len(found) - kept + 1]

    def drop_edits(self, room: int, seq: int) -> None:
        self._edits.pop((room, seq), None)

    def add_reaction(self, message: Message, user: int, emoji: str) -> None:
        """Nothing beside the message itself."""

    def drop_reaction(self, message: Message, user: int, emoji: str) -> None:
        """Nothing beside the message itself."""

    def purge_members(self, room: int, limit: int) -> int:
        self._notices.pop(room, None)
        gone = self._members.pop(room, {})
        for user in gone:
            self._rooms_of[user].pop(room, None)
        return len(gone)

    def purge_messages(self, room: int, limit: int) -> int:
        gone = self._messages.pop(room, [])
        return len(gone)
