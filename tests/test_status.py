"""A status with an emoji and an end, pronouns, title and time zone, as others see them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hubbub.chat import accounts, clock, profile_changes, profiles
from hubbub.chat.status_end import ClearStatus, StatusEnd
from hubbub.client import Client
from hubbub.errors import InvalidInput
from tests.conftest import MakeServer, People, newcomer, user_id
from tests.stores import LIMITS, Chat


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def two(people: People) -> tuple[Client, Client]:
    alice, bob = await people(2)
    await alice.create_room(kind="private", name="plans", members=[user_id(bob)])
    return alice, bob


async def test_others_see_it_at_once(people: People, sockets) -> None:
    alice, bob = await two(people)
    at_bob = await sockets(bob)
    until = in_seconds(3600)
    changed = await alice.change_profile(
        status_emoji="🌴", status_text="On holiday", status_until=until, pronouns="she/her", title="Gardener",
        time_zone="Europe/Vienna",
    )  # fmt: skip
    seen = (await at_bob.expect("user"))["user"]
    wanted = {
        "status_emoji": "🌴", "status_text": "On holiday", "status_until": until, "pronouns": "she/her",
        "title": "Gardener", "time_zone": "Europe/Vienna",
    }  # fmt: skip
    assert {name: seen[name] for name in wanted} == wanted
    (found,) = await bob.users(alice.user.username)
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert changed.user.status_until == until
    # Without a status there is nothing that ends.
    cleared = await alice.change_profile(status_emoji=None, status_text=None)
    assert (cleared.user.status_until, cleared.user.pronouns) == (None, "she/her")
    assert "status_emoji" not in (await at_bob.expect("user"))["user"]


async def test_it_ends_by_itself_for_everybody(people: People, sockets) -> None:
    alice, bob = await two(people)
    at_bob, at_alice = await sockets(bob), await sockets(alice)
    await alice.change_profile(status_emoji="☕", status_text="back soon", status_until=in_seconds(2))
    for at in (at_alice, at_bob):
        assert (await at.expect("user"))["user"]["status_text"] == "back soon"
    for at in (at_alice, at_bob):
        seen = (await at.expect("user"))["user"]
        assert not {"status_text", "status_emoji", "status_until"} & set(seen)
    assert (await alice.profile()).user.status_text is None


async def test_it_ends_while_the_server_is_down(make_server: MakeServer) -> None:
    server = make_server()
    async with await newcomer(server.url, "alice") as alice:
        await alice.change_profile(status_text="for a moment", status_until=in_seconds(1))
        server.kill()
        await asyncio.to_thread(server.start)
        # Nobody is shown one that is over, whether the job has run or not.
        while (profile := await alice.profile()).user.status_text is not None:
            assert profile.user.status_until is not None


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"status_emoji": "palm"}, "status_emoji", "bad_format"),
        ({"status_emoji": "🌴🌴"}, "status_emoji", "bad_format"),
        ({"status_emoji": "🌴", "status_until": "2020-01-01T00:00:00Z"}, "status_until", "not_possible"),
        ({"status_emoji": "🌴", "status_until": "tomorrow"}, "status_until", "bad_format"),
        ({"status_until": "2099-01-01T00:00:00Z"}, "status_until", "not_possible"),
        ({"pronouns": "x" * 41}, "pronouns", "too_long"),
        ({"pronouns": "she\u202eher"}, "pronouns", "bad_character"),
        ({"title": "a\x00b"}, "title", "bad_character"),
        ({"title": "two\nlines"}, "title", "bad_character"),
        ({"title": "in\u200bvisible"}, "title", "bad_character"),
        ({"title": "x" * 81}, "title", "too_long"),
    ],
)
async def test_bad_input_changes_nothing(people: People, fields: dict[str, str], field: str, code: str) -> None:
    (alice,) = await people(1)
    before = await alice.profile()
    with pytest.raises(InvalidInput) as refused:
        await alice.change_profile(display_name="Another", **fields)
    assert [(one.field, one.code) for one in refused.value.errors] == [(field, code)]
    assert await alice.profile() == before


# The contract of the stores


async def test_a_status_that_is_over_is_replaced_and_not_cleared_late(chat: Chat) -> None:
    ends = clock.now() + 86_400_000
    await chat.write(profile_changes.ChangeProfile(chat.bob, status_text="out", status_emoji="🌴", status_until=ends))
    late = ClearStatus(StatusEnd(chat.bob, ends))
    later = profile_changes.ChangeProfile(chat.bob, status_until=ends + 1)
    await chat.write(later)
    # The job of the first time finds another one, and leaves it.
    await chat.write(late)
    bob = await chat.read(accounts.AccountOf(chat.bob))
    assert (bob.status_text, bob.status_emoji, bob.status_until) == ("out", "🌴", ends + 1)
    await chat.write(ClearStatus(StatusEnd(chat.bob, ends + 1)))
    bob = await chat.read(accounts.AccountOf(chat.bob))
    assert (bob.status_text, bob.status_emoji, bob.status_until) == (None, None, None)


async def test_closing_an_account_takes_all_of_it_away(chat: Chat) -> None:
    await chat.write(
        profile_changes.ChangeProfile(
            chat.bob, status_emoji="🌴", pronouns="he/him", title="Cook", status_until=clock.now() + 60_000
        )
    )
    await chat.write(accounts.CloseAccount(chat.bob, LIMITS))
    (gone,) = [user for user in await chat.read(profiles.ChangedUsers(0, 0, 10)) if user.id == chat.bob]
    assert (gone.status_emoji, gone.status_until, gone.pronouns, gone.title) == (None, None, None, None)
