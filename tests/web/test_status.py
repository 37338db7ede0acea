"""A status and the rest of a profile in the browser: chosen by one, seen by another."""

from playwright.async_api import expect

from tests.web.conftest import Enter
from tests.web.talking import create, join, say


async def test_a_status_is_chosen_and_seen_beside_the_name(enter: Enter) -> None:
    alice, bob = await enter("alice"), await enter("bob")
    await create(alice, "kitchen")
    await join(bob, "kitchen")
    await say(alice, "soup is ready")
    await alice.get_by_role("button", name="profile and settings").click()
    dialog = alice.get_by_role("dialog", name="Settings")
    await dialog.get_by_role("button", name="Choose an emoji for your status").click()
    await alice.get_by_role("searchbox").fill("palm tree")
    await alice.get_by_role("button", name="palm tree").first.click()
    await dialog.get_by_role("button", name="The emoji of your status: 🌴").wait_for()
    await dialog.get_by_label("Status text").fill("On holiday")
    await dialog.get_by_label("Clear the status").select_option("In an hour")
    await dialog.get_by_label("Pronouns").fill("she/her")
    await dialog.get_by_label("What you do here").fill("Cook")
    await dialog.get_by_label("Time zone").select_option("Asia/Tokyo")
    await dialog.get_by_role("button", name="Save").click()
    await expect(alice.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await expect(dialog.get_by_label("Clear the status")).to_have_value("kept")

    # Beside the name on bob's screen, without a reload.
    await expect(bob.get_by_role("img", name="On holiday").first).to_be_visible()
    await bob.get_by_role("button", name="alice").first.click()
    card = bob.get_by_role("dialog")
    await expect(card).to_contain_text("🌴 On holiday")
    for text in ("she/her", "Cook", "local time", "until"):
        await expect(card).to_contain_text(text)

    await dialog.get_by_role("button", name="Empty both fields").click()
    await dialog.get_by_role("button", name="Save").click()
    await expect(card).not_to_contain_text("On holiday")
    await expect(bob.get_by_role("img", name="On holiday")).to_have_count(0)
