"""Very many probes are one check of the store."""

import asyncio

from hubbub.errors import Unavailable
from hubbub.surfaces.health_checks import HealthCheck
from tests.conftest import MakeServer
from tests.http import HttpClient


async def test_whoever_asks_meanwhile_is_given_the_same_answer() -> None:
    asked = 0
    going_on = asyncio.Event()

    async def ask() -> None:
        nonlocal asked
        asked += 1
        await going_on.wait()
        if asked == 2:
            raise Unavailable("The disk is full.")

    probe = HealthCheck(ask, 60)
    crowd = [asyncio.create_task(probe.problem()) for _ in range(500)]
    await asyncio.sleep(0)
    crowd[0].cancel()  # the caller that started the check is cancelled: the others get its result
    await asyncio.sleep(0)
    going_on.set()
    assert await asyncio.gather(*crowd[1:]) == [None] * 499
    assert asked == 1
    # Results are not cached.
    assert [await probe.problem(), asked] == ["The disk is full.", 2]
    assert [await probe.problem(), asked] == [None, 3]


async def test_a_store_that_hangs_is_asked_again_after_a_while() -> None:
    hangs = True

    async def ask() -> None:
        if hangs:
            await asyncio.Event().wait()

    probe = HealthCheck(ask, 0)
    assert await probe.problem() == "The storage does not answer."
    hangs = False
    assert await HealthCheck(ask, 60).problem() is None


async def test_a_flood_of_probes_is_answered(make_server: MakeServer) -> None:
    server = make_server()
    async with HttpClient(base_url=server.url, timeout=60) as http:
        for path in ("/readyz", "/readyz/reading"):
            answers = await asyncio.gather(*(http.get(path) for _ in range(80)))
            assert {(answer.status_code, answer.text) for answer in answers} == {(200, '{"status":"ok"}')}
