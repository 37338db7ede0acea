"""Authentication precedes validation, on every call of every interface."""

import re

import pytest

from tests.http import HttpClient
from tests.server import Server

BODIES = {
    "none": ({}, b""),
    "nonsense": ({"Content-Type": "application/json"}, b"{nonsense"),
    "wrong fields": ({"Content-Type": "application/json"}, b'{"x": 1}'),
    "wrong type": ({"Content-Type": "text/plain"}, b"hello"),
    "form": ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=b"),
    "not utf-8": ({"Content-Type": "application/json"}, b"\xff\xfe"),
    "deep": ({"Content-Type": "application/json"}, b"[" * 5000),
}
CREDENTIALS: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer nonsense"},
    {"Authorization": "Basic YTpi"},
    {"Cookie": "hubbub_session=nonsense"},
]


@pytest.mark.parametrize("body", BODIES)
async def test_signed_out_is_401_before_anything_else(server: Server, body: str) -> None:
    headers, content = BODIES[body]
    walked = 0
    async with HttpClient(base_url=server.url, timeout=60) as http:
        document = (await http.get("/api/openapi.json")).json()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if operation.get("security", document["security"]) in ([{}], []):
                    continue
                walked += 1
                for place in (re.sub(r"\{\w+\}", "1", path), re.sub(r"\{\w+\}", "x", path) + "?limit=x&wait=-1"):
                    for credentials in CREDENTIALS if content else CREDENTIALS[:1]:
                        response = await http.request(
                            method.upper(), place, headers={**headers, **credentials}, content=content
                        )
                        assert response.status_code == 401, (method, place, body, credentials, response.text)
                        assert response.json()["code"] == "not_authenticated"
    assert walked > 40


async def test_who_is_signed_in_is_told_what_is_wrong_with_the_body(server: Server, people) -> None:
    (alice,) = await people(1)
    headers = {"Authorization": f"Bearer {alice.token}"}
    async with HttpClient(base_url=server.url, headers=headers) as http:
        for path in ("/api/rooms", "/conversations", "/rooms", "/messages"):
            for kind, content in (BODIES["nonsense"], BODIES["wrong type"], BODIES["form"]):
                assert (await http.post(path, headers=kind, content=content)).status_code == 400
