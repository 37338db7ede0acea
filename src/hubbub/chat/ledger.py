"""What the rules of the chat see of the store while they decide.

A `Query` is answered from a `View`, one consistent snapshot. A `Command` is decided upon a `Ledger`, inside the
transaction that will commit it: so a race between two of them is settled by their order and by nothing else. A command
first looks and raises, then changes; one that raises leaves no trace.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from hubbub.chat.events import Arrival, Event
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
from hubbub.errors import HubbubError

Result = TypeVar("Result")
ResultOut = TypeVar("ResultOut", covariant=True)


class View(Protocol):
    """Reading."""

    def account(self, user: int) -> Account | None: ...
    def account_named(self, key: str) -> Account | None: ...
    def accounts_named(self, keys: Sequence[str]) -> dict[str, int]:
        """The ids of those there are, by key: one question however many."""

    def accounts(self, prefix: str, after: int, limit: int, only: Sequence[int] | None) -> list[Account]: ...
    def accounts_changed(self, at: int, after: int, limit: int) -> list[Account]:
        """Those whose name, avatar or status text changed after a time (ms), closed ones too; by ascending id."""

    def senders(self, users: Collection[int]) -> dict[int, Sender]:
        """What these people are called, by id; closed accounts too: one question however many."""

    def any_account(self) -> bool: ...
    def picture(self, digest: str) -> Picture | None: ...
    def session(self, session: int) -> SessionRecord | None: ...
    def sessions_of(self, user: int) -> list[SessionRecord]: ...
    def addresses_of(self, user: int) -> list[str]: ...
    def ended_sessions(self, sessions: Sequence[int]) -> list[int]: ...
    def idle_sessions(self, before: int, limit: int) -> list[int]: ...
    def stale_sessions(self, before: int, limit: int) -> list[int]: ...

    def room(self, room: int) -> RoomRecord | None: ...
    def direct_room(self, one: int, other: int) -> RoomRecord | None: ...
    def public_rooms_like(self, key: str, looks: Sequence[str]) -> list[int]:
        """The ids of public rooms whose folded name is the key, or whose name has one of the skeletons."""

    def public_rooms(self, part: str, after: int, limit: int) -> list[RoomRecord]: ...
    def rooms_to_purge(self) -> list[int]: ...
    def heads(self, rooms: Sequence[int]) -> dict[int, int]: ...
    def member(self, room: int, user: int) -> MemberRecord | None: ...
    def members(self, room: int, after: int, limit: int) -> list[MemberRecord]: ...
    def members_among(self, room: int, users: Sequence[int]) -> set[int]:
        """Which of the users are members: one question however many."""

    def longest_member(self, room: int, rank: Rank, but: int) -> MemberRecord | None:
        """Of those of a rank, and not the user `but`, the one who has been in the room for longest."""

    def memberships(self, user: int) -> list[MemberRecord]: ...
    def rooms_of(self, user: int) -> list[int]:
        """The ids of the rooms they are in. Unlike `memberships`, it keeps nothing from others that change them."""

    def members_since(self, room: int, version: int, limit: int) -> list[MemberRecord]: ...
    def members_entered(self, users: Sequence[int], at: int) -> list[MemberRecord]: ...
    def groups_of(self, user: int) -> int:
        """Private rooms that they made and are in: what others brought them into is not theirs to answer for."""

    def unread(self, member: MemberRecord, head: int) -> tuple[int, int]: ...

    def message(self, room: int, seq: int) -> Message | None: ...
    def messages(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[Message]: ...
    def replies(self, room: int, seq: int, after: int, limit: int) -> list[Message]: ...
    def messages_since(self, room: int, version: int, limit: int) -> list[Message]: ...
    def changed_messages(self, room: int, version: int, most: int) -> int: ...
    def changed_members(self, room: int, version: int, most: int) -> int: ...
    def message_keyed(self, room: int, sender: int, key: str) -> Message | None: ...
    def edits(self, room: int, seq: int) -> list[Edit]: ...
    def notices(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[NoticeRecord]:
        """Those of the versions from `first` to `last`, ascending: the first of them, or the newest."""

    def notices_after(self, room: int, first: int, last: int, limit: int) -> list[NoticeRecord]:
        """Those that stand behind the messages from `first` to `last`, in order of version: of more, the newest."""

    def inbox_head(self, user: int) -> int: ...
    def inbox_heads(self, users: Sequence[int]) -> dict[int, int]: ...
    def inbox(self, user: int, after: int, limit: int) -> list[InboxEntry]: ...


class Ledger(View, Protocol):
    """Reading and changing, within one transaction. Records given out are live: change them, then `save_…` them."""

    def account_to_change(self, user: int) -> Account | None:
        """The same as `account`, kept from others that share the database, for who will `save_account` it."""

    def add_account(self, account: Account, skeletons: Sequence[str]) -> Account: ...
    def lookalike(self, skeletons: Sequence[str], beside: int | None = None) -> bool:
        """Whether a user name has one of the skeletons, other than that of the user `beside`."""

    def save_account(self, account: Account) -> None: ...
    def save_picture(self, picture: Picture) -> None: ...
    def drop_picture(self, user: int) -> None: ...
    def add_session(self, session: SessionRecord) -> SessionRecord: ...
    def end_session(self, session: SessionRecord, at: int) -> None: ...
    def drop_sessions(self, sessions: Sequence[int]) -> None: ...
    def forget_places(self, user: int) -> None:
        """Where somebody was signed in: devices and addresses of all their sessions."""

    def note_used(self, session: int, at: int) -> None:
        """When a session was used (ms). An earlier time, and a session there is not, are passed over."""

    def note_seen(self, user: int, at: int) -> None:
        """When somebody was last on line (ms), likewise."""

    def add_ticket(self, ticket: TicketRecord) -> None: ...
    def take_ticket(self, digest: str) -> TicketRecord | None: ...

    def add_room(self, room: RoomRecord) -> RoomRecord: ...
    def save_room(self, room: RoomRecord) -> None: ...
    def save_member(self, member: MemberRecord) -> None: ...

    def add_message(self, record: MessageRecord) -> None: ...
    def save_message(self, message: Message) -> None: ...
    def add_edit(self, room: int, seq: int, version: int, edit: Edit, kept: int) -> None:
        """Keep what a message said before; of more than `kept` the first one and the latest of the others."""

    def drop_edits(self, room: int, seq: int) -> None: ...
    def add_notice(self, notice: NoticeRecord, kept: int) -> None:
        """Of more than `kept` in the room the oldest are dropped."""

    def add_reaction(self, message: Message, user: int, emoji: str) -> None: ...
    def drop_reaction(self, message: Message, user: int, emoji: str) -> None: ...
    def add_to_inbox(self, arrival: Arrival, room: int, seq: int, version: int) -> None:
        """Enter a message. `arrival.position` is given when the transaction is written, so it is 0 until then."""

    def purge_messages(self, room: int, limit: int) -> int: ...
    def purge_members(self, room: int, limit: int) -> int: ...


class Outcome(Struct, Generic[Result]):
    """What a command came to: an answer for the one who asked, and events for everybody else.

    Nothing in it is a live record: commands that come later change those while this is told.
    """

    result: Result
    events: list[Event] = []


class Command(Protocol[Result]):
    """One change. Decided in the order of arrival, stored with the others of its batch, then told."""

    def decide(self, ledger: Ledger) -> "Outcome[Result]": ...


class Query(Protocol[ResultOut]):
    """One question about a snapshot."""

    def answer(self, view: View) -> ResultOut: ...


class Store(Protocol):
    """Where it is kept."""

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        """Queue a command; `done` is called once it is on disk, or refused. Never raises."""

    async def write(self, command: Command[Result]) -> Result:
        """The same, waited for. Raises what the command was refused with."""

    async def read(self, query: Query[Result]) -> Result:
        """Answer a query from a snapshot no older than the last finished write."""
