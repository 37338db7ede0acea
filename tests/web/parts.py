"""The page of all parts of the web client, `/ui` of its development server, and what Chromium tells screen readers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.web.conftest import watched

ROOT = Path(__file__).parent.parent.parent
WEB = ROOT / "web"
SERVE = """
import { createServer } from "vite";
const listening = { host: "127.0.0.1", port: 0 };
const server = await createServer({ cacheDir: process.argv[1], logLevel: "warn", server: listening });
await server.listen();
console.log(server.httpServer.address().port);
"""
"""As `npm run dev`, on a free port, with a cache of its own."""

Parts = Callable[..., Awaitable[Page]]


@asynccontextmanager
async def _development_server() -> AsyncIterator[str]:
    (WEB / "node_modules" / ".cache").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=WEB / "node_modules" / ".cache") as cache:
        process = await asyncio.create_subprocess_exec(
            ROOT / "tools" / "node.sh", "node", "--input-type=module", "-e", SERVE, cache,
            cwd=WEB, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            async with asyncio.timeout(120):
                port = int(await process.stdout.readline())
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def development_server() -> AsyncIterator[str]:
    async with _development_server() as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def parts(browser: Browser, development_server: str) -> AsyncIterator[Parts]:
    """`await parts(theme="dark", dir="rtl")`: the page in a browser context of its own. It may not fail."""
    pages: list[Page] = []

    async def open_page(theme: str = "light", dir: str = "ltr", **context: Any) -> Page:
        page = await watched(await (await browser.new_context(**{"locale": "en-GB", **context})).new_page())
        pages.append(page)
        await page.goto(f"{development_server}/ui?theme={theme}&dir={dir}")
        await expect(page.get_by_role("heading", name="Hubbub, part by part")).to_be_visible()
        return page

    yield open_page
    for page in pages:
        assert page.faults == [], page.faults  # type: ignore[attr-defined]


def section(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


SHOWN = ("focused", "checked", "pressed", "expanded", "selected", "disabled", "invalid", "hasPopup", "modal", "live")
PASSED_OVER = {"none", "generic", "InlineTextBox", "StaticText", "LabelText", "image", "svg", "MenuListPopup"}
READ_OUT = {"status", "alert", "paragraph", "tooltip"}
"""Of these the text counts; the others have it in their names."""


async def accessibility_tree(page: Page, selector: str) -> str:
    """What Chromium tells screen readers of an element: a line for each role, with its name, description and states."""
    session = await page.context.new_cdp_session(page)
    document = await session.send("DOM.getDocument", {"depth": 0})
    found = await session.send("DOM.querySelector", {"nodeId": document["root"]["nodeId"], "selector": selector})
    described = await session.send("DOM.describeNode", {"nodeId": found["nodeId"]})
    nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    await session.detach()
    by_id = {node["nodeId"]: node for node in nodes}
    root = next(node for node in nodes if node.get("backendDOMNodeId") == described["node"]["backendNodeId"])
    lines: list[str] = []

    def walk(node: dict[str, Any], depth: int, within: str) -> None:
        role = node["role"]["value"]
        shown = not node["ignored"] and role not in PASSED_OVER
        if shown:
            lines.append("  " * depth + _line(node))
        elif role == "StaticText" and within in READ_OUT:
            lines.append("  " * depth + f"text {node['name']['value']!r}")
        for child in node.get("childIds", []):
            if child in by_id:
                walk(by_id[child], depth + shown, role if shown else within)

    walk(root, 0, "")
    return "\n".join(lines)


def _line(node: dict[str, Any]) -> str:
    told = [node["role"]["value"]]
    if name := node.get("name", {}).get("value"):
        told.append(f'"{name}"')
    if description := node.get("description", {}).get("value"):
        told.append(f"({description})")
    states = {state["name"]: state["value"].get("value") for state in node.get("properties", [])}
    told += [
        f"{name}={states[name]}".lower() for name in SHOWN if states.get(name) not in (None, False, "false", "off")
    ]
    # A state that could be on is listed when it is off, too.
    told += [f"{name}=false" for name in ("checked", "pressed", "selected") if states.get(name) in (False, "false")]
    return " ".join(told)


__all__ = ["Parts", "accessibility_tree", "development_server", "parts", "section"]
