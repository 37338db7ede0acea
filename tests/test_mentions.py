"""Mentions: one table of cases, shared with the tests of the web client."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hubbub.chat.mentions import called, candidates
from hubbub.chat.records import RoomRecord
from hubbub.chat.text import folded
from hubbub.client import Client
from tests.conftest import PASSWORD, MakeServer, newcomer, user_id

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases" / "text.json").read_text("utf-8"))


class Names:
    """Users and members by name, counting the queries."""

    def __init__(self, users: Sequence[str]) -> None:
        self.ids = {folded(name): number for number, name in enumerate(users, 1)}
        self.asked = 0
        self.accounts = self.members = self

    def ids_named(self, keys: Sequence[str]) -> dict[str, int]:
        self.asked += 1
        return {key: self.ids[key] for key in keys if key in self.ids}

    def among(self, room: int, users: Sequence[int]) -> set[int]:
        self.asked += 1
        return set(users)


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["text"])[:60])
def test_who_is_called(case: dict[str, Any]) -> None:
    names = Names(case["users"])
    found = called(names, RoomRecord(1, "private", 0, 0, 0, 0), candidates(case["text"]))  # type: ignore[arg-type]
    assert [case["users"][user - 1] for user in found] == case["called"]


def test_the_table_says_enough() -> None:
    assert len(CASES) >= 120
    assert len({(case["text"], *case["users"]) for case in CASES}) == len(CASES)


def test_names_are_looked_up_at_once_however_many_there_are() -> None:
    for text in (" ".join(f"@nobody{number}" for number in range(400)), "@" + "好" * 60 + " @bob" * 300):
        names = Names(["bob"])
        called(names, RoomRecord(1, "private", 0, 0, 0, 0), candidates(text))  # type: ignore[arg-type]
        assert names.asked <= 2
        assert sum(map(len, candidates(text))) <= 200


async def test_a_server_calls_them(make_server: MakeServer) -> None:
    """The same through a server: sent, edited, and over a socket."""
    server = make_server("rate_limits=off", "message_length=10000")
    first = await newcomer(server.url, "poster")
    users = CASES[0]["users"]
    people: dict[int, str] = {}
    async with Client(server.url) as client:
        for name in users:
            people[(await client.register(name, PASSWORD)).id] = name
    everyone = await first.create_room("everyone there")
    few = await first.create_room("few", kind="private", members=["bob"])
    edited = await first.send("nothing yet", room=everyone.id)
    for case in CASES:
        if case["users"] != users:
            continue
        posted = await first.send(case["text"], room=everyone.id)
        message = await first.message(everyone.id, posted.seq)
        assert [people[user] for user in message.mentions] == case["called"], case
        changed = await first.edit(everyone.id, edited.seq, case["text"])
        assert changed.mentions == message.mentions, case
    posted = await first.send("@alice @bob", room=few.id)
    assert [people[user] for user in (await first.message(few.id, posted.seq)).mentions] == ["bob"]
    assert user_id(first) not in message.mentions
    await first.__aexit__()
