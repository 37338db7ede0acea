"""The OpenAPI document for outsiders: everything is described, and each example does what it shows."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from hubbub.surfaces.documents import DOCUMENTS
from hubbub.surfaces.reference.page import curl
from tests.conftest import MakeServer
from tests.http import get as http_get
from tests.http import post as http_post

DOCUMENT = DOCUMENTS["openapi"]()
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
PASSWORD = "correct horse battery"
ENDS_THE_SESSION = ("logout", "v1Logout", "logoutPerson", "endSession", "changePassword", "closeAccount")


def valid(value: object, schema: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def test_everything_is_described() -> None:
    assert len(OPERATIONS) > 60
    missing = [name for name, (_, _, operation) in OPERATIONS.items() if not operation.get("description")]
    for name, (_, _, operation) in OPERATIONS.items():
        missing += [f"{name} {one['name']}" for one in operation.get("parameters", []) if not one.get("description")]
        missing += [f"{name} {status}" for status, one in operation["responses"].items() if not one.get("description")]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        missing += [
            f"{name}.{field}" for field, one in schema.get("properties", {}).items() if not one.get("description")
        ]
    assert missing == []


def test_each_example_is_what_its_schema_says() -> None:
    checked = 0
    for _, _, operation in OPERATIONS.values():
        for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
            media = holder.get("content", {}).get("application/json", {})
            for example in media.get("examples", {}).values():
                valid(example["value"], media["schema"])
                checked += 1
    assert checked > 70


def steps(http: httpx.Client, name: str) -> Iterator[tuple[str, str]]:
    """Replacements for the ids in addresses and bodies: resources created for this call."""
    bob = http.get("/api/users", params={"query": "bob"}).json()["users"][0]["id"]
    room = http.post("/api/rooms", json={"kind": "private", "members": ["bob"]}).json()["id"]
    public = http.post("/api/rooms", json={"name": f"room of {name}"}).json()["id"]
    http.post(f"/api/rooms/{public}/messages", json={"content": "Hello!"})
    http.post(f"/api/rooms/{room}/messages", json={"content": "Hello!"})
    http.put(f"/api/rooms/{room}/messages/1/reactions/👍")
    picture = http.put("/api/users/me/avatar", json=OPERATIONS["setAvatar"][2]["requestBody"]["content"]
                       ["application/json"]["examples"]["example"]["value"]).json()["user"]["avatar"]  # fmt: skip
    mine = http.get("/api/users/me").json()["user"]["id"]
    outside = name in ("addMember", "getChatRoom", "listChatRoomMessages", "postChatRoomMessage", "subscribeChatRoom")
    yield "room", str(public if outside else room)
    yield "conversation", str(room)
    yield "group_chat_id", str(room)
    if name == "getSource":
        sent = http.post(f"/api/rooms/{room}/messages", json={"content": "", "forward": {"room": public, "seq": 1}})
        yield "seq", str(sent.json()["seq"])
    else:
        yield "seq", "1"
    yield "user", str(bob if name in ("getUser", "getPerson", "removeMember") else mine)
    yield "user_id", "bob"
    yield "dest_username", "bob"
    if name == "getWorkspacePicture":
        body = OPERATIONS["setAvatar"][2]["requestBody"]["content"]["application/json"]["examples"]["example"]["value"]
        picture = http.put("/api/workspace/picture", json=body).json()["picture"]
    yield "digest", picture.rsplit("/", 1)[1]
    yield "emoji", "👍"
    if "Scheduled" in name:
        later = {"room": room, "content": "later", "at": "2099-01-01T00:00:00Z"}
        yield "scheduled_message", str(http.post("/api/scheduled", json=later).json()["id"])
    if "Draft" in name:
        where = f"{room}/1" if "Thread" in name else room
        http.put(f"/api/drafts/{where}", json={"content": "a draft", "at": "2026-01-01T00:00:00Z"}).raise_for_status()
    yield "thread", "1"
    if name.endswith("Invitation"):
        made = http.post("/api/invitations", json={}).json()
        by_code = name in ("getInvitation", "joinByInvitation")
        yield "invitation", made["code"] if by_code else str(made["invitation"]["id"])
    yield "session", str(next(one["id"] for one in http.get("/api/sessions").json()["sessions"]))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from tests.server import Server

    server = Server(tmp_path_factory.mktemp("examples") / "data", "rate_limits=off", "groups_per_user=10000")
    for name in ("alice", "bob", "carol"):
        http_post(f"{server.url}/api/users", json={"username": name, "password": PASSWORD}).raise_for_status()
    yield server.url
    server.stop()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_example_does_what_it_shows(url: str, name: str) -> None:
    method, path, operation = OPERATIONS[name]
    who = f"caller{name.lower()}"[:20].rstrip("0123456789")
    if "Workspace" in name:
        who = "alice"  # the administrator
    else:
        http_post(f"{url}/api/users", json={"username": who, "password": PASSWORD}).raise_for_status()
    token = http_post(f"{url}/api/login", json={"username": who, "password": PASSWORD}).json()["token"]
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        ids = dict(steps(http, name))
        line = curl(method, path, operation)
        for key, value in ids.items():
            line = line.replace(f"{{{key}}}", value)
        words = shlex.split(line.replace("$TOKEN", token).replace("$HUBBUB", url))
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        body = words[words.index("-d") + 1] if "-d" in words else None
        if name in ("register", "registerPerson", "v1Register"):
            body = (body or "").replace('"alice"', f'"{name.lower().replace("1", "")}"')
        if name == "createChatRoom":
            body = (body or "").replace('"general"', '"general talk"')
        if name == "scheduleMessage":
            body = (body or "").replace('"room": 1', f'"room": {ids["room"]}')
        if name in ("changePassword", "closeAccount"):
            body = (body or "").replace('"text"', f'"{PASSWORD}"')
        answer = httpx.request(method, words[-1], content=body, headers=headers, timeout=60)
        assert answer.is_success, (line, answer.text)
        told = operation["responses"][str(answer.status_code)]
        if answer.content and "application/json" in told.get("content", {}):
            valid(answer.json(), told["content"]["application/json"]["schema"])
        for header in told.get("headers", {}):
            assert header.lower() in answer.headers or header == "Link", (line, header)
        # The same without authentication, and for a room that does not exist, is refused as documented.
        if operation.get("security") != [{}]:
            assert "401" in operation["responses"]
        for missing in re.findall(r"\{(room|conversation|seq)\}", path):
            gone = "".join(path.replace(f"{{{missing}}}", str(10**12)))
            for key, value in ids.items():
                gone = gone.replace(f"{{{key}}}", value)
            if name not in ENDS_THE_SESSION:
                refused = http.request(method, gone, content=body, headers={"Content-Type": "application/json"})
                assert str(refused.status_code) in operation["responses"], (gone, refused.text)


async def test_the_page_can_be_worked_from(make_server: MakeServer) -> None:
    page = http_get(f"{make_server().url}/api/reference").text
    assert "Authorization: Bearer" in page
    for name, (method, path, _) in OPERATIONS.items():
        assert f'href="#{name}"' in page
        assert f'id="{name}"' in page
        assert f"{method.upper()} {path}" in page
    assert page.count("<pre>") >= len(OPERATIONS)
