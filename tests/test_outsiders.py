"""Every frame and call on a private room by users who must not know that it exists: a stranger, a removed member, and
the owner of another room. They get the same answer as for a room that does not exist."""

import pytest

from hubbub.surfaces.socket import frames
from tests.conftest import user_id
from tests.http import HttpClient

FRAMES = {
    "message": {"content": "let me in"},
    "edit": {"seq": 1, "content": "changed"},
    "delete": {"seq": 1},
    "reaction": {"seq": 1, "emoji": "👍"},
    "read": {"seq": 1},
    "follow": {"thread": 1},
    "join_room": {},
    "leave_room": {},
    "subscribe": {},
    "typing_start": {},
    "typing_stop": {},
}
CALLS = [
    ("GET", "", None),
    ("PATCH", "", {"topic": "mine now"}),
    ("DELETE", "", None),
    ("GET", "/members", None),
    ("POST", "/members", {}),
    ("POST", "/members", {"user": 1}),
    ("PATCH", "/members/{owner}", {"rank": "member"}),
    ("DELETE", "/members/{owner}", None),
    ("DELETE", "/members/{self}", None),
    ("POST", "/messages", {"content": "let me in"}),
    ("GET", "/messages", None),
    ("GET", "/messages/1", None),
    ("GET", "/messages/1/edits", None),
    ("PATCH", "/messages/1", {"content": "changed"}),
    ("DELETE", "/messages/1", None),
    ("GET", "/messages/1/reactions/👍", None),
    ("PUT", "/messages/1/reactions/👍", None),
    ("DELETE", "/messages/1/reactions/👍", None),
    ("PUT", "/read", {"seq": 1}),
    ("GET", "/changes", None),
    ("GET", "/pins", None),
    ("PUT", "/pins/1", None),
    ("DELETE", "/pins/1", None),
    ("GET", "/messages/1/thread", None),
    ("PUT", "/threads/1/read", {"seq": 1}),
    ("PUT", "/threads/1/follow", None),
]


@pytest.fixture
async def scene(people):
    """A private room with a message, and three users who are not in it."""
    alice, stranger, removed, other = await people(4)
    room = await alice.create_room("secret", kind="private", members=[user_id(removed)])
    await removed.send("I was here", room=room.id)
    await alice.remove_member(room.id, user_id(removed))
    await other.create_room("mine", kind="private")
    return alice, room.id, {"stranger": stranger, "removed": removed, "owner of another room": other}


def test_every_frame_on_a_room_is_tried() -> None:
    on_rooms = {str(kind.__struct_config__.tag) for kind in frames.Frames.__args__ if "room" in kind.__struct_fields__}
    assert on_rooms - {"unsubscribe"} == set(FRAMES)


async def test_every_frame(scene, sockets) -> None:
    alice, room, outsiders = scene
    for who, client in outsiders.items():
        socket = await sockets(client)
        for kind, fields in FRAMES.items():
            refused = await socket.ask(type=kind, room=room, **fields)
            missing = await socket.ask(type=kind, room=2**62, **fields)
            assert (who, kind, refused["code"]) == (who, kind, "not_found")
            assert refused["detail"] == missing["detail"]
    assert [m.content for m in (await alice.history(room)).messages] == ["I was here"]


async def test_every_call(scene) -> None:
    alice, room, outsiders = scene
    before = await alice.room(room)
    for who, client in outsiders.items():
        headers = {"Authorization": f"Bearer {client.token}"}
        async with HttpClient(base_url=client.url, headers=headers) as http:
            for method, path, body in CALLS:
                path = path.replace("{owner}", str(user_id(alice))).replace("{self}", str(user_id(client)))
                refused = await http.request(method, f"/api/rooms/{room}{path}", json=body)
                missing = await http.request(method, f"/api/rooms/{2**62}{path}", json=body)
                assert (who, method, path, refused.status_code) == (who, method, path, 404)
                assert refused.json() == missing.json()
            sync = await http.get(f"/api/sync?since={room}:1,{10**17}:1")
            assert sync.json()["gone"] == [room, 10**17]
            assert room not in [found["id"] for found in sync.json()["rooms"]]
            assert (await http.get("/api/rooms?query=secret")).json()["rooms"] == []
    assert (await alice.room(room)).version == before.version
