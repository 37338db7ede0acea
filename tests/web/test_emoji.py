"""The server accepts every reaction that the picker offers."""

import json
import subprocess
from pathlib import Path

from playwright.async_api import expect

from tests.conftest import newcomer
from tests.raw import RawSocket
from tests.server import Server
from tests.web.conftest import Enter
from tests.web.talking import act, create, line, say

ROOT = Path(__file__).parents[2]
DATA = ROOT / "web/node_modules/emojibase-data/en/compact.json"
COLOURED, PLAIN = "\ufe0f", "\ufe0e"
AT_ONCE = 200


def offered() -> list[str]:
    """The emoji that the client is built with."""
    script = (
        'import("./tools/emoji.js").then(({ rows }) => console.log(JSON.stringify(rows().map(([emoji]) => emoji))))'
    )
    node = [ROOT / "tools/node.sh", "node", "-e", script]
    answer = subprocess.run(node, cwd=ROOT / "web", check=True, capture_output=True)
    found: list[str] = json.loads(answer.stdout)
    return found


def in_other_forms() -> dict[str, set[str]]:
    """Every emoji and skin tone without variation selectors, as some keyboards and libraries send it."""
    forms: dict[str, set[str]] = {}
    for each in json.loads(DATA.read_text("utf-8")):
        if "order" not in each or each.get("group") in (None, 2):
            continue
        for unicode in (each["unicode"], *(skin["unicode"] for skin in each.get("skins", []))):
            bare = unicode.replace(COLOURED, "")
            forms.setdefault(bare, set()).update({unicode, bare, bare + COLOURED})
    return forms


async def test_every_emoji_offered_is_taken_and_kept_as_it_is_offered(server: Server) -> None:
    emoji = offered()
    assert len(emoji) > 1_800
    assert await stored(server, emoji) == emoji


async def test_every_emoji_in_every_skin_tone_is_one_reaction_in_whatever_form_it_comes(server: Server) -> None:
    forms = in_other_forms()
    assert len(forms) > 3_500
    for number in range(3):
        sent = [sorted(each)[number % len(each)] for each in forms.values()]
        kept = await stored(server, sent)
        assert [each.replace(COLOURED, "") for each in kept] == list(forms)
        if number == 0:
            first = kept
        assert kept == first


async def test_the_picker_reacts_with_thumbs_up_and_takes_it_back(enter: Enter) -> None:
    alice = await enter("alice")
    await create(alice, "den")
    await say(alice, "good news")
    for pressed in ("true", None):
        await act(alice, "good news", "React")
        await alice.get_by_role("searchbox", name="Search emoji").fill("+1")
        await alice.get_by_role("button", name="+1", exact=True).click()
        reaction = line(alice, "good news").get_by_role("list", name="Reactions").get_by_role("button")
        if pressed is None:
            await expect(reaction).to_have_count(0)
        else:
            await expect(reaction).to_have_attribute("aria-pressed", pressed)


async def stored(server: Server, emoji: list[str]) -> list[str]:
    """The stored form of each reaction, over one socket; each is removed at once."""
    client = await newcomer(server.url)
    room = await client.create_room("den", "private")
    await client.send("react to this", room=room.id)
    socket = await RawSocket.greeted(server.socket_url, client.token)
    kept = []
    for start in range(0, len(emoji), AT_ONCE):
        some = emoji[start : start + AT_ONCE]
        for number, each in enumerate(some):
            for op in ("add", "remove"):
                await socket.send(type="reaction", room=room.id, seq=1, emoji=each, op=op, ref=f"{number} {op}")
        answers = 0
        while answers < 2 * len(some):
            event = await socket.next()
            assert event["type"] != "error", (event, some[int(event["ref"].split()[0])])
            answers += event["type"] == "ack"
            if event["type"] == "reaction" and event["op"] == "add":
                kept.append(event["emoji"])
    await socket.close()
    await client.__aexit__()
    return kept
