"""Names of users and rooms: nothing invisible, and no look-alikes of other names."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from hubbub.chat.text import folded
from hubbub.client import Client
from hubbub.errors import Conflict, InvalidInput
from hubbub.store.sql import migrate
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.server import Server

INVISIBLE = [
    "\ufe0f", "\ufe00", "\u034f", "\U000e0100", "\U000e0041", "\u3164", "\uffa0", "\u115f", "\u1160", "\u17b4",
    "\u17b5", "\u180b", "\u180e", "\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\u2064", "\ufeff", "\u061c",
    "\u2800", "\U00013441", "\U0001d173", "\U0001bca0", "\U00016fe4",
]  # fmt: skip


@pytest.fixture
async def strangers(make_server: MakeServer):
    """A server with a signed-in user, and an anonymous client."""
    server = make_server("rate_limits=off")
    first = await newcomer(server.url, "operator")
    async with Client(server.url) as client:
        yield server, client
    await first.__aexit__()


async def test_nothing_invisible_is_part_of_a_user_name(server: Server) -> None:
    async with Client(server.url) as client:
        for hidden in INVISIBLE:
            for name in (f"hid{hidden}den", f"hidden{hidden}", f"{hidden}hidden", hidden):
                with pytest.raises(InvalidInput) as refused:
                    await client.register(name, PASSWORD)
                assert refused.value.errors[0].field == "username", (ascii(name), refused.value)


@pytest.mark.parametrize(
    "name",
    ["bob\u0305", "b\u0336ob", "bo\u20ddb", "bob\u0489", "\u0301bob", "bob-\u0301", "7\u0301", "bob\u0300\u0301\u0302",
     "\u0939\u0305", "\u6587\u0301", "bob\u093f"],
)  # fmt: skip
async def test_marks_that_belong_to_no_such_letter(server: Server, name: str) -> None:
    async with Client(server.url) as client:
        with pytest.raises(InvalidInput):
            await client.register(name, PASSWORD)


@pytest.mark.parametrize(
    "name",
    ["ẹ́niọlá", "Mu\u0308ller", "Nguyễn", "हिन्दी", "தமிழ்", "ภาษาไทย", "עִבְרִית", "مُحَمَّد", "မြန်မာ", "ខ្មែរ", "カ\u3099ンプ",
     "김철수", "Ė\u0303jus", "o.b_j-8"],
)  # fmt: skip
async def test_names_as_their_scripts_are_written(server: Server, name: str) -> None:
    async with Client(server.url) as client:
        user = await client.register(name, PASSWORD)
        assert (await client.sign_in(name, PASSWORD)).id == user.id


@pytest.mark.parametrize("name", ["zed.", "zed_", "zed-", "zed.-_", "_._", "12345", "7", "١٢٣", "４２"])
async def test_names_end_in_a_letter_or_digit_and_are_no_numbers(server: Server, name: str) -> None:
    async with Client(server.url) as client:
        with pytest.raises(InvalidInput) as refused:
            await client.register(name, PASSWORD)
    assert refused.value.errors[0].field == "username"


@pytest.mark.parametrize(
    ("taken", "alike"),
    [
        ("mallory", ["rnallory", "ma\u217c\u217cory", "MALLORY", "Mal\u04c0ory"]),
        ("woodrow", ["vvoodrow", "woodrovv", "VVoodrow", "\u051doodrow"]),
        ("corner", ["comer"]),
        ("modern", ["rnodem", "modem", "rnodern"]),
        ("nöel", ["nöeI", "nöe1"]),
        ("paypal", ["\u0440aypal", "p\u0430yp\u0430l", "paypa1", "PayPaI"]),
        ("سلام", ["سل\u0627م", "سلا\u0645"]),
        ("buddy", ["BUDD\u03a5", "8uddy".replace("8", "\u13cf")]),
    ],
)
async def test_names_that_look_like_one_that_is_taken(strangers, taken: str, alike: list[str]) -> None:
    _, client = strangers
    await client.register(taken, PASSWORD)
    for name in alike:
        with pytest.raises(Conflict):
            await client.register(name, PASSWORD)


@pytest.mark.parametrize(
    ("taken", "alike"),
    [
        ("alice", ["a\u04cfice", "\u1d00lice", "a\u029fice", "\u0430\u04cf\u0456\u0441\u0435", "ali\u1d04e"]),
        ("bob", ["bob\u02d0", "\u02cbbob", "bob\u02b9", "\u02bbbob", "b\u02c8ob", "bob\ua717", "\u0299ob", "\u0432ob",
                 "\ua4d0\ua4f3\ua4d0"]),
        ("dave", ["\u13a0\u13aa\u13d9\u13ac", "\uab70\uab7a\uaba9\uab7c", "\u1d05ave", "da\u1d20e"]),
        ("martin", ["\u043cartin", "\u1d0dartin", "mar\u0442in", "mart\u026an", "marti\u0274"]),
        ("kathy", ["\u043aathy", "kat\u043dy", "kat\u029cy", "\u1d0bathy", "ka\u1d1bhy"]),
        ("perry", ["\u1d18erry", "pe\u0280\u0280y", "per\u0280y", "p\u1d07rry"]),
        ("محمد", ["محـمد", "محمـد"]),
    ],
)  # fmt: skip
async def test_names_in_letters_that_pass_for_others(strangers, taken: str, alike: list[str]) -> None:
    server, client = strangers
    await client.register(taken, PASSWORD)
    stranger = await newcomer(server.url, "stranger")
    for name in alike:
        with pytest.raises(Conflict):
            await client.register(name, PASSWORD)
        with pytest.raises(Conflict):
            await stranger.change_profile(display_name=name)
    await stranger.__aexit__()


@pytest.mark.parametrize("name", ["\u02d0", "\u02bb\u02bc", "\u0640\u0640"])
async def test_signs_alone_are_no_name(server: Server, name: str) -> None:
    async with Client(server.url) as client:
        with pytest.raises(InvalidInput):
            await client.register(name, PASSWORD)


async def test_names_of_honest_people(strangers) -> None:
    """In many scripts. None looks like another, though some are transcriptions of each other."""
    _, client = strangers
    names = ["tom", "том", "kot", "кот", "Mate", "мате", "Kaʻiulani", "Oʻahu", "Мар\u02bcяна", "Ёлка", "ναυτίλος",
             "Ὀδυσσεύς", "ᏣᎳᎩ", "ꓡꓲ-ꓢꓴ", "ɓala", "Ŋgaju", "Kɔfi", "עִבְרִית", "ტარიელ", "Հայկ", "ᐃᓄᒃ", "ߒߞߏ", "ⴰⵎⴰⵣⵉⵖ",
             "ᱥᱟᱱᱛᱟᱲ", "မြန်မာ", "ゲームー", "佐々木", "ໆລາວ", "zoë", "zoe", "Jürgen", "jurgen"]  # fmt: skip
    for name in names:
        user = await client.register(name, PASSWORD)
        assert (await client.sign_in(name, PASSWORD)).id == user.id
    for name in (
        "O'Brien",
        "D’Angelo",
        "Kahoʻolawe",
        "Gal·la Pujol",
        "C++",
        "J. R. R.",
        "«Ник»",
        "(she) Ann",
        "Sammy Jr.",
        "...",
    ):
        assert (await client.change_profile(display_name=name)).user.display_name == name


AROUND = [
    "@{}",
    "{}.",
    "{},",
    "{}!",
    "({})",
    "[{}]",
    "«{}»",
    "“{}”",
    "#{}",
    "\uff20{}",
    "@{}:",
    "- {} -",
    "*{}",
    "…{}",
    "\u02cb{}",
]


async def test_what_stands_around_a_display_name_is_read_over(strangers) -> None:
    server, client = strangers
    await client.register("bob", PASSWORD)
    mallory = await newcomer(server.url, "mallory")
    for around in [*AROUND, "{} ✓", "✅ {}", "{} ⭐", "★{}★", "{}™"]:
        with pytest.raises(Conflict):
            await mallory.change_profile(display_name=around.format("bob"))
        with pytest.raises(Conflict):
            await client.register("third", PASSWORD, around.format("Bob"))
        with pytest.raises(InvalidInput):
            await mallory.change_profile(display_name=around.format("Administrator"))
        own = around.format("mallory")
        assert (await mallory.change_profile(display_name=own)).user.display_name == own
    await mallory.__aexit__()


async def test_what_stands_around_the_name_of_a_room_is_read_over(strangers) -> None:
    server, _ = strangers
    alice = await newcomer(server.url, "alice")
    await alice.create_room("general")
    await alice.create_room("#random")
    for around in AROUND:
        for name in (around.format("general"), around.format("random")):
            if name != "#random":
                with pytest.raises(Conflict):
                    await alice.create_room(name)
    with pytest.raises(Conflict):
        await alice.create_room("random")
    for name in ("C", "C#", "C++", "general chat", "what?", "…", "l·l", "o'clock", "🎉", "🎉 general"):
        assert (await alice.create_room(name)).name == name
    await alice.__aexit__()


async def test_the_name_of_a_closed_account_is_nobody_elses(strangers) -> None:
    server, client = strangers
    bob, alice = await newcomer(server.url, "bob"), await newcomer(server.url, "alice")
    room = await alice.create_room("lobby")
    await bob.close_account(PASSWORD)
    for name in ("bob", "BOB", "b\u043eb", "bob\u02d0"):
        with pytest.raises(Conflict):
            await client.register(name, PASSWORD)
        with pytest.raises(Conflict):
            await alice.change_profile(display_name=name)
    assert (await alice.send("@bob are you there?", room=room.id)).seq == 1
    for person in (alice, bob):
        await person.__aexit__()


RESERVED = ["admin", "Admin", "ADMIN", "a.d.m.i.n", "\u0430dmin", "rnoderator", "administrator", "root", "system",
            "hubbub", "everyone", "Everyone", "here", "room", "channel", "all", "a-l-l", "support"]  # fmt: skip
DELETED = ["deleted-1", "deleted-29", "deleted29", "Deleted_7", "de1eted-5", "deletedaccount"]


async def test_names_that_are_kept(strangers) -> None:
    _, client = strangers
    await client.register("plain", PASSWORD)
    await client.sign_in("plain", PASSWORD)
    for name in (*RESERVED, *DELETED):
        with pytest.raises((InvalidInput, Conflict)):
            await client.register(name, PASSWORD)
        with pytest.raises(InvalidInput) as refused:
            await client.change_profile(display_name=name)
        assert refused.value.errors[0].field == "display_name", name


async def test_an_administrator_may_be_called_one(make_server: MakeServer) -> None:
    server = make_server()
    first = await newcomer(server.url, "admin")
    assert (await first.change_profile(display_name="Administrator")).user.display_name == "Administrator"
    with pytest.raises(InvalidInput):
        await first.change_profile(display_name="Deleted account")
    await first.__aexit__()


async def test_display_names(strangers) -> None:
    server, client = strangers
    bob = await newcomer(server.url, "bob")
    await client.register("mallory", PASSWORD, "Robert")
    await client.sign_in("mallory", PASSWORD)
    for name in ("bob", "Bob", "BOB", "b\u043eb", "operator"):
        with pytest.raises(Conflict):
            await client.change_profile(display_name=name)
    wrong = ["Deleted account", "deleted  account", "Deleted-account", "deleted-3"]
    wrong += [f"Ro{hidden}bert" for hidden in INVISIBLE]
    wrong += ["Robert\x07", "Ro\u202ebert", "Ro\u2028bert", "\u3164", "\u2800"]
    for name in wrong:
        with pytest.raises(InvalidInput) as refused:
            await client.change_profile(display_name=name)
        assert refused.value.errors[0].field == "display_name", ascii(name)
    for name in ("mallory", "Mallory", "Robert", "Ann 👩‍👩‍👧 ❤️ 🏳️‍🌈 1️⃣", "क्‍ष", "Zoë ✨"):
        assert (await client.change_profile(display_name=name)).user.display_name == name
    # Display names are not unique.
    assert (await bob.change_profile(display_name="Zoë ✨")).user.display_name == "Zoë ✨"
    with pytest.raises(Conflict):
        await client.register("someone", PASSWORD, "bob")
    await bob.__aexit__()


async def test_public_rooms_are_told_apart(strangers) -> None:
    server, _ = strangers
    alice = await newcomer(server.url, "alice")
    lobby = await alice.create_room("lobby")
    for hidden in INVISIBLE:
        for room in ({"name": f"lob{hidden}by"}, {"name": "fine", "topic": f"to{hidden}pic"}):
            with pytest.raises(InvalidInput):
                await alice.create_room(room["name"], topic=room.get("topic"))
    for name in ("Lobby", "l\u043ebby", "1obby", "ｌｏｂｂｙ", "LOBB\u03a5"):
        with pytest.raises(Conflict):
            await alice.create_room(name)
    other = await alice.create_room("hall")
    with pytest.raises(Conflict):
        await alice.change_room(other.id, name="lo\u042cby".replace("\u042c", "b").replace("o", "\u03bf"))
    # Allowed: one's own name in another spelling, and names of private rooms.
    assert (await alice.change_room(lobby.id, name="Lobby")).name == "Lobby"
    private = await alice.create_room("lobby", kind="private")
    with pytest.raises(Conflict):
        await alice.change_room(private.id, kind="public")
    await alice.__aexit__()


async def test_who_has_such_a_name_already_is_let_in(make_server: MakeServer) -> None:
    server = make_server()
    names = ["12345", "everyone", "bob.", "deleted-77", "bo\u034fb", "\u3164"]
    for number, _ in enumerate(names):
        await (await newcomer(server.url, f"old{'abcdefg'[number]}")).__aexit__()
    server.terminate()
    for number, name in enumerate(names):
        server.sql(f"UPDATE users SET username = '{name}', key = '{folded(name)}' WHERE id = {number + 1}")
    server.start()
    for name in names:
        async with Client(server.url) as client:
            await client.sign_in(name, PASSWORD)
            assert (await client.change_profile(status_text="still here")).user.username == name


async def test_a_name_made_of_digits_shields_no_id(make_server: MakeServer) -> None:
    server = make_server()
    clients = [await newcomer(server.url, name) for name in ("alice", "bob", "carol")]
    server.terminate()
    server.sql("UPDATE users SET username = '2', key = '2' WHERE id = 3")
    server.start()
    headers = {"Authorization": f"Bearer {clients[0].token}"}
    async with HttpClient(base_url=server.url, headers=headers) as http:
        group = (await http.post("/v1/group_chat", json={})).json()["group_chat_id"]
        place = f"/v1/group_chat/{group}/participants"
        assert (await http.post(place, json={"username": "bob"})).status_code == 200
        assert (await http.delete(f"{place}/2")).status_code == 200
        assert (await http.delete(f"{place}/2")).status_code == 400
    for client in clients:
        await client.__aexit__()


async def test_names_from_before_these_rules_keep_others_away(make_server: MakeServer, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{folder / 'hubbub.db'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for statement in (
            "INSERT INTO users (id, username, key, display_name, display_key, created_at, admin, chosen_status) "
            "VALUES (1, 'mallory', 'mallory', 'M', 'm', 0, 1, 'online')",
            "INSERT INTO rooms (id, kind, seq, version, member_count, created_at, name, key) "
            "VALUES (1, 'public', 0, 0, 0, 0, 'lobby', 'lobby'), (2, 'public', 0, 0, 0, 0, '1obby', '1obby')",
        ):
            connection.execute(text(statement))
    engine.dispose()
    server = make_server("rate_limits=off")
    bob = await newcomer(server.url, "bob")
    async with Client(server.url) as client:
        for name in ("rnallory", "MALLORY"):
            with pytest.raises(Conflict):
                await client.register(name, PASSWORD)
    for name in ("l\u043ebby", "LOBBY", "Iobby"):
        with pytest.raises(Conflict):
            await bob.create_room(name)
    await bob.__aexit__()
