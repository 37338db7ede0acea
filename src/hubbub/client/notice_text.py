"""Notices as text, for a terminal."""

from hubbub.chat.shapes import Notice


def notice_text(notice: Notice) -> str:
    """A sentence without its full stop: `alice added bob and carol`."""
    actor, users = notice.actor.username, _listed([user.username for user in notice.users])
    match notice.kind:
        case "created":
            return f"{actor} made the room"
        case "joined" | "left":
            return f"{actor} {notice.kind}"
        case "added" | "removed":
            return f"{actor} {notice.kind} {users}"
        case "renamed":
            return f"{actor} took the name away" if notice.new is None else f"{actor} named the room {notice.new}"
        case "topic":
            return f"{actor} took the topic away" if notice.new is None else f"{actor} set the topic: {notice.new}"
        case "made_public" | "made_private":
            return f"{actor} made the room {notice.kind.removeprefix('made_')}"
        case "archived":
            return f"{actor} archived the room"
        case "unarchived":
            return f"{actor} opened the room again"
        case "pinned" | "unpinned":
            return f"{actor} {notice.kind} message {notice.seq}"
        case _:
            return f"{actor} changed the room"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
