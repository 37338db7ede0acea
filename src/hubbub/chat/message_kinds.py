"""Kinds of messages beside plain text. A message is a union tagged by `kind`: its `extra` has the shape of the kind.

`content` is always the text that a client shows which does not know the kind, so it is never empty.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from hubbub.chat.forwarded import FORWARD
from hubbub.chat.shapes import TEXT, Extra
from hubbub.errors import HubbubError, InvalidInput
from hubbub.validation_errors import field_error

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_DEEPEST = 32
"""Levels of nesting: far from where an encoder gives up, whatever its caller's own depth."""
Shape = TypeVar("Shape", bound=Struct)


class MessageKind(Struct, Generic[Shape], frozen=True):
    """One kind of message. Unknown fields of `extra` are dropped, or refused if its struct forbids them."""

    name: str
    """Up to 64 of `a-z`, `0-9`, `_`, `.`, `-`; the first one a letter."""
    extra: type[Shape]
    text: Callable[[Shape], str] | None = None
    """The content of a message whose sender gave an empty one. None: the sender has to give it."""
    max_bytes: int = 4096
    """Of `extra` as JSON in UTF-8."""
    from_clients: bool = True
    """Whether clients may post and edit this kind, or only code within the server."""
    editable: bool = False
    """Whether an edit may replace `extra`."""


class MessageKinds:
    """The kinds that a server knows beside `text`. Complete before the server listens."""

    def __init__(self, *kinds: MessageKind[Any]) -> None:
        self._kinds: dict[str, MessageKind[Any]] = {}
        self.reserved: frozenset[str] = frozenset({FORWARD})
        """The names of those that are not from clients."""
        for kind in kinds:
            self.register(kind)

    def __iter__(self) -> Iterator[MessageKind[Any]]:
        return iter(self._kinds.values())

    def register(self, kind: MessageKind[Any]) -> None:
        """Raises ValueError: the name is not allowed, or taken."""
        if not _NAME.fullmatch(kind.name):
            raise ValueError(f"{kind.name!r} cannot be the name of a kind of message: use a-z, 0-9, '_', '.' and '-'")
        if kind.name in (TEXT, FORWARD) or kind.name in self._kinds:
            raise ValueError(f"there is a kind of message named {kind.name} already")
        self._kinds[kind.name] = kind
        if not kind.from_clients:
            self.reserved |= {kind.name}

    def posted(self, name: str, extra: Extra | None, content: str, from_client: bool = True) -> tuple[str, Extra]:
        """The content and the `extra` to store for a message of a kind other than text, after validation.

        Raises:
            InvalidInput: `kind` is unknown or not for clients; `extra` does not fit the kind, naming its field.
        """
        if name == TEXT:
            raise InvalidInput("belongs to a message of another kind than text", "extra", "not_possible")
        kind = self._kind(name, from_client)
        shaped, checked = _fitting(kind, extra)
        return (content or _text_of(kind, shaped)), checked

    def edited(self, name: str, extra: Extra | None, content: str) -> tuple[str, Extra]:
        """The same for an edit that replaces `extra`. Raises InvalidInput also if the kind does not allow that."""
        if extra is None:
            raise InvalidInput("this field is required", "extra", "required")
        if name != TEXT and not self._kind(name, from_client=True).editable:
            raise InvalidInput(f"cannot be changed in a message of kind {name}", "extra", "not_possible")
        return self.posted(name, extra, content)

    def _kind(self, name: str, from_client: bool) -> MessageKind[Any]:
        if name == FORWARD:
            raise _reserved()
        kind = self._kinds.get(name)
        if kind is None:
            names = [TEXT, *sorted(one.name for one in self if one.from_clients)]
            message = f"is not known here: use {' or '.join(names)}"
            raise InvalidInput(message, "kind", "not_a_choice", choices=list(names))
        if from_client and not kind.from_clients:
            raise _reserved()
        return kind


def _reserved() -> InvalidInput:
    return InvalidInput("messages of this kind are made by the server", "kind", "reserved")


ONLY_TEXT = MessageKinds()
"""For callers that have no kinds: nothing is registered here."""


def _fitting(kind: MessageKind[Shape], extra: Extra | None) -> tuple[Shape, Extra]:
    """`extra` as the kind's struct, and as what is stored of it."""
    if _deeper(extra, _DEEPEST):
        raise InvalidInput(f"is nested more than {_DEEPEST} deep", "extra", "too_long", max=_DEEPEST)
    try:
        shaped = msgspec.convert({} if extra is None else extra, kind.extra, str_keys=True)
        encoded = msgspec.json.encode(shaped)
        # Between servers; it has no numbers above 64 bits.
        msgspec.msgpack.encode(shaped)
    except msgspec.ValidationError as error:
        raise InvalidInput.of([field_error(str(error), "extra")]) from error
    except OverflowError as error:
        raise InvalidInput("contains too large a number", "extra", "too_large", max=2**64 - 1) from error
    except UnicodeEncodeError as error:
        raise InvalidInput("contains half of a surrogate pair, which is not text", "extra", "bad_character") from error
    if len(encoded) > kind.max_bytes:
        message = f"has {len(encoded):,} bytes as JSON; at most {kind.max_bytes:,} are allowed"
        raise InvalidInput(message, "extra", "too_long", max=kind.max_bytes)
    return shaped, msgspec.json.decode(encoded, type=dict[str, Any])


def _text_of(kind: MessageKind[Shape], shaped: Shape) -> str:
    """The kind's own text, empty if it has none. Raises HubbubError if its function fails: it is not our own code."""
    if kind.text is None:
        return ""
    try:
        text = kind.text(shaped)
        if not isinstance(text, str):
            raise TypeError(f"text must return str, not {type(text).__name__}")
    except Exception as error:
        # Imported here, not above, so that importing `ChatServer` does not pay for what only a broken kind needs.
        import structlog

        structlog.get_logger("kinds").exception("message_kind_failed", kind=kind.name)
        raise HubbubError(f"The server could not make the text of a message of kind {kind.name}.") from error
    return text


def _deeper(value: object, levels: int) -> bool:
    """Whether the value is nested more than `levels` deep."""
    if not isinstance(value, dict | list):
        return False
    return levels == 0 or any(
        _deeper(one, levels - 1) for one in (value.values() if isinstance(value, dict) else value)
    )
