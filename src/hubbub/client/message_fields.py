"""Fields of a sent message that most do without. They are left out then, as older servers do not have them."""

from hubbub.chat.shapes import TEXT, Extra


def of_kind(kind: str, extra: Extra | None) -> dict[str, object]:
    """The fields of a message's kind: none for text."""
    return ({} if kind == TEXT else {"kind": kind}) | ({} if extra is None else {"extra": extra})


def in_thread(thread: int | None, also_in_room: bool) -> dict[str, object]:
    """The fields of a reply in a thread."""
    place: dict[str, object] = {} if thread is None else {"thread": thread}
    return place | ({"also_in_room": True} if also_in_room else {})


def as_text(content: str) -> dict[str, object]:
    """The field by which a text that may look like a slash command is sent as it is."""
    return {"as_text": True} if content.startswith("/") else {}
