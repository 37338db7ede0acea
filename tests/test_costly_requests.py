"""Bounds on requests that cost the server much more than the client: texts, greetings, queued frames."""

import time

import pytest

from hubbub.chat.mentions import candidates
from hubbub.errors import Conflict, InvalidInput
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.http import HttpClient
from tests.raw import RawSocket

HOSTILE = {
    "a table of very many cells": "@a\n\n" + "a|" * 200 + "\n" + "-|" * 200 + "\n" + "a\n" * 400,
    "many signs": "!@" * 2000,
    "many signs in brackets": "(@" * 1200,
    "quotations in quotations": "@a\n" + "> " * 18 + "a\n" + "b\n" * 1900,
    "open marks": "@a " + "**[" * 1300,
    "open brackets": "@a " + "[" * 3000,
    "lists in lists": "@a\n" + "".join(" " * depth + "- a\n" for depth in range(60)),
    "open code": "@a " + "".join("`" * size + "a" for size in range(80)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_takes_long_to_look_for_mentions(text: str) -> None:
    """Measured relative to a plain loop of this process, not in absolute time."""

    def work(of: object) -> float:
        began = time.process_time()
        of()  # type: ignore[operator]
        return time.process_time() - began

    candidates(text)
    yardstick = min(work(lambda: sum(range(1_000_000))) for _ in range(3))
    assert min(work(lambda: candidates(text)) for _ in range(3)) < 5 * yardstick


async def test_a_token_that_is_over_uses_up_nothing_of_its_owners(make_server: MakeServer) -> None:
    server = make_server("requests_per_user=30/20 seconds")
    alice = await newcomer(server.url, "alice")
    stolen = alice.token
    await alice.sign_in("alice", PASSWORD, "another place")
    await alice.change_password(PASSWORD, "another password")
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {stolen}"}) as thief:
        answers = {(await thief.get("/api/rooms")).status_code for _ in range(60)}
        assert answers <= {401, 429}
    assert list(await alice.rooms(mine=True)) == []
    await alice.__aexit__()


async def test_what_waits_for_its_turn_is_bounded(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off")
    alice = await newcomer(server.url, "alice")
    socket = await RawSocket.greeted(server.socket_url, alice.token or "")
    many = dict.fromkeys(range(1000000, 1000000 + 150), 1)
    for ref in range(80):
        await socket.send(type="hello", since=many, ref=ref)
    answer = await socket.expect("error", code="rate_limited")
    assert answer["ref"] in range(80)
    assert answer["retry_after"] > 0
    # Unknown rooms are answered with errors; only some of them are looked up.
    assert (await socket.ask(type="ping", ref="still there"))["type"] == "pong"
    refused = await socket.ask(type="hello", since=dict.fromkeys(range(1, 6000), 1), ref="too many")
    assert (refused["code"], "since" in refused["detail"]) == ("invalid_input", True)
    await socket.close()
    await alice.__aexit__()


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u2009", "\u3000"])
async def test_no_blank_hides_whose_name_it_is(make_server: MakeServer, blank: str) -> None:
    server = make_server("rate_limits=off")
    await newcomer(server.url, "root")
    alice, mallory = await newcomer(server.url, "alice"), await newcomer(server.url, "mallory")
    for name in ("alice", "Administrator", "everyone"):
        for shown in (f"{name}{blank}", f"{blank}{name}", name):
            with pytest.raises((InvalidInput, Conflict)):
                await mallory.change_profile(display_name=shown)
    changed = await mallory.change_profile(display_name=f"Mallory M{blank}")
    assert changed.user.display_name == "Mallory M"
    for left in (alice, mallory):
        await left.__aexit__()
