"""Errors of invalid requests in the client's terms; keys in a header; entity tags."""

import re

import pytest

from hubbub.error_reasons import FIELD_CODES
from tests.http import HttpClient
from tests.http import get as http_get

# The request, and the expected error: field, code, parameters, and text.
FIELDS = [
    ("rooms/{}/messages", {}, "content", "required", {}, "required"),
    ("rooms/{}/messages", {"content": "x", "colour": 1}, "colour", "unknown", {}, "no such field"),
    ("rooms/{}/messages", {"content": 5}, "content", "wrong_type", {"expected": ["string"]}, "must be text"),
    ("rooms/{}/messages", {"content": "x", "reply_to": "1"}, "reply_to", "wrong_type",
     {"expected": ["integer", "null"]}, "must be a whole number or null"),
    ("rooms/{}/messages", {"content": "x", "reply_to": 0}, "reply_to", "too_small", {"min": 1}, "at least 1"),
    ("rooms/{}/messages", {"content": "x", "reply_to": 2**63}, "reply_to", "too_large", {"max": 2**63 - 1}, "at most"),
    ("rooms/{}/messages", {"content": "x", "reply_to": 99}, "reply_to", "no_such", {}, "no message 99"),
    ("rooms/{}/messages", {"content": "x", "key": ""}, "key", "too_short", {"min": 1}, "at least 1 character"),
    ("rooms/{}/messages", {"content": "x", "key": "k" * 65}, "key", "too_long", {"max": 64}, "at most 64 characters"),
    ("rooms/{}/messages", {"content": "x" * 10_001}, "content", "too_long", {"max": 10_000}, "at most 10,000"),
    ("rooms/{}/messages", {"content": " "}, "content", "blank", {}, "blank"),
    ("rooms/{}/messages", {"content": "\0"}, "content", "bad_character", {"character": "U+0000"}, "NUL"),
    ("rooms/{}/messages", [], "body", "wrong_type", {"expected": ["object"]}, "must be an object"),
    ("rooms", {"name": "\u202ex"}, "name", "bad_character", {"character": "U+202E"}, "direction"),
    ("rooms", {"kind": "open", "name": "x"}, "kind", "not_a_choice", {"choices": ["public", "private", "direct"]},
     "one of public, private, direct"),
    ("rooms", {"joins_as": "king", "name": "x"}, "joins_as", "not_a_choice", {}, "possible values"),
    ("rooms", {"members": [1, None]}, "members.1", "wrong_type", {"expected": ["integer", "string"]},
     "whole number or text"),
    ("rooms", {"members": [1] * 201}, "members", "too_long", {"max": 200}, "at most 200 entries"),
    ("rooms", {"name": None}, "name", "required", {}, "needs a name"),
    ("rooms", {"kind": "direct", "members": []}, "members", "not_possible", {}, "exactly one"),
    ("messages", {"content": "x"}, "room", "not_possible", {}, "person"),
    ("login", {"username": "x", "password": "y", "cookie": "yes"}, "cookie", "wrong_type", {"expected": ["boolean"]},
     "true or false"),
    ("users", {"username": "a b", "password": "correct horse"}, "username", "bad_character", {"character": "U+0020"},
     "letters"),
    ("users", {"username": "everyone", "password": "correct horse"}, "username", "reserved", {}, "kept"),
    ("users", {"username": "x" * 21, "password": "correct horse"}, "username", "too_long", {"max": 20}, "at most 20"),
    ("tickets", {"use": "door"}, "use", "not_a_choice", {"choices": ["socket", "file"]}, "socket, file"),
]  # fmt: skip
QUERIES = [
    ("limit=0", "limit", "too_small", {"min": 1}),
    ("limit=x", "limit", "wrong_type", {"expected": ["integer"]}),
    ("since=yesterday", "since", "bad_format", {}),
    ("befor=1", "befor", "unknown", {}),
    ("limit=1&limit=2", "limit", "repeated", {}),
    ("room=1", "room", "unknown", {}),
    ("services=1", "services", "unknown", {}),
]
OURS = re.compile(r"`|got |Expected|Object |codec|str\b|\bint\b|malformed|truncated|regex|enum")
"""Words of a parser, or of Python."""


@pytest.fixture
async def asking(server, people):
    """A user's HTTP client, and a room of theirs."""
    (alice,) = await people(1)
    room = await alice.create_room(f"asking {alice.user.username}")
    headers = {"Authorization": f"Bearer {alice.token}"}
    async with HttpClient(base_url=server.url, headers=headers) as http:
        yield http, room.id


@pytest.mark.parametrize(("path", "body", "field", "code", "params", "words"), FIELDS)
async def test_a_field_can_be_told_in_any_language(asking, sockets, path, body, field, code, params, words) -> None:
    http, room = asking
    refused = await http.post("/api/" + path.format(room), json=body)
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["field"], error["code"], error["params"]) == (field, code, params)
    assert words in error["message"]
    assert not OURS.search(refused.json()["detail"])
    assert code in FIELD_CODES


async def test_a_frame_tells_the_same(people, sockets) -> None:
    (alice,) = await people(1)
    socket = await sockets(alice)
    for frame, field, code in (
        ({"type": "nonsense"}, "type", "not_a_choice"),
        ({"type": "typing_start"}, "room", "required"),
        ({"type": "typing_start", "room": "x"}, "room", "wrong_type"),
        ({"type": "message", "room": 1, "content": ""}, "content", "blank"),
    ):
        refused = await socket.ask(**frame)
        assert [(error["field"], error["code"]) for error in refused["errors"]] == [(field, code)]
        assert not OURS.search(refused["detail"])


@pytest.mark.parametrize(
    "body", [b" ", b"nope", b'{"content":', b'{"a" 1}', b'{"content":"\xff"}', b'{"content":"\\ud800"}', b"{'a':1}"]
)
async def test_what_is_no_json_is_told_in_plain_words(asking, body: bytes) -> None:
    http, room = asking
    refused = await http.post(f"/api/rooms/{room}/messages", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("This is not JSON: ")
    assert not OURS.search(refused.json()["detail"])


async def test_no_body_is_a_missing_one(asking) -> None:
    http, room = asking
    for path in (f"/api/rooms/{room}/messages", "/api/rooms", "/api/login"):
        (error,) = (await http.post(path)).json()["errors"]
        assert (error["field"], error["code"]) == ("body", "required")


@pytest.mark.parametrize(("query", "field", "code", "params"), QUERIES)
async def test_a_parameter(asking, query: str, field: str, code: str, params: dict) -> None:
    http, room = asking
    refused = await http.get(f"/api/rooms/{room}/messages?{query}")
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["field"], error["code"], error["params"]) == (field, code, params)
    assert not OURS.search(error["message"])


async def test_no_call_takes_a_parameter_that_it_does_not_know(asking) -> None:
    http, room = asking
    document = (await http.get("/api/openapi.json")).json()
    asked = 0
    for path, item in document["paths"].items():
        if not path.startswith("/api/") or "get" not in item:
            continue
        path_of_get = path.replace("{digest}", "0" * 32).replace("{emoji}", "👍")
        url = re.sub(r"\{(room|seq|user|session|thread)\}", str(room), path_of_get)
        refused = await http.get(url, params={"limitt": "1"})
        assert (path, refused.status_code) == (path, 400)
        assert refused.json()["errors"][0]["field"] == "limitt"
        asked += 1
        queries = [one for one in item["get"].get("parameters", []) if one["in"] == "query"]
        needed = {one["name"]: "2026-01-01T00:00:00Z" for one in queries if one.get("required")}
        for parameter in queries:
            if parameter["schema"].get("type") == "integer":
                assert (await http.get(url, params={**needed, parameter["name"]: 1})).status_code != 400, path
    assert asked > 10
    without = http_get(http.base_url.join("/api/rooms?limitt=1"))
    assert without.status_code == 401  # authentication comes first


async def test_a_parameter_is_named_as_it_was_sent(asking) -> None:
    http, _ = asking
    for path in ("/api/users", "/api/rooms"):
        refused = await http.get(path, params={"query": "x" * 101})
        assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [("query", "too_long")]


@pytest.mark.parametrize("path", ["/api/rooms/{}/messages", "/room/{}/messages", "/conversations/{}/message"])
async def test_an_idempotency_key_is_the_key_of_the_message(asking, path: str) -> None:
    http, room = asking
    url = path.format(room)
    first = await http.post(url, json={"content": "once"}, headers={"Idempotency-Key": '"8e03978e 40d5"'})
    again = await http.post(url, json={"content": "once"}, headers={"Idempotency-Key": '"8e03978e 40d5"'})
    in_body = await http.post(url, json={"content": "once", "key": "8e03978e 40d5"})
    assert [answer.status_code for answer in (first, again, in_body)] == [201, 200, 200]
    assert first.json()["seq"] == again.json()["seq"] == in_body.json()["seq"]
    bare = await http.post(url, json={"content": "bare"}, headers={"Idempotency-Key": "bare-key"})
    assert (await http.post(url, json={"content": "bare", "key": "bare-key"})).json()["seq"] == bare.json()["seq"]
    for key in ('"', "", '"' + "k" * 65 + '"', "k" * 65, "caf\u00e9".encode()):
        refused = await http.post(url, json={"content": "x"}, headers={"Idempotency-Key": key})
        assert refused.status_code == 400, key
        assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
    two = await http.post(url, json={"content": "x", "key": "a"}, headers={"Idempotency-Key": "b"})
    assert two.json()["errors"][0] == {
        "field": "Idempotency-Key",
        "message": "is not the same as `key` in the body: give one of the two",
        "code": "not_possible",
        "params": {},
    }


async def test_a_direct_message_takes_the_key_too(people, server) -> None:
    alice, bob = await people(2)
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        for path in ("/api/messages", "/messages"):
            body = {"to": bob.user.username, "content": path}
            sent = [await http.post(path, json=body, headers={"Idempotency-Key": path}) for _ in range(2)]
            assert [answer.status_code for answer in sent] == [201, 200]


async def test_a_call_that_keeps_no_keys_says_so(asking) -> None:
    http, room = asking
    key = {"Idempotency-Key": '"k"'}
    for path, body in (("/api/rooms", {"name": "keyed"}), ("/api/tickets", {}), (f"/api/rooms/{room}/members", {})):
        refused = await http.post(path, json=body, headers=key)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    # Idempotent calls accept and ignore the header.
    assert (await http.get(f"/api/rooms/{room}", headers=key)).status_code == 200
    assert (await http.put(f"/api/rooms/{room}/read", json={"seq": 0}, headers=key)).status_code == 200


async def test_entity_tags(asking) -> None:
    http, room = asking
    await http.post(f"/api/rooms/{room}/messages", json={"content": "tagged"})
    for path, change in (
        (f"/api/rooms/{room}", ("PATCH", f"/api/rooms/{room}", {"topic": "changed"})),
        (f"/api/rooms/{room}/messages/1", ("PATCH", f"/api/rooms/{room}/messages/1", {"content": "changed"})),
    ):
        first = await http.get(path)
        tag = first.headers["etag"]
        for held in (tag, f'"other", W/{tag}', "*"):
            same = await http.get(path, headers={"If-None-Match": held})
            assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert (await http.get(path, headers={"If-None-Match": '"other"'})).json() == first.json()
        method, where, body = change
        assert (await http.request(method, where, json=body)).status_code == 200
        changed = await http.get(path, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag
    icon = await http.get("/static/icon.svg")
    again = await http.get("/static/icon.svg", headers={"If-None-Match": f'"x", W/{icon.headers["etag"]}'})
    assert again.status_code == 304
