"""The published documents: valid, generated from the types that validate, with pages to read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.command import run_hubbub
from tests.http import HttpClient


@pytest.fixture
async def http(server):
    async with HttpClient(base_url=server.url) as client:
        yield client


async def test_openapi_is_valid_and_complete(http) -> None:
    document = (await http.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    calls = {(method, path) for path, item in document["paths"].items() for method in item}
    for call in [
        ("post", "/api/users"), ("get", "/api/users"), ("get", "/api/users/{user}"), ("patch", "/api/users/me"),
        ("post", "/api/login"), ("post", "/api/logout"), ("get", "/api/sessions"),
        ("delete", "/api/sessions/{session}"), ("post", "/api/rooms"), ("get", "/api/rooms"),
        ("get", "/api/rooms/{room}"), ("patch", "/api/rooms/{room}"), ("delete", "/api/rooms/{room}"),
        ("get", "/api/rooms/{room}/members"), ("post", "/api/rooms/{room}/members"),
        ("patch", "/api/rooms/{room}/members/{user}"), ("delete", "/api/rooms/{room}/members/{user}"),
        ("post", "/api/rooms/{room}/messages"), ("get", "/api/rooms/{room}/messages"),
        ("get", "/api/rooms/{room}/messages/{seq}"), ("patch", "/api/rooms/{room}/messages/{seq}"),
        ("delete", "/api/rooms/{room}/messages/{seq}"),
        ("put", "/api/rooms/{room}/messages/{seq}/reactions/{emoji}"),
        ("delete", "/api/rooms/{room}/messages/{seq}/reactions/{emoji}"),
        ("get", "/api/rooms/{room}/receipts"), ("put", "/api/rooms/{room}/read"),
        ("get", "/api/rooms/{room}/changes"), ("post", "/api/messages"),
        ("get", "/api/messages/{room}"), ("get", "/api/sync"), ("post", "/api/tickets"),
    ]:  # fmt: skip
        assert call in calls
    problem = document["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail", "code"} <= set(problem["required"])


async def test_asyncapi_describes_every_frame_and_event(http, people, sockets) -> None:
    document = (await http.get("/api/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    names = set(document["components"]["messages"])
    frames = "hello message edit delete join_room leave_room subscribe unsubscribe typing_start typing_stop "
    frames += "reaction read follow presence ping"
    events = (
        "connect message reaction member room notice user workspace read delivered membership thread typing "
        "presence activity entry stream synced resync ack error pong disconnect"
    )
    told = {f"event_{name}" for name in events.split()} | {"inbox_message"}
    assert {f"frame_{name}" for name in frames.split()} | told == names
    references = re.findall(r'"\$ref":\s*"#/([^"]+)"', str(document).replace("'", '"'))
    assert references
    for reference in references:
        found = document
        for part in reference.split("/"):
            found = found[part]
    # The server's real output is valid by its own schemas.
    alice, bob = await people(2)
    room = await alice.create_room(f"schemas {alice.user.username}")
    at_bob = await sockets(bob)
    await at_bob.ask(type="join_room", room=room.id)
    at_alice = await sockets(alice)
    await at_alice.ask(type="message", room=room.id, content="hello @" + bob.user.username)
    await at_alice.ask(type="edit", room=room.id, seq=1, content="edited")
    await at_alice.ask(type="reaction", room=room.id, seq=1, emoji="👍")
    await at_alice.ask(type="typing_start", room=room.id)
    await at_bob.ask(type="read", room=room.id, seq=1)
    await at_alice.ask(type="nonsense")
    await at_alice.until_quiet()
    await at_bob.until_quiet()
    checked = set()
    for event in at_alice.seen + at_bob.seen:
        reference = document["components"]["messages"][f"event_{event['type']}"]["payload"]["$ref"]
        schema = {"$ref": reference, "components": document["components"]}
        Draft202012Validator(schema).validate(event)
        checked.add(event["type"])
    assert {"connect", "message", "member", "notice", "room", "reaction", "typing", "read", "ack", "error"} <= checked


async def test_the_pages_can_be_read_without_a_script(http) -> None:
    for path, expected in (("/api/reference", "POST /api/login"), ("/api/live-reference", "typing_start")):
        response = await http.get(path)
        assert response.headers["content-type"].startswith("text/html")
        assert expected in response.text
        assert "<script" not in response.text
        anchors = set(re.findall(r'href="#([^"]+)"', response.text))
        assert anchors <= set(re.findall(r'id="([^"]+)"', response.text))


async def test_the_documents_can_be_had_without_signing_in_and_nothing_else_can(http) -> None:
    document = (await http.get("/api/openapi.json")).json()
    open_to_all = {"register", "login", "getSession", "getInvitation", "getWorkspace", "getWorkspacePicture"}
    open_to_all |= {"health", "ready", "readyToRead"}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if operation["operationId"] in open_to_all:
                continue
            url = re.sub(r"\{emoji\}", "👍", re.sub(r"\{(room|user|seq|session)\}", "1", path))
            response = await http.request(method, url, json={} if method in ("post", "put", "patch") else None)
            assert response.status_code in (400, 401), f"{method} {path}: {response.status_code}"


@pytest.mark.parametrize("what", ["openapi", "asyncapi"])
async def test_the_documents_can_be_printed_without_a_server(http, what: str) -> None:
    printed = run_hubbub("schema", what)
    assert json.loads(printed.stdout) == (await http.get(f"/api/{what}.json")).json()
    wrong = run_hubbub("schema", "nonsense")
    assert wrong.returncode != 0
    assert "openapi or asyncapi" in wrong.stderr


async def test_asyncapi_names_every_close_code_of_the_protocol(http) -> None:
    page = (Path(__file__).parent.parent / "docs" / "protocol.md").read_text("utf-8")
    codes = re.findall(r"\b[14]\d{3}\b", page[page.index("Close codes:") :].split("\n\n")[0])
    assert {"1013", "4401"} <= set(codes)
    document = (await http.get("/api/asyncapi.json")).json()
    assert [code for code in codes if f"{code}:" not in document["info"]["description"]] == []
    assert "{host}" in document["servers"]["here"]["host"]


def descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from descriptions(each)


@pytest.mark.parametrize("what", ["openapi", "asyncapi"])
async def test_descriptions_are_prose_without_the_indentation_of_the_source(http, what: str) -> None:
    found = list(descriptions((await http.get(f"/api/{what}.json")).json()))
    assert len(found) > 20
    assert [one for one in found if "\n   " in one] == []
