"""A page of another origin in a real browser may use the API where the settings allow it, with a token."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Browser

from tests.conftest import PASSWORD, MakeServer, newcomer

CALLS = """async ({ url, name, password }) => {
    const call = async (path, options = {}) => {
        try {
            const response = await fetch(url + path, options);
            return { status: response.status, id: response.headers.get("x-request-id"), body: await response.json() };
        } catch {
            return { status: 0, body: {} };
        }
    };
    const json = { "Content-Type": "application/json" };
    const signedIn = await call("/api/login", {
        method: "POST", headers: json, body: JSON.stringify({ username: name, password }),
    });
    const headers = { ...json, Authorization: `Bearer ${signedIn.body.token}` };
    const made = await call("/api/rooms", { method: "POST", headers, body: JSON.stringify({ name: "from afar" }) });
    const renamed = await call(`/api/rooms/${made.body.id}`, {
        method: "PATCH", headers, body: JSON.stringify({ topic: "from afar" }),
    });
    const read = await call("/api/rooms?mine=true", { headers });
    const wrong = await call("/api/rooms/999999", { headers });
    return [signedIn, made, renamed, read, wrong].map(({ status, id }) => [status, id != null]);
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another</title>")

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The origin of a page on another server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("allowed", "statuses"),
    [("named", [200, 201, 200, 200, 404]), ("*", [200, 201, 200, 200, 404]), ("https://app.example", [0] * 5)],
)
async def test_a_page_of_another_origin(
    browser: Browser, make_server: MakeServer, elsewhere: str, allowed: str, statuses: list[int]
) -> None:
    server = make_server(f"allowed_origins={elsewhere if allowed == 'named' else allowed}", "rate_limits=off")
    await (await newcomer(server.url, "alice")).__aexit__()
    page = await (await browser.new_context()).new_page()
    await page.goto(elsewhere)
    found = await page.evaluate(CALLS, {"url": server.url, "name": "alice", "password": PASSWORD})
    assert found == [[status, status != 0] for status in statuses]
