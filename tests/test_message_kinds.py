"""The registry of message kinds: what fits a kind is stored as it was, what does not is refused with its field."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import asdict, fields

from hubbub.chat.events import MessageEvent
from hubbub.chat.message_kinds import MessageKind, MessageKinds
from hubbub.chat.shapes import Message, Reaction, Sender
from hubbub.errors import InvalidInput


class Poll(msgspec.Struct, forbid_unknown_fields=True):
    question: str
    options: list[str]
    data: object = None


class Call(msgspec.Struct):
    seconds: int


KINDS = MessageKinds(
    MessageKind("poll", Poll, text=lambda poll: f"{poll.question}: {' / '.join(poll.options)}", max_bytes=2000),
    MessageKind("call", Call, from_clients=False),
    MessageKind("note", Call, editable=True),
)
LUNCH = {"question": "Lunch?", "options": ["yes", "no"]}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_extra_is_stored_in_the_shape_of_its_kind() -> None:
    content, extra = KINDS.posted("poll", LUNCH, "Vote!")
    assert content == "Vote!"
    assert extra == {**LUNCH, "data": None}
    assert KINDS.posted("note", {"seconds": 1, "more": 2}, "x") == ("x", {"seconds": 1})


def test_content_that_was_not_given_is_made_from_extra() -> None:
    assert KINDS.posted("poll", LUNCH, "")[0] == "Lunch?: yes / no"
    assert KINDS.posted("note", {"seconds": 1}, "")[0] == ""


@pytest.mark.parametrize(
    ("kind", "extra", "field", "code"),
    [
        ("pol", LUNCH, "kind", "not_a_choice"),
        ("", LUNCH, "kind", "not_a_choice"),
        ("call", {"seconds": 1}, "kind", "reserved"),
        ("poll", None, "extra.question", "required"),
        ("poll", {"question": 1}, "extra.question", "wrong_type"),
        ("poll", {**LUNCH, "options": ["yes", 1]}, "extra.options.1", "wrong_type"),
        ("poll", {**LUNCH, "winner": "yes"}, "extra.winner", "unknown"),
        ("poll", {**LUNCH, "question": "x" * 2000}, "extra", "too_long"),
        ("poll", {**LUNCH, "data": nested(33)}, "extra", "too_long"),
        ("poll", {**LUNCH, "data": nested(100_000)}, "extra", "too_long"),
        ("poll", {**LUNCH, "data": 2**64}, "extra", "too_large"),
        ("poll", {**LUNCH, "data": "\ud800"}, "extra", "bad_character"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(kind: str, extra: Any, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        KINDS.posted(kind, extra, "x")
    (error,) = refused.value.errors
    assert (error.field, error.code) == (field, code)


def test_an_unknown_kind_is_answered_with_those_that_clients_may_post() -> None:
    with pytest.raises(InvalidInput, match="use text or note or poll") as refused:
        KINDS.posted("pol", LUNCH, "x")
    assert refused.value.errors[0].params == {"choices": ["text", "note", "poll"]}


def test_the_server_itself_may_post_every_kind() -> None:
    assert KINDS.posted("call", {"seconds": 3}, "A call of 3 s", from_client=False) == ("A call of 3 s", {"seconds": 3})


def test_extra_is_edited_where_the_kind_allows_it() -> None:
    assert KINDS.edited("note", {"seconds": 2}, "x") == ("x", {"seconds": 2})
    with pytest.raises(InvalidInput) as refused:
        KINDS.edited("poll", LUNCH, "x")
    assert (refused.value.errors[0].field, refused.value.errors[0].code) == ("extra", "not_possible")


@pytest.mark.parametrize("name", ["text", "poll", "", "Poll", "1st", "a b", "a" * 65, "poll\n"])
def test_a_bad_or_taken_name_is_refused(name: str) -> None:
    kinds = MessageKinds(MessageKind("poll", Poll))
    with pytest.raises(ValueError, match="kind"):
        kinds.register(MessageKind(name, Call))
    assert [kind.name for kind in kinds] == ["poll"]


def test_an_event_has_every_field_of_its_message() -> None:
    """It is written out, as it is made for each message: a field that is added must be added there too."""
    sender = Sender(1, "alice", "Alice")
    values = {"sender": sender, "mentions": [2], "reactions": [Reaction("👍", [1])], "deleted": True, "extra": {"a": 1}}
    numbers = {field.name: number for number, field in enumerate(fields(Message)) if field.name not in values}
    message = Message(**{name: f"{name} {number}" for name, number in numbers.items()} | values)
    assert asdict(MessageEvent.of(message)) == asdict(message)
