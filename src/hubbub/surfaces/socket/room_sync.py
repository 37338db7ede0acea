"""Bringing one room of a connection up to date: its changes since a version, then its live events."""

from typing import Any

from msgspec.structs import replace

from hubbub.chat import changes
from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, RoomEvent
from hubbub.chat.shapes import ChangedMember, Changes, Room
from hubbub.chat.tokens import Claim
from hubbub.chat.transaction import Query, Result
from hubbub.errors import NotFound, Unavailable
from hubbub.live.sync.subscription import Subscription
from hubbub.live.sync.topic import CatchUp
from hubbub.live.wire.connection import Connection
from hubbub.live.wire.frame import Frame
from hubbub.live.wire.server_frames import ErrorEvent
from hubbub.surfaces.services import Services
from hubbub.surfaces.socket.frames import ResyncEvent, SyncedEvent

_CHANGES_AT_ONCE = 100


class RoomSync(Subscription):
    """A connection's subscription, with the means to synchronise a room from the replay cache or from the store.

    While a room is read, the hub holds back its live events (`Topic.catching`).
    """

    __slots__ = ("_services", "_socket")

    def __init__(self, services: Services, socket: Connection, claim: Claim) -> None:
        super().__init__(claim.user, claim.session)
        self._services = services
        self._socket = socket

    def _hold_back(self, room: Room) -> None:
        """Subscribe to the room, with its live events held back until it is synchronised."""
        self._listen(room, CatchUp())

    def _listen(self, room: Room, catch_up: CatchUp | None) -> None:
        self._services.hub.listen(self._socket, room.id, room.me is not None, room.member_count, room.version, catch_up)

    def _is_up_to_date(self, room: Room | None, version: int) -> bool:
        """Whether nothing changed since `version`; if so, `synced` has been sent."""
        if room is None or room.version != version or self._services.hub.published_version(room.id) > version:
            return False
        self._socket.send(Frame.of(SyncedEvent(room.id, version)))
        return True

    def _replay(self, room: Room | None, since: int, confirm: bool) -> bool:
        """Send the changes after `since` from the replay cache. False: it does not hold all of them.

        `confirm`: send `synced` too, as the client asked for the room to be resumed.
        """
        if room is None:
            return False
        services = self._services
        frames = services.hub.replay_cache.since(
            room.id, since, room.version, services.limits.resync_after, services.bounds.waiting // 4
        )
        if frames is None:
            return False
        for frame in frames:
            self._socket.send(frame)
        self._go_live(room, room.version, confirm)
        return True

    async def _read(self, query: Query[Result]) -> Result:
        """Raises NotFound, Unavailable."""
        return await self.read_stably(lambda: self._services.store.read(query))

    async def _synchronise(self, room: int, since: int, confirm: bool, as_guest: bool = False) -> None:
        """Send what changed after `since`, then the events that were held back; from then on the room is live.

        `confirm`: send `synced` too. `as_guest`: subscribe even if the user is no member. Raises NotFound.
        """
        hub = self._services.hub
        try:
            await self._send_changes(room, since, confirm, as_guest)
        except NotFound:
            hub.ignore(self._socket, room)
            if as_guest or not self.is_unannounced(room):
                raise
        except Unavailable as error:
            # The room's events would be held back for ever. The client reconnects and resumes instead.
            hub.dismiss(self._socket, 1013, str(error))
        finally:
            self.settled(room)

    async def _send_changes(self, room: int, since: int, confirm: bool, as_guest: bool) -> None:
        """Raises NotFound, Unavailable."""
        services, hub = self._services, self._services.hub
        while as_guest or self.is_behind(room):  # else the user left meanwhile, and the client has that event
            query = changes.ChangesSince(self.user, room, since, _CHANGES_AT_ONCE, services.limits)
            changed = await self._read(query)
            if self._socket.closing:
                return
            if not as_guest and not self.is_behind(room):
                return
            is_unannounced = not as_guest and self.is_unannounced(room)
            if is_unannounced and changed.room.me is None:
                # The user left again.
                hub.ignore(self._socket, room)
                return
            if not hub.holds_back(self._socket, room):
                # Events are held back only from here on: read once more what came before.
                self._hold_back(changed.room)
                continue
            own = next((one for one in changed.members if one.user.id == self.user), None)
            if own is not None and own.rank is None and not as_guest:
                hub.ignore(self._socket, room)
                self._socket.send(Frame.of(self._member_event(room, own)))
                return
            if is_unannounced:
                begins = own.version - 1 if own is not None else changed.version
                if begins > since:
                    # A new member's events of the room begin with their own joining.
                    since = begins
                    continue
                self._socket.send(Frame.of(replace(RoomEvent.of(changed.room), version=since)))
                self.known(room)
            # The user may have joined since the events are held back: subscribe as what they are now.
            self._listen(changed.room, None)
            self._publish(changed)
            since = changed.version
            if changed.has_more:
                await self._socket.drained()
            elif changed.resync:
                self._socket.send(Frame.of(ResyncEvent(room, since)))
                hub.synchronised(self._socket, room, since)
                return
            else:
                self._go_live(changed.room, since, confirm)
                return

    def _go_live(self, room: Room, version: int, confirm: bool) -> None:
        """All changes up to `version` have been sent: send the room itself, then release its live events."""
        self._socket.send(Frame.of(RoomEvent.of(room)))
        if confirm:
            self._socket.send(Frame.of(SyncedEvent(room.id, version)))
        self._services.hub.synchronised(self._socket, room.id, version)
        if room.me is not None and room.member_count <= self._services.limits.receipts_room:
            self._services.receipts.sent(self._socket, room.id, room.seq)

    def _publish(self, changed: Changes) -> None:
        """Send the changes as events, in `version` order."""
        events: list[tuple[int, Any]] = [(message.version, MessageEvent.of(message)) for message in changed.messages]
        events += [(notice.version, NoticeEvent.of(notice)) for notice in changed.notices]
        events += [(member.version, self._member_event(changed.room.id, member)) for member in changed.members]
        events.sort(key=lambda event: event[0])
        for _, event in events:
            self._socket.send(Frame.of(event))

    def _member_event(self, room: int, member: ChangedMember) -> MemberEvent:
        return MemberEvent(room, member.version, self._services.presence.dress(member.user), member.rank)

    def _send_lost_room(self, room: int, error: NotFound) -> None:
        """Send an error that names the room: its events end here."""
        self._socket.send(Frame.of(ErrorEvent(error.code, str(error), room=room, reason=error.reason)))
