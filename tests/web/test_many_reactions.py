"""More users react to a message than it names: the count is right, the user's own reaction stays, a list has all."""

from playwright.async_api import expect

from tests.conftest import People
from tests.web.conftest import Enter
from tests.web.talking import act, create, field, line, say


async def test_a_crowd_reacts(enter: Enter, people: People) -> None:
    alice, crowd = await enter("alice"), await people(24)
    await create(alice, "kitchen")
    await say(alice, "soup is ready")
    for one in crowd[:23]:
        await one.join(1)
        await one.react(1, 1, "🍲")
    message = line(alice, "soup")
    reaction = message.get_by_role("button", name="🍲")
    await expect(reaction).to_contain_text("23")
    await reaction.click()
    await expect(reaction).to_contain_text("24")
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    # The event of an edit is the same for all readers: it names the first twenty users.
    await act(alice, "soup", "Edit")
    await field(alice).fill("soup is really ready")
    await field(alice).press("Enter")
    await expect(message).to_contain_text("really")
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    await expect(reaction).to_contain_text("24")
    # Somebody who is not named takes theirs back; somebody else comes.
    await crowd[22].react(1, 1, "🍲", remove=True)
    await expect(reaction).to_contain_text("23")
    await message.get_by_role("button", name="Who reacted").click()
    dialog = alice.get_by_role("dialog", name="Reactions")
    await expect(dialog.get_by_role("listitem")).to_have_count(23)
    await expect(dialog.get_by_role("tab")).to_have_text(["🍲 23"])
    await expect(dialog).to_contain_text("(you)")
    await alice.keyboard.press("Escape")
    await alice.reload()
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    await reaction.click()
    await expect(reaction).to_have_attribute("aria-pressed", "false")
    await expect(reaction).to_contain_text("22")
