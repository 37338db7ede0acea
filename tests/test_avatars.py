"""Uploaded avatars: what is accepted, what is refused, and that only a small image without metadata is stored."""

import asyncio
import struct
import zlib
from base64 import b64encode
from io import BytesIO

import httpx
import pytest
from PIL import Image

from tests.conftest import MakeServer, People, newcomer
from tests.http import HttpClient
from tests.server import Server


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "#3366cc").save(written, kind)
    return written.getvalue()


def huge() -> bytes:
    """A few bytes that declare 60,000 by 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture
async def http(people: People, server: Server):
    (alice,) = await people(1)
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        yield http


async def upload(http: httpx.AsyncClient, data: bytes) -> httpx.Response:
    return await http.put("/api/users/me/avatar", json={"image": b64encode(data).decode()})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_made_small_and_served_as_one(http: httpx.AsyncClient, server: Server, kind: str) -> None:
    # Data appended to the image is dropped.
    answer = await upload(http, picture(kind) + b"<script>alert(1)</script>")
    assert answer.status_code == 200, answer.text
    address = answer.json()["user"]["avatar"]
    served = await http.get(address)
    assert served.headers["content-type"] == "image/webp"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    assert b"script" not in served.content
    with Image.open(BytesIO(served.content)) as small:
        assert small.size == (200, 200)
    async with HttpClient(base_url=server.url) as stranger:
        assert (await stranger.get(address)).status_code == 401
    # The same avatar keeps it, another one deletes it.
    assert (await http.patch("/api/users/me", json={"avatar": address})).status_code == 200
    assert (await http.get(address)).status_code == 200
    assert (await http.patch("/api/users/me", json={"avatar": "#123456"})).status_code == 200
    assert (await http.get(address)).status_code == 404


async def test_a_photograph_stands_upright_and_is_read_in_small(http: httpx.AsyncClient, server: Server) -> None:
    """White above black, as a camera held sideways stores it."""
    photograph = Image.new("L", (2400, 1600), 0)
    photograph.paste(255, (0, 0, 1200, 1600))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees, clockwise
    written = BytesIO()
    photograph.save(written, "JPEG", quality=30, exif=exif)
    answer = await upload(http, written.getvalue())
    assert answer.status_code == 200, answer.text
    served = await http.get(answer.json()["user"]["avatar"])
    with Image.open(BytesIO(served.content)) as square:
        assert square.size == (256, 256)
        grey = square.convert("L")
        above, below = grey.getpixel((128, 20)), grey.getpixel((128, 236))
    assert isinstance(above, int)
    assert isinstance(below, int)
    assert above > 200 > 50 > below


async def test_many_at_once_are_bounded_and_others_have_their_turn(people: People, server: Server) -> None:
    alice, bob = await people(2)
    written = BytesIO()
    Image.new("RGBA", (2000, 2000), "#3366cc").save(written, "PNG")
    data = written.getvalue()
    async with (
        HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}, timeout=120) as hers,
        HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {bob.token}"}, timeout=120) as his,
    ):
        many = [asyncio.create_task(upload(hers, data)) for _ in range(20)]
        one = await upload(his, picture())
        answers = await asyncio.gather(*many)
    assert one.status_code == 200
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers if answer.status_code == 503)


def deep() -> bytes:
    """A small image with 16 bits per channel."""
    written = BytesIO()
    Image.new("I;16", (1000, 1000)).save(written, "PNG")
    return written.getvalue()


def wide() -> bytes:
    """32 KB that would be decoded to 16 million pixels."""
    written = BytesIO()
    Image.new("L", (4096, 4096)).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        picture()[:40],
        picture("BMP", (20, 20)),
        huge(),
        deep(),
        wide(),
    ],
    ids=["empty", "svg", "gif", "cut off", "bmp", "huge", "16 bits", "wide"],
)
async def test_what_is_no_picture_is_refused(http: httpx.AsyncClient, data: bytes) -> None:
    answer = await upload(http, data)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["errors"][0]["field"] == "image"


async def test_what_is_no_base64_or_no_address_of_a_picture_is_refused(http: httpx.AsyncClient) -> None:
    for image in ("%%%", "äöü", "a"):
        answer = await http.put("/api/users/me/avatar", json={"image": image})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    for digest in ("0" * 32, "zzz", "..%2f..%2fetc%2fpasswd"):
        assert (await http.get(f"/api/avatars/{digest}")).status_code in (400, 404)


ATTACK = "#fff;position:fixed;inset:0;width:100vw;height:100vh;z-index:9;background:url(https://evil.example/x.png)"


@pytest.mark.parametrize(
    "avatar",
    [
        ATTACK,
        "#fff",
        "#ffffffff",
        "#ffffff\n",
        " #ffffff",
        "#gggggg",
        "#١٢٣٤٥٦",
        "red",
        "",
        "https://evil.example/spy.png",
        "//evil.example/spy.png",
        "/api/avatars/0123456789abcdef0123456789abcdef",
        "data:image/svg+xml,<svg/>",
    ],
)
async def test_an_avatar_by_name_is_a_colour_and_nothing_else(http: httpx.AsyncClient, avatar: str) -> None:
    refused = await http.patch("/api/users/me", json={"avatar": avatar})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "avatar")
    assert "avatar" not in (await http.get("/api/users/me")).json()["user"]


async def test_what_older_versions_took_for_an_avatar_is_told_to_nobody(make_server: MakeServer) -> None:
    server = make_server()
    alice, bob, carol = [await newcomer(server.url, name) for name in ("alice", "bob", "carol")]
    for client, avatar in ((alice, ATTACK), (bob, "https://evil.example/spy.png"), (carol, "#3366CC")):
        server.sql(f"UPDATE users SET avatar = '{avatar}' WHERE username = '{client.user.username}'")  # type: ignore[union-attr]
    server.terminate()
    server.start()
    await alice.send("hello", to="bob")
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {bob.token}"}) as http:
        for path in ("/api/users", "/api/users/me", "/api/sync", "/api/rooms?mine=true"):
            assert "evil.example" not in (await http.get(path)).text, path
    assert [user.avatar for user in await carol.users()] == [None, None, "#3366CC"]
    assert (await alice.change_profile(avatar="#AABBCC")).user.avatar == "#aabbcc"
    for client in (alice, bob, carol):
        await client.__aexit__()


async def test_pages_may_load_pictures_of_this_server_only(server: Server) -> None:
    async with HttpClient(base_url=server.url) as http:
        policy = (await http.get("/")).headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["img-src"] == "'self' data:"
