"""What Chromium tells screen readers of each part: its accessibility tree, looked through and kept."""

from textwrap import dedent

import pytest
from playwright.async_api import expect

from tests.web.parts import Parts, accessibility_tree, development_server, parts

__all__ = ["development_server", "parts"]

AT_REST = {
    "[aria-label='Buttons with a picture']": """
        region "Buttons with a picture"
          heading "Buttons with a picture"
          heading "At rest, pointer, pressed, keyboard, off"
          button "Search"
          button "Search here"
          button "Panel" pressed=true
          button "Notifications"
          button "Nothing to search" disabled=true
          button "Add"
          button "Send"
          button "Nothing to send" disabled=true
          button "Small"
    """,
    "[aria-label='Fields']": """
        region "Fields"
          heading "Fields"
          textbox "Your name" (People may call you anything kind.)
          paragraph
            text 'People may call you anything kind.'
          textbox "Workspace"
          textbox "Address for e-mail" (The part after the last dot is missing) invalid=true
          alert live=assertive
            text 'The part after the last dot is missing'
          textbox "Password"
          button "Show what is typed" pressed=false
          textbox "Server" disabled=true
          textbox "Topic"
          searchbox "Search people"
          combobox "Language" haspopup=menu
            option "English" selected=true
            option "Deutsch" selected=false
          combobox "Rank of Maya" haspopup=menu
            option "English" selected=true
            option "Deutsch" selected=false
          combobox "Off" disabled=true haspopup=menu
            option "English" disabled=true
            option "Deutsch" disabled=true
    """,
    "[aria-label='Tabs and switches']": """
        region "Tabs and switches"
          heading "Tabs and switches"
          tablist "Settings"
            tab "Profile" selected=true
            tab "Notifications" selected=false
            tab "Appearance" selected=false
            tab "Devices" selected=false
          tabpanel "Profile"
            paragraph
              text 'The page “Profile”.'
            switch "Show when I am here" (Others see a green dot) checked=true
            switch "Sounds" (A knock for mentions) checked=false
            switch "Off" disabled=true checked=false
          tablist "Kinds"
            tab "All" selected=true
            tab "Messages" selected=false
            tab "Files" selected=false
            tab "People" selected=false
          tabpanel "All"
            paragraph
              text 'All'
    """,
    "[aria-label='Choices']": """
        region "Choices"
          heading "Choices"
          checkbox "Also send to #release-2.0" checked=true
          checkbox "Off" checked=false
          checkbox "Disabled" checked=true disabled=true
          radiogroup "Level"
            radio "Everything" checked=true
            radio "Mentions" checked=false
            radio "Nothing" checked=false
          radio "Public room" (Everybody finds it and may join.) checked=true
          radio "Private room" (By invitation only.) checked=false
    """,
    "[aria-label='Badges, pills, keys']": """
        region "Badges, pills, keys"
          heading "Badges, pills, keys"
          heading "Reactions: of others, mine, under the pointer, with the keyboard"
          button "👏 4" pressed=false
          button "🎉 5" pressed=true
          button "👀 2" pressed=false
          button "🍵 1" pressed=false
          heading "Cards: as wide as their list, one with news"
          article "kitchen"
          article "hall"
    """,
    "[aria-label='Toasts']": """
        region "Toasts"
          heading "Toasts"
          button "Close"
          button "Undo"
          status live=polite
    """,
    "[aria-label='Not there yet']": """
        region "Not there yet"
          heading "Not there yet"
          status live=polite
            text 'Loading'
    """,
    "[aria-label='Finding']": """
        region "Finding"
          heading "Finding"
          combobox "Go to" expanded=true haspopup=listbox
          listbox "Go to"
            option "cable-and-card" selected=true
            option "customers" selected=false
            option "design" selected=false
            option "docs" selected=false
            option "kitchen" selected=false
            option "release-2.0" selected=false
          status live=polite
    """,
    "[aria-label='A list'] li": """
        listitem
          button "Online Maya Okafor Reading until 16:00"
          button "More about Maya Okafor"
    """,
}
OPENED = {
    ("Menu of a message", "[role=menu]"): """
        menu "Actions of the message"
          group
            menuitem "Reply" focused=true
            menuitem "Thread"
            menuitem "Copy text"
          separator
          group
            menuitem "Edit" disabled=true
            menuitem "Delete …"
    """,
    ("Card of a person", "[role=dialog]"): """
        dialog "Wanjiru Kamau"
          strong
          button "Message" focused=true
          button "See profile"
    """,
    ("Dialog", "dialog"): """
        dialog "Delete this message?" modal=true
          heading "Delete this message?"
          button "Close"
          paragraph
            text 'It is deleted for everybody in #customers. It cannot be brought back.'
          button "Keep it" focused=true
          button "Delete message"
    """,
}
CONTEXT_MENU = """
    menu "Room kitchen"
      group "# kitchen"
        menuitem "Mark as read" focused=true
        menuitemcheckbox "Mute" checked=false
        menuitem "Notify me …"
      separator
      group
        menuitem "Leave"
"""


async def test_parts_at_rest(parts: Parts) -> None:
    page = await parts()
    for selector, tree in AT_REST.items():
        assert await accessibility_tree(page, selector) == dedent(tree).strip(), selector


@pytest.mark.parametrize(("name", "selector"), OPENED)
async def test_parts_that_open(parts: Parts, name: str, selector: str) -> None:
    page = await parts()
    await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.locator(selector)).to_be_visible()
    assert await accessibility_tree(page, selector) == dedent(OPENED[name, selector]).strip()


async def test_a_context_menu(parts: Parts) -> None:
    page = await parts()
    await page.get_by_role("group", name="A row with a context menu").get_by_role("button").click(button="right")
    await expect(page.get_by_role("menu")).to_be_visible()
    assert await accessibility_tree(page, "[role=menu]") == dedent(CONTEXT_MENU).strip()
