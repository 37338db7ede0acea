"""How far a client has come in each room."""

from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, ReactionEvent, RoomEvent
from hubbub.client.wire import Connected, Event, Refused, Resync, Synced


def advance(versions: dict[int, int], event: Event, me: int) -> bool:
    """Update the version of the event's room. False: the event is a duplicate."""
    match event:
        case MessageEvent() | ReactionEvent() | MemberEvent() | NoticeEvent():
            if event.version <= versions.get(event.room, 0):
                return False
            versions[event.room] = event.version
            if isinstance(event, MemberEvent) and event.rank is None and event.user.id == me:
                del versions[event.room]
        case Synced() | Resync():
            versions[event.room] = event.version
        case Connected():
            for room in event.rooms:
                versions.setdefault(room.id, room.version)
        case RoomEvent(deleted=True):
            versions.pop(event.id, None)
        case RoomEvent():
            versions[event.id] = max(event.version, versions.get(event.id, 0))
        case Refused(room=int(room)):
            versions.pop(room, None)
        case _:
            pass
    return True
