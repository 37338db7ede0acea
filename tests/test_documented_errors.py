"""The errors that the OpenAPI document lists for a call: each occurs, and no other does."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from tests.conftest import PASSWORD, MakeServer, newcomer, user_id
from tests.http import HttpClient
from tests.server import Server

WATCHED = {"403", "404", "409", "422"}
MISSING = 999_999


class World(NamedTuple):
    """alice owns every room, bob is a member of all but `open`, carol of none."""

    server: Server
    http: dict[str, httpx.AsyncClient]
    document: dict[str, Any]
    ids: dict[str, int]

    def calls(self) -> list[tuple[str, str, dict[str, Any]]]:
        paths = self.document["paths"].items()
        return [(method, path, operation) for path, item in paths for method, operation in item.items()]

    async def ask(self, who: str, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        return await self.http[who].request(method, path, json=json, headers=headers)


@pytest.fixture
async def world(make_server: MakeServer):
    server = make_server("rate_limits=off", "groups_per_user=3", "reactions_per_message=1", "large_room=3",
                         "pins_per_room=1", "saved_per_user=1", "drafts_per_user=1", "scheduled_per_user=1",
                         "invitations_per_user=1")  # fmt: skip
    http: dict[str, httpx.AsyncClient] = {}
    ids: dict[str, int] = {}
    for name in ("alice", "bob", "carol", "dora"):
        client = await newcomer(server.url, name)
        ids[name] = user_id(client)
        http[name] = HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {client.token}"})
        await client.__aexit__()
    http["nobody"] = HttpClient(base_url=server.url)
    alice = http["alice"]

    async def room(key: str, **body: object) -> None:
        made = await alice.post("/api/rooms", json={"name": key, **body})
        assert made.status_code == 201, made.text
        ids[key] = made.json()["id"]

    await room("open")
    await room("spare")
    await room("hall", members=["bob", "carol", "dora"])
    await room("closed", kind="private", members=["bob"])
    await room("old", kind="private", members=["bob"])
    ids["direct"] = (await alice.post("/api/rooms", json={"kind": "direct", "members": ["bob"]})).json()["id"]
    for key in ("open", "closed", "old", "direct"):
        for content in ("one", "two"):
            assert (await alice.post(f"/api/rooms/{ids[key]}/messages", json={"content": content})).status_code == 201
        assert (await alice.delete(f"/api/rooms/{ids[key]}/messages/2")).status_code == 204
        assert (await alice.put(f"/api/rooms/{ids[key]}/messages/1/reactions/👍")).status_code == 200
    assert (await alice.patch(f"/api/rooms/{ids['old']}", json={"archived": True})).status_code == 200
    document = (await alice.get("/api/openapi.json")).json()
    yield World(server, http, document, ids)
    for each in http.values():
        await each.aclose()


LONG_AGO = "2020-01-01T00:00:00Z"
COMING = (datetime.now(UTC) + timedelta(days=3)).isoformat()
EMMA = {"username": "emma", "password": PASSWORD}
BODIES: dict[str, Any] = {
    "register": EMMA, "registerPerson": EMMA, "v1Register": EMMA, "closeAccount": {"password": "wrong guess"},
    "changePassword": {"current": "wrong guess", "new": "another horse"}, "changeProfile": {"status_text": "here"},
    "login": {"username": "bob", "password": PASSWORD}, "loginPerson": {"username": "bob", "password": PASSWORD},
    "v1Login": {"username": "bob", "password": PASSWORD}, "createTicket": {}, "createRoom": {"kind": "private"},
    "changeRoom": {"topic": "another"}, "markRead": {"seq": 1}, "markThreadRead": {"seq": 1},
    "addMember": {"user": "dora"}, "changeMember": {"rank": "moderator"}, "sendMessage": {"content": "x"},
    "editMessage": {"content": "x"}, "sendMessageTo": {"to": "bob", "content": "x"},
    "v1CreateGroupChat": {}, "v1AddParticipant": {"username": "dora"},
    "v1SendMessage": {"message": "x", "dest_username": "bob"}, "startConversation": {"participants": ["bob", "dora"]},
    "changeConversation": {"muted": True}, "sendToConversation": {"content": "x"}, "readConversation": {"seq": 1},
    "createChatRoom": {"name": "made"}, "postChatRoomMessage": {"content": "x"},
    "postDirectMessage": {"to": "bob", "content": "x"}, "setAvatar": {"image": "AAAA"},
    "changeWorkspace": {"name": "Fernway"}, "setWorkspacePicture": {"image": "AAAA"},
    "createInvitation": {}, "saveMessage": {}, "saveDraft": {"content": "x"}, "saveThreadDraft": {"content": "x"},
    "scheduleMessage": {"room": 1, "content": "x", "at": COMING}, "changeScheduled": {"content": "x"},
}  # fmt: skip
"""A body that each call takes."""
ENDING = {"logout", "logoutPerson", "v1Logout", "endSession", "closeAccount", "changePassword", "deleteRoom"}
STREAMS = {"subscribeChatRoom", "subscribeDirectMessages"}


def refusals(world: World) -> dict[tuple[str, str], tuple[str, str, Any]]:
    """For a call and a status: the user, address and body that cause it."""
    ids = world.ids
    room = "/api/rooms/{open}".format(**ids)
    taken = {"username": "bob", "password": PASSWORD}
    found: dict[tuple[str, str], tuple[str, str, Any]] = {
        ("register", "409"): ("nobody", "/api/users", taken),
        ("registerPerson", "409"): ("nobody", "/register", taken),
        ("changeProfile", "409"): ("alice", "/api/users/me", {"display_name": "b0b"}),
        ("createRoom", "404"): ("alice", "/api/rooms", {"kind": "private", "members": ["nobody"]}),
        ("createRoom", "409"): ("bob", "/api/rooms", {"name": "Open"}),
        ("createRoom", "422"): ("alice", "/api/rooms", {"kind": "private"}),
        ("changeRoom", "409"): ("alice", room, {"name": "hall"}),
        ("changeRoom", "422"): ("alice", room, {"kind": "private"}),
        ("changeMember", "409"): ("alice", f"{room}/members/{ids['alice']}", {"rank": "member"}),
        ("createChatRoom", "409"): ("bob", "/rooms", {"name": "open"}),
        ("addMember", "422"): ("bob", f"/api/rooms/{ids['closed']}/members", {"user": "dora"}),
        ("addReaction", "422"): ("alice", f"{room}/messages/1/reactions/🎉", None),
        ("listReceipts", "422"): ("alice", f"/api/rooms/{ids['hall']}/receipts", None),
        ("startConversation", "422"): ("alice", "/conversations", {"participants": ["bob", "dora"]}),
        ("sendMessageTo", "404"): ("alice", "/api/messages", {"to": "nobody", "content": "x"}),
        ("postDirectMessage", "404"): ("alice", "/messages", {"to": "nobody", "content": "x"}),
        ("pinMessage", "422"): ("alice", f"{room}/pins/3", None),
        ("saveMessage", "422"): ("alice", f"/api/saved/{ids['open']}/3", {}),
        ("saveDraft", "422"): ("alice", f"/api/drafts/{ids['closed']}", {"content": "x"}),
        ("saveThreadDraft", "422"): ("alice", f"/api/drafts/{ids['closed']}/1", {"content": "x"}),
        ("saveDraft", "409"): ("alice", f"/api/drafts/{ids['open']}", {"content": "y", "at": LONG_AGO}),
        ("removeDraft", "409"): ("alice", f"/api/drafts/{ids['open']}?at={LONG_AGO}", None),
        ("saveThreadDraft", "409"): ("bob", f"/api/drafts/{ids['closed']}/1", {"content": "y", "at": LONG_AGO}),
        ("removeThreadDraft", "409"): ("bob", f"/api/drafts/{ids['closed']}/1?at={LONG_AGO}", None),
        ("scheduleMessage", "404"): ("alice", "/api/scheduled", {"room": MISSING, "content": "x", "at": COMING}),
        ("scheduleMessage", "422"): ("alice", "/api/scheduled", {"room": ids["open"], "content": "x", "at": COMING}),
        ("createInvitation", "404"): ("alice", "/api/invitations", {"rooms": [MISSING]}),
        ("createInvitation", "422"): ("alice", "/api/invitations", {}),
        ("listInvitations", "403"): ("bob", "/api/invitations?everybody=true", None),
        ("listReceipts", "403"): ("carol", f"{room}/receipts", None),
        ("v1ListGroupMessages", "403"): ("carol", f"/v1/group_chat/messages/group/{ids['open']}", None),
    }
    return found


async def test_every_error_that_is_documented_happens(world: World) -> None:
    # dora has reached the limit of private rooms.
    for _ in range(3):
        assert (await world.ask("dora", "post", "/api/rooms", {"kind": "private"})).status_code == 201
    assert (await world.ask("alice", "post", "/api/rooms", {"kind": "private"})).status_code == 201
    for who, method, address, body in (
        ("alice", "post", "/api/rooms/{open}/messages", {"content": "three"}),
        ("alice", "put", "/api/rooms/{open}/pins/1", None),
        ("alice", "put", "/api/saved/{open}/1", {}),
        ("alice", "post", "/api/invitations", {}),
        ("alice", "put", "/api/drafts/{open}", {"content": "x"}),
        ("alice", "post", "/api/scheduled", {"room": world.ids["open"], "content": "another", "at": COMING}),
        ("bob", "put", "/api/drafts/{closed}/1", {"content": "x"}),
    ):
        assert (await world.ask(who, method, address.format(**world.ids), body)).is_success
    table = refusals(world)
    never: list[str] = []
    for method, path, operation in world.calls():
        name = operation["operationId"]
        documented = set(operation["responses"]) & WATCHED
        for status in sorted(documented):
            headers: dict[str, str] = {}
            if (name, status) in table:
                who, address, body = table.pop((name, status))
            elif status == "403":
                # For calls that change something: requests from a page of another site.
                who, address, body = "alice", re.sub(r"\{emoji\}", "👍", _filled(path, {})), BODIES.get(name)
                headers["Sec-Fetch-Site"] = "cross-site"
            elif status == "404":
                who, address, body = "alice", _filled(path, {}), BODIES.get(name)
            else:
                never.append(f"{name} {status}")
                continue
            answer = await world.ask(who, method, address, body, **headers)
            if str(answer.status_code) != status:
                never.append(f"{name} {status}: {answer.status_code} {answer.text}")
    assert not never
    assert not table, "these happen and are not documented"


async def test_no_other_error_happens(world: World) -> None:
    """Every call, by every user, in rooms of every kind, with messages in every state."""
    wrong: set[str] = set()
    for method, path, operation in world.calls():
        name = operation["operationId"]
        if name in ENDING | STREAMS:
            continue
        places = {
            _filled(path, {"room": world.ids[room], "conversation": world.ids[room], "group_chat_id": world.ids[room],
                           "seq": seq, "user": world.ids[user], "user_id": world.ids[user], "emoji": "🎉"})
            for room in ("open", "hall", "closed", "old", "direct") for seq in (1, 2)
            for user in ("alice", "bob", "dora")
        }  # fmt: skip
        bodies = [BODIES.get(name), {"kind": "private"}] if name == "changeRoom" else [BODIES.get(name)]
        for who in ("nobody", "carol", "bob", "alice"):
            for place in sorted(places):
                for body in bodies:
                    answer = await world.ask(who, method, place, body)
                    if answer.status_code >= 400 and str(answer.status_code) not in operation["responses"]:
                        wrong.add(f"{name} {answer.status_code} {answer.json().get('reason')}")
    assert not wrong


def _filled(path: str, values: dict[str, object]) -> str:
    """The address with these values; otherwise with ids that do not exist."""
    missing: dict[str, object] = {"digest": "0" * 32, "dest_username": "bob", "emoji": "👍"}
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], missing.get(found[1], MISSING))), path)
