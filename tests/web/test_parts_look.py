"""The parts of the web client in every theme: axe, what a finger hits, both directions of text, less motion."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import PHONE
from tests.web.parts import Parts, development_server, parts
from tests.web.test_quality import clean

__all__ = ["development_server", "parts"]

THEMES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {},
    "contrast": {},
    "contrast-dark": {},
    "forced colours": {"forced_colors": "active"},
    "phone": PHONE,
    "right to left": {"dir": "rtl"},
}


async def still(page: Page) -> None:
    """What arrives softly is there: axe does not see what is half transparent."""
    await page.evaluate(
        "Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))"
    )


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(look, marks=[] if look in ("light", "contrast-dark", "right to left") else pytest.mark.long)
        for look in THEMES
    ],
)
async def test_axe_finds_nothing(parts: Parts, look: str) -> None:
    theme = look if look in ("dark", "contrast", "contrast-dark") else "light"
    page = await parts(theme=theme, **THEMES[look])
    await clean(page, f"the parts, {look}")
    for name, role in (("Menu of a message", "menu"), ("Card of a person", "dialog"), ("Dialog", "dialog")):
        await page.get_by_role("button", name=name, exact=True).click()
        await expect(page.get_by_role(role)).to_be_visible()
        await still(page)
        await clean(page, f"{name}, {look}")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role(role)).to_have_count(0)
    if look != "phone":
        await page.get_by_role("button", name="Tooltip").hover()
        await expect(page.get_by_role("tooltip")).to_be_visible()
        await clean(page, f"a tooltip, {look}")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look


TOO_SMALL = """(size) => {
    const owned = (node) => node.matches("[type=checkbox], [type=radio]") ? node.labels[0] : node;
    return [...document.querySelectorAll("button, select, input, a[href], [role=option]")].filter((node) => {
        const target = owned(node);
        target.scrollIntoView({ block: "center", inline: "center" });
        const { left, right, top, bottom, height, width } = target.getBoundingClientRect();
        if (height >= size && width >= size) return false;
        const hits = (x, y) => target.contains(document.elementFromPoint(x, y));
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        const far = size / 2 - 1;
        return !(hits(x, y - far) && hits(x, y + far) && (width >= size || (hits(x - far, y) && hits(x + far, y))));
    }).map((node) => node.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize(("size", "context"), [(24, {}), (44, PHONE)], ids=["pointer", "finger"])
async def test_what_is_pressed_is_large_enough(parts: Parts, size: int, context: dict[str, Any]) -> None:
    page = await parts(**context)
    assert await page.evaluate(TOO_SMALL, size) == []
    await page.get_by_role("button", name="Menu of a message").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    heights = await page.get_by_role("menuitem").evaluate_all("(items) => items.map((item) => item.offsetHeight)")
    assert min(heights) >= size


async def test_menus_open_towards_the_text(parts: Parts) -> None:
    for direction in ("ltr", "rtl"):
        page = await parts(dir=direction)
        opener = page.get_by_role("button", name="Menu of a message")
        await opener.click()
        await still(page)
        button, menu = await opener.bounding_box(), await page.get_by_role("menu").bounding_box()
        assert button is not None
        assert menu is not None
        if direction == "ltr":
            assert menu["x"] == pytest.approx(button["x"], abs=1)
        else:
            assert menu["x"] + menu["width"] == pytest.approx(button["x"] + button["width"], abs=1)


async def test_nothing_moves_for_who_wants_less_motion(parts: Parts) -> None:
    page = await parts(reduced_motion="reduce")
    await page.get_by_role("button", name="Menu of a message").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    assert await page.evaluate("document.getAnimations().length") == 0
    # There is something to be stilled.
    moving = await parts()
    assert await moving.evaluate("document.getAnimations().length") > 0
