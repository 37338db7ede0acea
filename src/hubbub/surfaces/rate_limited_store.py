"""The store with rate limits: every write is counted for the acting account, through whichever surface it comes."""

from collections.abc import Callable
from typing import Any

from hubbub.chat.following import FollowThread
from hubbub.chat.invitation_joins import JoinByInvitation
from hubbub.chat.invitations import CreateInvitation
from hubbub.chat.members import AddMember, ChangeMember, RemoveMember
from hubbub.chat.messages import DeleteMessage, EditMessage, PostMessage
from hubbub.chat.pins import PinMessage
from hubbub.chat.profile_changes import ChangeProfile, SetPicture
from hubbub.chat.reactions import React
from hubbub.chat.rooms import ChangeRoom, CreateRoom, Made
from hubbub.chat.scheduled import ScheduleMessage, SendScheduledNow
from hubbub.chat.sessions import StartSession
from hubbub.chat.transaction import Command, Query, Result, Store
from hubbub.chat.workspace import ChangeWorkspace, SetWorkspacePicture
from hubbub.errors import HubbubError, RateLimited
from hubbub.surfaces.compat.conversation_queries import CreateConversation
from hubbub.surfaces.current_principal import current_principal
from hubbub.surfaces.keyed_semaphore import KeyedSemaphore
from hubbub.surfaces.rate_limits import RateLimits

_Done = Callable[[Any], None]
_CREATES_ROOM = (CreateRoom, CreateConversation)


class RateLimitedStore:
    """A `hubbub.chat.transaction.Store` over another one. Writes raise RateLimited above the limit of their kind.

    `reads_at_once`: the concurrent reads of one account, or of one network without an account. Further reads wait, so
    that one client cannot occupy all readers.
    """

    def __init__(self, store: Store, limits: RateLimits, reads_at_once: int) -> None:
        self._store = store
        self._reading = KeyedSemaphore(reads_at_once)
        self._limits = limits
        self._charges: dict[type, Callable[[Any], None]] = {
            PostMessage: lambda post: limits.messages.hit(post.actor),
            EditMessage: lambda edit: limits.messages.hit(edit.actor),
            DeleteMessage: lambda deletion: limits.messages.hit(deletion.actor),
            ScheduleMessage: lambda message: limits.messages.hit(message.actor),
            SendScheduledNow: lambda message: limits.messages.hit(message.actor),
            React: lambda reaction: limits.messages.hit(reaction.actor),
            # Anybody may follow the thread of any message, and each is stored.
            FollowThread: lambda follow: limits.messages.hit(follow.actor),
            # These are broadcast to as many as a message is.
            ChangeRoom: lambda change: limits.messages.hit(change.actor),
            ChangeMember: lambda change: limits.messages.hit(change.actor),
            RemoveMember: lambda removal: limits.messages.hit(removal.actor),
            ChangeProfile: lambda change: limits.messages.hit(change.actor),
            # A change of the message, and a notice that is kept.
            PinMessage: lambda pin: limits.messages.hit(pin.actor),
            CreateInvitation: lambda creation: limits.messages.hit(creation.actor),
            ChangeWorkspace: lambda change: limits.messages.hit(change.actor),
            SetWorkspacePicture: lambda change: limits.messages.hit(change.actor),
            JoinByInvitation: lambda joining: limits.messages.hit(joining.actor),
            SetPicture: lambda change: limits.messages.hit(change.actor),
            CreateRoom: self._charge_room,
            CreateConversation: self._charge_room,
            AddMember: self._charge_member,
            StartSession: lambda session: limits.sessions.hit(session.user),
        }

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        charge = self._charges.get(type(command))
        if charge is not None:
            try:
                charge(command)
            except RateLimited as error:
                done(error)
                return
        self._store.submit(command, self._refunding(command, done))

    async def write(self, command: Command[Result]) -> Result:
        charge = self._charges.get(type(command))
        if charge is None:
            return await self._store.write(command)
        charge(command)
        kind: type = type(command)
        if kind not in _CREATES_ROOM:
            return await self._store.write(command)
        made: Any = None
        try:
            made = await self._store.write(command)
        finally:
            self._refund(command, made)
        return made  # type: ignore[no-any-return]

    async def read(self, query: Query[Result]) -> Result:
        key = current_principal.get()
        if key is None:
            key = getattr(query, "actor", None)
        if key is None:
            return await self._store.read(query)
        async with self._reading.hold(key):
            return await self._store.read(query)

    def _charge_room(self, room: CreateRoom | CreateConversation) -> None:
        self._limits.rooms.hit(room.actor)
        if others := _others(room):
            try:
                self._limits.people_added.hit(room.actor, others)
            except RateLimited:
                self._limits.rooms.give_back(room.actor)
                raise

    def _charge_member(self, command: AddMember) -> None:
        self._limits.messages.hit(command.actor)
        if command.user is not None:
            self._limits.people_added.hit(command.actor)

    def _refunding(self, command: Any, done: _Done) -> _Done:
        if type(command) not in _CREATES_ROOM:
            return done

        def refund(result: Any) -> None:
            self._refund(command, result)
            done(result)

        return refund

    def _refund(self, room: Any, made: Any) -> None:
        """Give the charge back if no new room was created."""
        if not (isinstance(made, Made) and made.created):
            self._limits.rooms.give_back(room.actor)
            self._limits.people_added.give_back(room.actor, _others(room))


def _others(room: CreateRoom | CreateConversation) -> int:
    return len(room.members if isinstance(room, CreateRoom) else room.participants)
