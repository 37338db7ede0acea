"""The hooks about accounts: a plugin judges sign-ins and new passwords."""

import asyncio
from pathlib import Path

import pytest

from hubbub.client import Client
from hubbub.errors import InvalidInput, NotAllowed, NotAuthenticated, RateLimited, Unavailable
from tests.conftest import PASSWORD, MakeServer, newcomer
from tests.plugins.plugin_files import plugin_file

DIRECTORY = """
from hubbub.plugins import PluginServer, Refused, SignIn, hookimpl

class Directory:
    \"\"\"Knows who works here; who signs in for the first time gets an account.\"\"\"

    @hookimpl
    async def start(self, server: PluginServer) -> None:
        self.server = server

    @hookimpl
    async def authenticate(self, attempt: SignIn) -> bool | None:
        if attempt.username == "mallory":
            raise Refused("Your account is suspended.")
        if attempt.password == "of the directory":
            if attempt.username == "newcomer":
                await self.server.credentials.register("newcomer", "a password nobody knows", None, attempt.address)
            return True
        if attempt.username == "retired":
            return False
        return None

plugin = Directory()
"""


async def test_a_plugin_judges_sign_ins(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'directory', DIRECTORY)}")
    alice = await newcomer(server.url, "alice")  # by the password that the server knows
    for name in ("retired", "mallory"):
        await Client(server.url).register(name, PASSWORD)
    await alice.sign_in("alice", "of the directory")
    await alice.sign_in("newcomer", "of the directory")
    assert alice.user is not None
    assert alice.user.username == "newcomer"
    with pytest.raises(NotAuthenticated):
        await alice.sign_in("alice", "a wrong one")
    with pytest.raises(NotAuthenticated):
        await alice.sign_in("retired", PASSWORD)
    with pytest.raises(NotAuthenticated):
        await alice.sign_in("nobody", "of the directory")
    with pytest.raises(NotAllowed, match="suspended") as refused:
        await alice.sign_in("mallory", PASSWORD)
    assert refused.value.reason == "refused_by_plugin"
    await alice.__aexit__()


async def test_who_is_refused_by_a_plugin_cannot_guess_for_ever(make_server: MakeServer, tmp_path: Path) -> None:
    plugin = plugin_file(tmp_path, "directory", DIRECTORY)
    server = make_server(f"plugins={plugin}", "rate_limits=on", "failures_per_account=3/hour")
    mallory = Client(server.url)
    await mallory.register("mallory", PASSWORD)
    for _ in range(3):
        with pytest.raises(NotAllowed, match="suspended"):
            await mallory.sign_in("mallory", PASSWORD)
    with pytest.raises(RateLimited):
        await mallory.sign_in("mallory", PASSWORD)
    await mallory.__aexit__()


FAILING = """
import asyncio
from hubbub.plugins import hookimpl, required

{decorator}
async def authenticate(attempt):
    {failure}
"""
FAILURES = ["raise ZeroDivisionError", "await asyncio.Event().wait()", "return 'yes'"]


@pytest.mark.parametrize("failure", FAILURES)
async def test_where_a_plugin_fails_the_password_decides(make_server: MakeServer, tmp_path: Path, failure: str) -> None:
    source = FAILING.replace("{failure}", failure).replace("{decorator}", "@hookimpl")
    server = make_server(f"plugins={plugin_file(tmp_path, 'broken', source)}", "hook_seconds=0.2")
    alice = await newcomer(server.url, "alice")
    with pytest.raises(NotAuthenticated):
        await alice.sign_in("alice", "a wrong one")
    assert [line for line in server.log.splitlines() if '"broken"' in line and '"authenticate"' in line]
    await alice.__aexit__()


@pytest.mark.parametrize("failure", FAILURES)
async def test_where_a_required_plugin_fails_nobody_signs_in(
    make_server: MakeServer, tmp_path: Path, failure: str
) -> None:
    source = FAILING.replace("{failure}", failure).replace("{decorator}", "@hookimpl\n@required")
    server = make_server(f"plugins={plugin_file(tmp_path, 'broken', source)}", "hook_seconds=0.2")
    alice = Client(server.url)
    await alice.register("alice", PASSWORD)
    with pytest.raises(Unavailable):
        await alice.sign_in("alice", PASSWORD)
    await alice.__aexit__()


RULES = """
import time
from hubbub.plugins import NewPassword, Refused, hookimpl

@hookimpl
def check_password(chosen: NewPassword) -> None:
    if chosen.password == "fails on this":
        raise ZeroDivisionError
    if chosen.password == "hangs on this":
        time.sleep(3600)
    if "!" not in chosen.password:
        raise Refused("must have an exclamation mark", reason="no_mark")
"""


async def test_a_plugin_refuses_new_passwords(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'rules', RULES)}", "weak_passwords=refuse", "hook_seconds=1")
    alice = Client(server.url)
    with pytest.raises(InvalidInput) as refused:
        await alice.register("alice", "correct horse")
    (error,) = refused.value.errors
    assert (error.field, error.code, error.params) == ("password", "refused", {"plugin": "rules", "reason": "no_mark"})
    with pytest.raises(InvalidInput, match="guessed first"):
        await alice.register("alice", "password1!")
    await alice.register("alice", "correct horse!")
    await alice.register("bob", "fails on this")
    assert [line for line in server.log.splitlines() if '"rules"' in line and "ZeroDivisionError" in line]
    await asyncio.gather(*(alice.register(f"hanging{name}", "hangs on this") for name in ("one", "two", "three")))
    assert [line for line in server.log.splitlines() if '"rules"' in line and "plugin_too_slow" in line]
    await alice.sign_in("alice", "correct horse!")
    with pytest.raises(InvalidInput, match="exclamation"):
        await alice.change_password("correct horse!", "wrong horse")
    await alice.__aexit__()
