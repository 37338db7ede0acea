"""The workspace: administrators change it, everybody sees it, at the door and live, on one server and on several."""

from pathlib import Path

import pytest

from hubbub.chat.events import WorkspaceEvent
from hubbub.client import Client, SyncClient
from hubbub.errors import InvalidInput, NotAllowed, NotAuthenticated
from tests.conftest import MakeServer, NewDatabase, newcomer
from tests.http import HttpClient, get, patch
from tests.nats import Nats
from tests.postgres import Postgres
from tests.raw import RawSocket
from tests.server import Server
from tests.test_avatars import huge, picture


async def received(client: Client, server: Server) -> RawSocket:
    return await RawSocket.greeted(server.socket_url, client.token)


async def test_an_administrator_changes_it_and_everybody_sees_it_at_once(make_server: MakeServer) -> None:
    server = make_server()
    at_the_door = get(f"{server.url}/api/workspace")
    assert at_the_door.json() == {"name": "Hubbub", "version": 0, "registration": "first", "setup_token": False}
    async with await newcomer(server.url, "alice") as alice, await newcomer(server.url, "bob") as bob:
        sockets = [await received(alice, server), await received(bob, server)]
        made = await alice.change_workspace(name=" Fernway ", accent="#7A3CC8", welcome="Good to see you!\r\n\nCome in")
        expected = {"name": "Fernway", "accent": "#7a3cc8", "welcome": "Good to see you!\n\nCome in", "version": 1}
        assert (made.name, made.accent, made.welcome, made.version) == tuple(expected.values())
        for socket in sockets:
            assert (await socket.expect("workspace"))["workspace"] == expected
        assert get(f"{server.url}/api/workspace").json() == {**expected, "registration": "open", "setup_token": False}
        # Nothing changed: no event is sent.
        assert await alice.change_workspace(name="Fernway") == made
        cleared = await alice.change_workspace(name="  ", accent=None, welcome="")
        assert (cleared.name, cleared.accent, cleared.welcome, cleared.version) == ("Hubbub", None, None, 2)
        for socket in sockets:
            assert (await socket.expect("workspace"))["workspace"] == {"name": "Hubbub", "version": 2}
            await socket.close()


async def test_only_administrators_change_it(make_server: MakeServer) -> None:
    server = make_server()
    async with (
        await newcomer(server.url, "alice"),
        await newcomer(server.url, "bob") as bob,
        Client(server.url) as door,
    ):
        for change in (bob.change_workspace(name="mine"), bob.set_workspace_picture(picture())):
            with pytest.raises(NotAllowed) as refused:
                await change
            assert refused.value.reason == "admins_only"
        for change in (door.change_workspace(name="mine"), door.set_workspace_picture(picture())):
            with pytest.raises(NotAuthenticated):
                await change
        assert (await door.workspace()).name == "Hubbub"


async def test_its_picture_is_seen_by_those_at_the_door(make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, HttpClient(base_url=server.url) as stranger:
        made = await alice.set_workspace_picture(picture("JPEG") + b"<script>alert(1)</script>")
        address = (await stranger.get("/api/workspace")).json()["picture"]
        assert address == made.picture
        served = await stranger.get(address)
        assert served.headers["content-type"] == "image/webp"
        assert "sandbox" in served.headers["content-security-policy"]
        assert served.headers["x-content-type-options"] == "nosniff"
        assert b"script" not in served.content
        again = await stranger.get(address, headers={"If-None-Match": served.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        # The same picture is no change; a change of something else keeps it; it can be sent back as it is.
        assert await alice.set_workspace_picture(picture("JPEG")) == made
        assert (await alice.change_workspace(name="Fernway")).picture == address
        headers = {"Authorization": f"Bearer {alice.token}"}
        sent_back = patch(f"{server.url}/api/workspace", json={"picture": address}, headers=headers)
        assert sent_back.json()["picture"] == address
        # Another one replaces it, and null removes it.
        other = await alice.set_workspace_picture(picture("PNG", (90, 90)))
        assert (await stranger.get(address)).status_code == 404
        assert (await alice.change_workspace(picture=None)).picture is None
        assert other.picture is not None
        assert (await stranger.get(other.picture)).status_code == 404
        assert "picture" not in (await stranger.get("/api/workspace")).json()
        with pytest.raises(InvalidInput):
            await alice.set_workspace_picture(huge())


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"name": "x" * 51}, "name", "too_long"), ({"name": 7}, "name", "wrong_type"),
        ({"name": "a\u202eb"}, "name", "bad_character"), ({"name": "a\nb"}, "name", "bad_character"),
        ({"name": "a\x00"}, "name", "bad_character"), ({"name": "\u200b"}, "name", "blank"),
        ({"accent": "red"}, "accent", "bad_format"), ({"accent": "#12345"}, "accent", "bad_format"),
        ({"accent": "#123456\n"}, "accent", "bad_format"), ({"accent": "#1234567;color:red"}, "accent", "bad_format"),
        ({"welcome": "x" * 501}, "welcome", "too_long"), ({"welcome": "ok\n\u202ebad"}, "welcome", "bad_character"),
        ({"welcome": "x\n" * 300}, "welcome", "too_long"),
        ({"picture": "/api/avatars/0123456789abcdef0123456789abcdef"}, "picture", "bad_format"),
        ({"picture": "https://tracker.example/x.png"}, "picture", "bad_format"), ({"version": 9}, "version", "unknown"),
    ],
)  # fmt: skip
async def test_bad_input_says_which_field(
    make_server: MakeServer, body: dict[str, object], field: str, code: str
) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice:
        answer = patch(
            f"{server.url}/api/workspace",
            json={"accent": "#000000", **body},
            headers={"Authorization": f"Bearer {alice.token}"},
        )
        assert answer.status_code == 400, answer.text
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
        assert (await alice.workspace()).version == 0


async def test_it_reaches_everybody_on_every_server_also_without_the_bus(
    nats: Nats, postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.database()
    servers = [
        Server(tmp_path / f"node{number}" / "data", *settings, database=url)
        for number, settings in enumerate([(f"bus={nats.url}",), (f"bus={nats.url}",), ()])
        if not (tmp_path / f"node{number}").mkdir()
    ]
    try:
        async with await newcomer(servers[0].url, "alice") as alice:
            sockets = [await received(alice, server) for server in servers]
            for name in ("Fernway", "Farway"):
                await alice.change_workspace(name=name)
                for socket in sockets:
                    # The first sweep of a server may find an earlier state that it has not told.
                    while (await socket.expect("workspace"))["workspace"]["name"] != name:
                        pass
            for socket in sockets:
                await socket.close()
    finally:
        for server in servers:
            server.stop()


async def test_it_lasts(make_server: MakeServer, database: NewDatabase) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice:
        await alice.change_workspace(name="Fernway")
        made = await alice.set_workspace_picture(picture())
        server.kill()
        server.start()
        now = await alice.workspace()
        assert (now.name, now.picture, now.version) == ("Fernway", made.picture, 2)
        assert now.picture is not None
        assert get(f"{server.url}{now.picture}").status_code == 200


async def test_the_clients_of_scripts(make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice, alice.live() as live:
        await live.ready()
        await alice.change_workspace(accent="#ffff00")
        async for event in live:
            if isinstance(event, WorkspaceEvent):
                assert event.workspace.accent == "#ffff00"
                break
    with SyncClient(server.url) as door:
        assert (door.workspace().name, door.workspace().registration) == ("Hubbub", "open")
