"""The web client in Chromium, beside a page with nothing in it: what a message, many rooms and a long text cost."""

import http.client
import json
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from load import Figures
from server import Hubbub, serving

# The empty page comes from no server: without the last one it may open no socket to this machine.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-features=LocalNetworkAccessChecks"]
HELD = 300
"""Messages that the client holds of a room, at least."""
RATES = (1, 10, 50)
SECONDS = 8
MEGABYTE = 1_000_000

EMPTY = """<!doctype html><title>empty</title><textarea id="composer" rows="8" cols="60"></textarea>"""
"""What the client is measured beside: a field, and nothing else."""
LISTEN = """() => new Promise((done) => {
    const socket = new WebSocket(`ws://${location.host}/ws`);
    socket.onopen = () => socket.send('{"type":"hello"}');
    socket.onmessage = ({ data }) => { window.last = JSON.parse(data); done(); };
})"""
"""It receives the same events, and parses them."""
KEYS = """() => {
    window.keys = [];
    addEventListener("keydown", ({ timeStamp }) => {
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => window.keys.push(performance.now() - timeStamp);
            port2.postMessage(null);
        });
    }, true);
}"""
"""Milliseconds from a key to the end of the frame that shows it."""
AT_END = """() => {
    const log = document.querySelector("[role=log]");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 24;
}"""
CHANGES = """() => {
    window.changed = 0;
    new MutationObserver((records) => {
        for (const { type, addedNodes, removedNodes } of records)
            window.changed += type === "childList" ? addedNodes.length + removedNodes.length : 1;
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path is not None, "there is no Chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def somebody(browser: Browser, server: Hubbub, token: str, width: int = 1280) -> BrowserContext:
    """A browser in which the person of the token is signed in."""
    url = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="en-GB", bypass_csp=True)
    context.set_default_timeout(120_000)
    context.add_cookies([{"name": "hubbub_session", "value": token, "url": url}])
    me = json.dumps(ask(server, token, "GET", "/api/users/me")["user"])
    kept = {"hubbub.signed-in": "yes", "hubbub.user": me}
    context.add_init_script(
        "".join(f"localStorage.setItem({json.dumps(k)}, {json.dumps(v)});" for k, v in kept.items())
    )

    def empty(route: Route) -> None:
        route.fulfill(body=EMPTY, content_type="text/html")

    context.route("**/empty", empty)
    return context


def ask(server: Hubbub, token: str, method: str, path: str, *bodies: object) -> dict[str, object]:
    """Over one connection, one request for each body; the last answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    found: dict[str, object] = {}
    for body in bodies or (None,):
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        found = json.loads(answer.read())
        assert answer.status < 300, found
    connection.close()
    return found


def open_page(context: BrowserContext, server: Hubbub, path: str) -> tuple[Page, float]:
    """The page, and milliseconds from asking for it until one can write in it."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}{path}")
    page.wait_for_selector("#composer")
    page.keyboard.press("Shift")
    return page, page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(performance.now())))")


class Thread:
    """The processor time that the page's main thread takes. It is counted from here on."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy(self) -> float:
        """Milliseconds so far."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration")) * 1000


def sending(server: Hubbub, token: str, rate: float, count: int) -> threading.Thread:
    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            text = f"message {number}, with **words** of an ordinary length and https://example.org/{number}"
            connection.request("POST", "/api/rooms/1/messages", json.dumps({"content": text}), headers)
            connection.getresponse().read()

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def messages() -> Figures:
    """Of a message with 300 held: the thread's time, here and in the empty page; nodes changed; how late a key is."""
    found: Figures = {}
    with serving(1, 2) as (server, tokens, _), chromium() as browser:
        mine, other = tokens.read_text().splitlines()[:2]
        context = somebody(browser, server, mine)
        page, _ = open_page(context, server, "/chat/1")
        bare = context.new_page()
        bare.goto(f"http://127.0.0.1:{server.port}/empty")
        bare.evaluate(LISTEN)
        page.bring_to_front()
        sending(server, other, 200, HELD + 20).join()
        page.wait_for_function(f"document.querySelectorAll('[data-seq]').length >= {HELD}")
        # So many at once leave one at the first new one.
        to_end = page.locator(".jump.down")
        if to_end.count():
            to_end.click()
        page.mouse.move(60, 700)
        page.wait_for_function(AT_END)
        page.evaluate(KEYS)
        here, there = Thread(page), Thread(bare)
        for rate in RATES:
            count = rate * SECONDS
            time.sleep(2)
            before, bare_before = here.busy(), there.busy()
            sending(server, other, rate, count).join()
            time.sleep(1)
            found[f"at_{rate}_ms"] = (here.busy() - before) / count
            found[f"at_{rate}_bare_ms"] = (there.busy() - bare_before) / count
            sent = sending(server, other, rate, count)
            page.evaluate("window.keys = []")
            while sent.is_alive():
                page.keyboard.press("a")
                time.sleep(0.05)
            late = page.evaluate("window.keys")
            found[f"at_{rate}_key_p95_ms"] = statistics.quantiles(late, n=20)[18]
        page.evaluate(CHANGES)
        sending(server, other, 10, 50).join()
        time.sleep(1)
        found["changed_nodes"] = page.evaluate("window.changed") / 50
    return found


def rooms(count: int) -> Figures:
    """Milliseconds until one can write with so many rooms, at the first visit and later; a key in the palette."""
    with serving(1, 2, settings=["groups_per_user=10000"]) as (server, tokens, _), chromium() as browser:
        mine, _other = tokens.read_text().splitlines()[:2]
        bodies = [{"kind": "private", "name": f"room {number}"} for number in range(count - 1)]
        ask(server, mine, "POST", "/api/rooms", *bodies)
        context = somebody(browser, server, mine)
        bare, empty = open_page(context, server, "/empty")
        bare.close()
        page, first = open_page(context, server, "/chat/1")
        stored = f"""() => new Promise((done) => {{
            const open = indexedDB.open("hubbub-1");
            open.onsuccess = () => {{
                const count = open.result.transaction("rooms").objectStore("rooms").count();
                count.onsuccess = () => done(open.result.close() ?? count.result === {count});
            }};
        }})"""
        while not page.evaluate(stored):  # `wait_for_function` takes any promise for true.
            page.wait_for_timeout(500)
        page.close()
        page, later = open_page(context, server, "/chat/1")
        page.wait_for_timeout(3_000)
        page.evaluate(KEYS)
        page.keyboard.press("Control+k")
        page.wait_for_selector("[role=combobox]")
        for key in "room 7 or none":
            page.keyboard.press(key)
            page.wait_for_timeout(50)
        late = page.evaluate("window.keys")
        drawn = page.evaluate("document.querySelectorAll('*').length")
    return {
        "first_ms": first,
        "later_ms": later,
        "empty_page_ms": empty,
        "palette_key_ms": max(late[1:]),
        "elements": drawn,
    }


def room() -> Figures:
    """From a click on a room with 100 messages until they are shown."""
    with serving(1, 2) as (server, tokens, _), chromium() as browser:
        mine, other = tokens.read_text().splitlines()[:2]
        ask(server, mine, "POST", "/api/rooms", {"kind": "private", "name": "second"})
        sending(server, other, 500, 100).join()
        page, _ = open_page(somebody(browser, server, mine), server, "/chat/2")
        page.wait_for_selector("nav a[href$='/chat/1']")
        shown = page.evaluate("""() => new Promise((done) => {
            const began = performance.now();
            const look = () => document.querySelectorAll("[data-seq]").length === 100
                ? requestAnimationFrame(() => done(performance.now() - began)) : requestAnimationFrame(look);
            document.querySelector("nav a[href$='/chat/1']").click();
            look();
        })""")
    return {"ms": shown}


def paste() -> Figures:
    """A megabyte put into the field, and one key behind it: here, and in the empty page."""
    found: Figures = {}
    with serving(1, 2) as (server, tokens, _), chromium() as browser:
        context = somebody(browser, server, tokens.read_text().splitlines()[0])
        text = ("so many words " * (MEGABYTE // 14 + 1))[:MEGABYTE]
        for name, path in (("", "/chat/1"), ("empty_page_", "/empty")):
            page, _ = open_page(context, server, path)
            page.click("#composer")
            page.evaluate(KEYS)
            began = time.perf_counter()
            page.keyboard.insert_text(text)
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
            found[f"{name}paste_ms"] = (time.perf_counter() - began) * 1000
            for _ in range(5):
                page.keyboard.press("a")
                page.wait_for_timeout(200)
            found[f"{name}key_ms"] = statistics.median(page.evaluate("window.keys"))
            page.close()
    return found
