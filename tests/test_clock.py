"""After a jump of the system's clock, messages do not have the wrong time, or only briefly."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hubbub.client import Client
from tests.conftest import MakeServer, newcomer

_LIBRARIES = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))


class Clock:
    """The wall clock of a server, set by the test; the monotonic clock is real."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "offset"
        self.jump("+0s")
        assert _LIBRARIES, "make system installs faketime"
        self.prefix = (
            "env", f"LD_PRELOAD={_LIBRARIES[0]}", f"FAKETIME_TIMESTAMP_FILE={self._file}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        )  # fmt: skip

    def jump(self, offset: str) -> None:
        self._file.write_text(f"{offset}\n")


async def times(client: Client, room: int) -> list[datetime]:
    return [datetime.fromisoformat(m.at) for m in (await client.history(room, limit=200)).messages]


@pytest.mark.parametrize("offset", ["+32d", "-32d", "+2h", "-2h"])
async def test_a_jump_of_a_moment_is_not_seen(make_server: MakeServer, tmp_path: Path, offset: str) -> None:
    clock = Clock(tmp_path)
    server = make_server("rate_limits=off", prefix=clock.prefix)
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("room")).id
    await alice.send("before", room=room)
    clock.jump(offset)
    await alice.send("meanwhile", room=room)
    clock.jump("+0s")
    await alice.send("after", room=room)
    found = await times(alice, room)
    assert found == sorted(found)
    assert found[-1] - found[0] < timedelta(minutes=10)
    await alice.profile()  # and she is still signed in
    await alice.__aexit__()


async def test_a_wrong_time_is_not_that_of_all_that_follows(make_server: MakeServer, tmp_path: Path) -> None:
    """The server started with a wrong clock, which is corrected later."""
    clock = Clock(tmp_path)
    clock.jump("+20d")
    server = make_server("rate_limits=off", prefix=clock.prefix)
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("room")).id
    await alice.send("from the future", room=room)
    await asyncio.to_thread(server.terminate)
    clock.jump("+0s")
    server.start()
    await alice.sign_in("alice", "correct horse")
    for number in range(3):
        await alice.send(f"{number}", room=room)
    wrong, *right = await times(alice, room)
    assert right == sorted(right)
    assert all(wrong - at > timedelta(days=19) for at in right)
    await alice.__aexit__()


def test_a_clock_that_stays_where_it_jumped_to_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    from hubbub.chat.clock import _Wall

    wall = _Wall()
    start, steady = wall.now(), wall._steady()
    shown, passed = start, 0
    monkeypatch.setattr(wall, "_read", lambda: shown + passed)
    monkeypatch.setattr(wall, "_steady", lambda: steady + passed)
    shown += 3 * 3_600_000
    for passed in range(0, 60_000, 1000):
        assert wall.now() - start - passed < 1000
    passed = 60_000
    assert wall.now() == shown + passed
    # A clock that jumps to and fro is not trusted.
    for passed in range(60_000, 300_000, 1000):
        shown = start + (passed // 1000 % 2 + 3) * 3_600_000
        assert abs(wall.now() - start - passed - 3 * 3_600_000) < 1000
