"""Signing in and registering in the terminal."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from getpass import getpass

from hubbub.client.rest import Client
from hubbub.client.terminal_text import say, shown
from hubbub.errors import InvalidInput, NotAuthenticated

_TRIES = 3
_Ask = Callable[[str], Awaitable[str]]


async def authenticate(
    client: Client,
    username: str | None,
    new: bool,
    lines: AsyncIterator[str],
    invitation: str | None,
    setup_token: str | None,
) -> None:
    """Sign in, or register if `new`; what is missing is asked for. With an invitation, join its rooms."""
    at_terminal = sys.stdin.isatty()  # now, as a pipe is closed at its end
    code = None if invitation is None else code_of(invitation)
    if new and at_terminal:
        code, setup_token = await _admission(client, code, setup_token, lines)
    if username is None:
        say("User name:")
        username = await anext(lines)

    async def password(question: str) -> str:
        return await asyncio.to_thread(getpass, question) if at_terminal else await anext(lines)

    if not new:
        await _sign_in(client, username, password, _TRIES if at_terminal else 1)
        if code is not None:
            joined = await client.join_by_invitation(code)
            say(f"By the invitation you are in: {', '.join(shown(room.name or '') for room in joined) or 'no room'}.")
        return
    chosen = await password("Password for the new account: ")
    if at_terminal and await password("The same again: ") != chosen:
        raise InvalidInput("The two passwords are not the same. Start again.")
    await client.register(username, chosen, invitation=code, setup_token=setup_token)
    await client.sign_in(username, chosen, "hubbub chat")
    say(f"Welcome, {shown(username)}: your account has been made.")


def code_of(invitation: str) -> str:
    """The code of an invitation, which was given as such or as its link."""
    return invitation.strip().rpartition("#")[2]


async def _admission(
    client: Client, code: str | None, setup_token: str | None, lines: AsyncIterator[str]
) -> tuple[str | None, str | None]:
    """Ask for what this server needs of a new account, before a password is asked for."""
    workspace = await client.workspace()
    if workspace.registration == "invitation" and code is None:
        say("New accounts need an invitation. Its code or link:")
        code = code_of(await anext(lines))
    if workspace.setup_token and setup_token is None:
        say("The first account needs the token that the server printed at its first start:")
        setup_token = await anext(lines)
    return code, setup_token


async def _sign_in(client: Client, username: str, password: _Ask, tries: int) -> None:
    for left in reversed(range(tries)):
        try:
            await client.sign_in(username, await password("Password: "), "hubbub chat")
            return
        except NotAuthenticated:
            # The server does not say which one is wrong. --new is explicit, so that a typing error registers nobody.
            if not left:
                raise NotAuthenticated(
                    f"The user name or the password is wrong. --new makes an account named {shown(username)}."
                ) from None
            say("The user name or the password is wrong. Try again.")
