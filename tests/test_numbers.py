"""Numbers have one spelling: others are refused on every surface."""

import asyncio
from urllib.parse import quote

import httpx
import msgspec
import pytest

from hubbub.client import Client
from tests.http import HttpClient
from tests.raw import RawSocket
from tests.server import Server

SPELLINGS = [
    "1e1", "1E0", "1.0", "+1", "01", "00", " 1", "1 ", "1\n", "\uff11", "\u0661", "1_0", "0x1", "1,0", "--1", "-0",
    "true", "null", "None", "", "1\0", "\u00b2", "1e400", "0b1", "1e-1",
]  # fmt: skip


@pytest.fixture
async def asking(server: Server, people):
    (alice,) = await people(1)
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        yield alice, http


async def test_numbers_in_paths_and_queries(asking) -> None:
    _, http = asking
    document = (await http.get("/api/openapi.json")).json()
    tried = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            numbers = [one for one in operation.get("parameters", []) if _is_number(one["schema"])]
            for parameter in numbers:
                tried += 1
                for spelled in SPELLINGS:
                    await _refused(http, method, path, parameter, spelled)
    assert tried > 60


def _is_number(schema: dict) -> bool:
    return "integer" in [schema.get("type"), *(one.get("type") for one in schema.get("oneOf", schema.get("anyOf", [])))]


async def _refused(http: httpx.AsyncClient, method: str, path: str, parameter: dict, spelled: str) -> None:
    name = parameter["name"]
    query = {}
    if parameter["in"] == "path":
        if spelled in ("", "null"):
            return  # another route
        path = path.replace(f"{{{name}}}", quote(spelled, safe=""))
    else:
        query = {name: spelled}
    while "{" in path:
        path = path[: path.index("{")] + "1" + path[path.index("}") + 1 :]
    body = {} if method == "get" else {"json": {}}
    answer = await http.request(method, path, params=query, **body)
    assert answer.status_code == 400, (method, path, query, answer.text)
    assert [one["field"] for one in answer.json()["errors"]] == [name], (method, path, query)


async def test_numbers_in_bodies_and_frames(asking, sockets) -> None:
    alice, http = asking
    room = await alice.create_room(f"numbers {alice.user.username}")
    await alice.send("one", room=room.id)
    written = [f"{room.id}.0", f"{room.id}e0", f"+{room.id}", f"0{room.id}", f'"{room.id}"', "true", "1.5", "null",
               "[1]", f"{room.id}.", "-1", "0", "1e400", "NaN", "Infinity", "18446744073709551617"]  # fmt: skip
    kind = {"Content-Type": "application/json"}
    for number in written:
        for path, body in (("/api/messages", f'{{"content":"x","room":{number}}}'),
                           (f"/api/rooms/{room.id}/messages", f'{{"content":"x","reply_to":{number}}}'),
                           ):  # fmt: skip
            if number == "null" and "reply_to" in body:
                continue  # not a route of this kind
            answer = await http.post(path, content=body, headers=kind)
            assert answer.status_code == 400, (path, body, answer.text)
        if number != "null":
            read = await http.put(f"/api/rooms/{room.id}/read", content=f'{{"seq":{number}}}', headers=kind)
            assert (read.status_code == 400) == (number != "0"), number
    frames = [
        '{"type":"message","content":"x","room":%s}', '{"type":"edit","content":"x","room":%s,"seq":1}',
        '{"type":"edit","content":"x","room":1,"seq":%s}', '{"type":"delete","room":%s,"seq":1}',
        '{"type":"join_room","room":%s}',
        '{"type":"leave_room","room":%s}', '{"type":"subscribe","room":%s}', '{"type":"unsubscribe","room":%s}',
        '{"type":"typing_start","room":%s}', '{"type":"typing_stop","room":%s}', '{"type":"read","room":1,"seq":%s}',
        '{"type":"reaction","room":%s,"seq":1,"emoji":"\U0001f44d"}',
        '{"type":"message","content":"x","room":1,"reply_to":%s}',
    ]  # fmt: skip
    asked = [frame % number for number in written for frame in frames if _is_json(number)]
    asked = [frame for frame in asked if frame != frames[10] % 0]
    for position, frame in enumerate(asked):
        if position % 4 == 0:  # after five invalid frames a connection is closed
            socket = await sockets(alice)
        await socket.send_text(frame)
        assert (await socket.expect("error"))["code"] == "invalid_input", frame
    kept = (await http.get(f"/api/rooms/{room.id}/messages")).json()["messages"]
    assert [message["content"] for message in kept] == ["one"]


def _is_json(text: str) -> bool:
    try:
        return msgspec.json.decode(text) is not None
    except msgspec.DecodeError:
        return False


async def test_numbers_as_keys_of_what_one_holds(asking, server: Server) -> None:
    alice, _ = asking
    room = await alice.create_room(f"held {alice.user.username}")
    for spelled in (f"0{room.id}", f"+{room.id}", f"{room.id}.0", f" {room.id}", "\uff11", "1e1"):
        socket = await RawSocket.open(server.socket_url, {"Authorization": f"Bearer {alice.token}"})
        await socket.send(type="hello", since={spelled: 0})
        assert (await socket.expect("error"))["code"] == "invalid_input"
        await socket.close()


async def test_a_choice_ends_with_its_last_letter(asking) -> None:
    alice, http = asking
    room = await alice.create_room(f"choice {alice.user.username}")
    for method, path, body in (
        ("POST", "/api/rooms", {"kind": "public\n", "name": "x"}),
        ("PATCH", f"/api/rooms/{room.id}", {"kind": "private\n"}),
        ("POST", "/api/tickets", {"use": "socket\n"}),
    ):
        answer = await http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "not_a_choice")


async def test_numbers_in_v1(asking, server: Server) -> None:
    alice, http = asking
    group = (await http.post("/v1/group_chat", json={})).json()["group_chat_id"]
    other = Client(server.url)
    name = f"other{alice.user.username}"
    user = await other.register(name, "correct horse")
    assert (await http.post(f"/v1/group_chat/{group}/participants", json={"username": name})).status_code == 200
    for spelled in (f"0{user.id}", f"00{user.id}", f"+{user.id}", f"{user.id}.0", f"{user.id}e0", f"{user.id}\n",
                    "".join(chr(0xFEE0 + ord(digit)) for digit in str(user.id))):  # fmt: skip
        answer = await http.delete(f"/v1/group_chat/{group}/participants/{quote(spelled, safe='')}")
        assert answer.status_code == 400, spelled
        said = await http.post(
            "/v1/messages", json={"message": "x", "group_chat_id": spelled.replace(str(user.id), str(group))}
        )
        assert said.status_code in (400, 403), spelled
    assert (await http.get(f"/v1/group_chat/messages/group/{group}")).json()["messages"] == []
    assert (await http.delete(f"/v1/group_chat/{group}/participants/{user.id}")).status_code == 200
    await other.__aexit__()


async def test_numbers_in_the_addresses_of_feeds(asking, server: Server) -> None:
    alice, _ = asking
    room = await alice.create_room(f"feed {alice.user.username}")
    request = (
        "GET /room/{}/subscribe HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Authorization: Bearer {alice.token}\r\n\r\n"
    )
    number = room.id
    wrong = [f"0{number}", f"%30{number}", f"+{number}", f"{number}.0", f"{number}e0", "0", "9" * 19]
    for spelled, status in ((f"{number}", "101"), *((each, "404") for each in wrong)):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request.format(spelled).encode())
        assert (await reader.readline()).split()[1].decode() == status, spelled
        writer.close()
