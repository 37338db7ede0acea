"""Data stored by an earlier version of the page is kept: each older schema of IndexedDB is upgraded."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.server import Server
from tests.web.conftest import watched
from tests.web.talking import field, lines, pending, room

KEPT = Path(__file__).parent / "kept"
"""Databases of older versions as a browser had them, each with what the page keeps beside it."""

MAKE = """({ database, storage }) => new Promise((done) => {
    for (const [name, text] of Object.entries(storage)) localStorage.setItem(name, text);
    const revived = (value) => Array.isArray(value) ? value.map(revived)
        : value === null || typeof value !== "object" ? value
        : value.$map !== undefined ? new Map(value.$map.map(revived))
        : Object.fromEntries(Object.entries(value).map(([key, held]) => [key, revived(held)]));
    const open = indexedDB.open(database.name, database.version);
    open.onupgradeneeded = () => {
        for (const { name, keyPath, records } of database.stores) {
            const store = open.result.createObjectStore(name, keyPath === null ? {} : { keyPath });
            for (const [key, value] of records) store.put(revived(value), ...(keyPath === null ? [key] : []));
        }
    };
    open.onsuccess = () => done(open.result.close());
})"""


@pytest.mark.parametrize("version", [1, 2])
async def test_an_older_database_is_taken_over(browser: Browser, server: Server, version: int) -> None:
    kept = json.loads((KEPT / f"version-{version}.json").read_text())
    page = await watched(await (await browser.new_context(locale="en-GB")).new_page())
    await page.goto(f"{server.url}/static/icon.svg")
    await page.evaluate(MAKE, kept)
    # The server does not answer: everything shown was stored.
    await page.route("**/api/**", lambda route: route.abort())
    await page.route_web_socket("**/ws**", lambda socket: None)
    await page.goto(server.url)
    await room(page, "kitchen").click()
    await expect(lines(page)).to_have_count(3)
    await expect(lines(page).last).to_contain_text("the last words")
    await expect(lines(page).first).to_contain_text("hello @Alice")
    await expect(lines(page).first.get_by_role("list", name="Reactions")).to_contain_text("🎉")
    await expect(field(page)).to_have_value("a draft in the kitchen")
    await expect(pending(page)).to_contain_text("never sent")
    stores = await page.evaluate("""async () => {
        const { name } = (await indexedDB.databases())[0];
        return new Promise((done) => {
            const open = indexedDB.open(name);
            open.onsuccess = () => done([open.result.version, [...open.result.objectStoreNames], open.result.close()]);
        });
    }""")
    assert stores[:2] == [3, ["drafts", "messages", "outbox", "rooms"]]
    assert page.faults == []  # type: ignore[attr-defined]
