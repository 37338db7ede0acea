"""Fields with their default value are left out of output, wherever the value comes from."""

import json
from collections.abc import Iterator

import msgspec
import pytest

import hubbub.server.app  # noqa: F401 - every shape is known then
from tests.conftest import People
from tests.http import HttpClient
from tests.server import Server


def _subclasses(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _equal(value: object) -> object:
    """An equal value that is another object, as from a database or decoder."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value))


CASES = [
    pytest.param(kind, field.encode_name, default, id=f"{kind.__module__}.{kind.__name__}.{field.name}")
    for kind in sorted(set(_subclasses(msgspec.Struct)), key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
    if kind.__module__.startswith("hubbub.") and kind.__struct_config__.omit_defaults
    for field in msgspec.structs.fields(kind)
    for default in [field.default_factory() if callable(field.default_factory) else field.default]
    if default not in (None, msgspec.UNSET, msgspec.NODEFAULT)
]


@pytest.mark.parametrize(("kind", "name", "default"), CASES)
def test_a_default_is_left_out_whatever_made_the_value(kind: type[msgspec.Struct], name: str, default: object) -> None:
    needed = {field.name: 0 for field in msgspec.structs.fields(kind) if field.required}
    received = json.loads(msgspec.json.encode(kind(**needed, **{name: _equal(default)})))
    assert name not in received


def test_there_are_such_defaults() -> None:
    found = {(case.values[0].__name__, case.values[1]) for case in CASES}
    assert {("Room", "joins_as"), ("RoomEvent", "deleted"), ("Notice", "users"), ("Problem", "errors")} <= found


async def test_the_rank_of_newcomers_is_told_only_where_it_is_not_member(
    people: People, server: Server, sockets
) -> None:
    (alice,) = await people(1)
    plain = await alice.create_room(f"plain {alice.user.username}", "private")
    equals = await alice.create_room(f"equals {alice.user.username}", "private", joins_as="owner")
    wanted = {plain.id: None, equals.id: "owner"}
    socket = await sockets(alice)
    connect = next(event for event in socket.seen if event["type"] == "connect")
    assert {room["id"]: room.get("joins_as") for room in connect["rooms"]} == wanted
    bearer = {"Authorization": f"Bearer {alice.token}"}
    async with HttpClient(base_url=server.url, headers=bearer) as http:
        for room, rank in wanted.items():
            received = [
                (await http.get(f"/api/rooms/{room}")).json(),
                (await http.get(f"/api/rooms/{room}/changes?since=0")).json()["room"],
                (await http.patch(f"/api/rooms/{room}", json={"topic": "another"})).json(),
                await socket.expect("room", id=room),
            ]
            assert [each.get("joins_as") for each in received] == [rank] * 4
        for path, key in (("/api/rooms?mine=true", "rooms"), ("/api/sync", "rooms")):
            listed = (await http.get(path)).json()[key]
            assert {room["id"]: room.get("joins_as") for room in listed} == wanted
        # With its default value again, it is left out again.
        back = await http.patch(f"/api/rooms/{equals.id}", json={"joins_as": "member"})
        assert "joins_as" not in back.json()
        assert "joins_as" not in await socket.expect("room", id=equals.id)
        assert "joins_as" not in (await http.get(f"/api/rooms/{equals.id}")).json()
