"""Whether one may post, for who does something before the message is stored."""

from msgspec import Struct

from hubbub.chat import direct, threads
from hubbub.chat.access import require_in
from hubbub.chat.messages import no_such_reply
from hubbub.chat.permissions import Action
from hubbub.chat.records import RoomRecord
from hubbub.chat.requests import Who
from hubbub.chat.transaction import Snapshot


class MayPost(Struct, frozen=True):
    """Whether the actor may post in a room, or to a person, in reply to that message and in that thread.

    Raises as `PostMessage` does.
    """

    actor: int
    room: int | None
    to: Who | None = None
    reply_to: int | None = None
    thread: int | None = None

    def answer(self, snapshot: Snapshot) -> None:
        if self.room is not None:
            found: RoomRecord | None = require_in(snapshot, self.room, self.actor, Action.POST)[0]
        else:
            assert self.to is not None
            pair = direct.Between(self.actor, self.to).answer(snapshot)
            if pair.own.id == pair.peer.id:
                raise direct.not_oneself()
            found = None if pair.room is None else snapshot.rooms.get(pair.room)
        if self.reply_to is not None and (found is None or self.reply_to > found.seq):
            raise no_such_reply(self.reply_to)
        if self.thread is not None:
            if found is None:
                raise threads.no_such_root(self.thread)
            threads.root(snapshot, found, self.thread)
