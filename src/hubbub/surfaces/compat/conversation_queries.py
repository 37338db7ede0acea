"""The store's part of the conversations interface: one conversation, all of a user's, and starting one."""

from msgspec import Struct

from hubbub.chat import history, members, receipts, rooms
from hubbub.chat.access import find_user
from hubbub.chat.limits import Limits
from hubbub.chat.requests import Who
from hubbub.chat.rooms import Made
from hubbub.chat.shapes import Kind, Message, Page, Receipt, Room, User
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.errors import InvalidInput, NotFound

MOST_PARTICIPANTS = 50
"""How many participants are listed with a conversation."""


class ConversationState(Struct):
    """A room as one of its members sees it: its first participants, their receipts, and a page of messages."""

    room: Room
    participants: list[User]
    receipts: list[Receipt]
    page: Page
    last: Message | None


class ReadConversation(Struct, frozen=True):
    """One conversation and a page of its messages. Raises NotFound unless the actor takes part."""

    actor: int
    room: int
    limits: Limits
    limit: int
    before: int | None = None
    after: int | None = None

    def answer(self, snapshot: Snapshot) -> ConversationState:
        room = rooms.OneRoom(self.actor, self.room).answer(snapshot)
        if room.me is None:
            raise NotFound("There is no such conversation.")
        first = members.Members(self.actor, self.room, 0, MOST_PARTICIPANTS).answer(snapshot)
        progress = []
        if room.member_count <= self.limits.large_room:
            progress = receipts.Receipts(self.actor, self.room, self.limits).answer(snapshot)
        page = history.History(self.actor, self.room, self.limit, self.before, self.after).answer(snapshot)
        last = snapshot.messages.get(room.id, room.seq) if room.seq else None
        return ConversationState(room, [member.user for member in first], progress, page, last)


class ConversationIds(Struct, frozen=True):
    """The ids of all the rooms of the actor."""

    actor: int

    def answer(self, snapshot: Snapshot) -> list[int]:
        return [member.room for member in snapshot.members.of(self.actor)]


class ReadConversations(Struct, frozen=True):
    """Some of the actor's conversations, each with its last message, without those the actor has left meanwhile."""

    actor: int
    rooms: list[int]
    limits: Limits

    def answer(self, snapshot: Snapshot) -> list[ConversationState]:
        found = []
        for room in self.rooms:
            try:
                found.append(ReadConversation(self.actor, room, self.limits, 1).answer(snapshot))
            except NotFound:
                continue
        return found


class CreateConversation(Struct, frozen=True):
    """Find or create the conversation of the actor and the participants. Raises InvalidInput if one does not exist."""

    actor: int
    participants: list[Who]
    name: str | None
    limits: Limits

    def touches(self) -> Touches:
        # Only a conversation without a name can turn out to be one of two.
        two = () if self.name is not None else tuple((self.actor, who) for who in self.participants)
        return Touches(kept=(self.actor, *self.participants), direct=two)

    def decide(self, tx: Transaction) -> Outcome[Made]:
        others: list[Who] = []
        for number, who in enumerate(self.participants):
            try:
                found = find_user(tx, who).id
            except NotFound:
                raise InvalidInput("there is no such user", f"participants.{number}", "no_such") from None
            if found != self.actor and found not in others:
                others.append(found)
        if not others:
            raise InvalidInput("needs somebody else", "participants", "not_possible")
        if len(others) == 1 and self.name is not None:
            raise InvalidInput("a conversation of two has no name", "name", "not_possible")
        kind: Kind = "direct" if len(others) == 1 else "private"
        return rooms.CreateRoom(self.actor, kind, self.limits, self.name, None, others).decide(tx)
