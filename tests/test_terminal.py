"""`hubbub chat`: two users in two terminals, and the server killed between two messages."""

import asyncio
import os
import pty
from pathlib import Path

import pytest

from hubbub.client import Client
from hubbub.client.terminal import shown
from hubbub.errors import NotAuthenticated
from tests.conftest import MakeServer, newcomer
from tests.plugins.plugin_files import plugin_file
from tests.server import HUBBUB


class Terminal:
    """A running `hubbub chat`, with its input and output."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.shown: list[str] = []

    @classmethod
    async def open(cls, url: str, name: str, *options: str, new: bool = True) -> "Terminal":
        """`hubbub chat` of a new user."""
        options = ("--new", *options) if new else options
        command = (HUBBUB, "chat", url, "--user", name, *options)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        terminal = cls(process)
        await terminal.type("correct horse")
        await terminal.until("/help tells")
        return terminal

    async def type(self, line: str) -> None:
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def until(self, text: str) -> str:
        while True:
            line = (await asyncio.wait_for(self.process.stdout.readline(), 60)).decode()
            assert line, f"ended before {text!r}: {self.shown[-10:]}"
            self.shown.append(line.rstrip("\n"))
            if text in line:
                return line

    async def quit(self) -> int:
        await self.type("/quit")
        return await asyncio.wait_for(self.process.wait(), 60)


async def test_an_invitation_lets_one_in_and_leads_to_its_rooms(make_server: MakeServer) -> None:
    server = make_server("registration=invitation")
    async with await newcomer(server.url, "alice") as alice:
        plans, hall = await alice.create_room("plans", "private"), await alice.create_room("hall", "private")
        made = await alice.invite(rooms=[plans.id])
        bob = await Terminal.open(server.url, "bob", "--invitation", made.link)
        await bob.type("/rooms")
        await bob.until("plans")
        assert await bob.quit() == 0
        other = await alice.invite(rooms=[hall.id])
        bob = await Terminal.open(server.url, "bob", "--invitation", other.code, new=False)
        assert any("you are in: hall." in line for line in bob.shown), bob.shown
        assert await bob.quit() == 0


async def test_two_people_and_a_crash(make_server: MakeServer) -> None:
    server = make_server()
    alice, bob = await Terminal.open(server.url, "alice"), await Terminal.open(server.url, "bob")
    await alice.type("/create kitchen")
    await alice.until("you are in kitchen")
    await bob.type("/join kitchen")
    await bob.until("you are in kitchen")
    await alice.type("tea?")
    number = (await bob.until("[kitchen] alice: tea?")).split()[-1].strip("()")
    await bob.type(f"/reply {number} with milk")
    await alice.until(f"[kitchen] bob, in the thread of {number}: with milk")
    await bob.type("/reply to nothing")
    await bob.until("! Say which message: /reply 12")
    await alice.type(f"/pin {number}")
    await bob.until(f"* kitchen: alice pinned message {number}")
    await bob.type("/pins")
    await bob.until("[kitchen] alice: tea?")
    await bob.type(f"/unpin {number}")
    await bob.until("! Your rank does not allow you to pin messages in this room")
    await bob.type(f"/save {number}")
    await bob.type("/saved")
    await bob.until("[kitchen] alice: tea?")
    await bob.type(f"/forget {number}")
    await bob.type("/save it")
    await bob.until("! Say which message: /save 12")
    await bob.type("/dm alice")
    await bob.until("you are in @alice")
    await bob.type("just between us \x1b[31m\x07")
    received = await alice.until("bob: just between us")
    assert "\x1b" not in received
    assert "\x07" not in received
    await asyncio.to_thread(server.kill)
    await alice.until("* connection lost")
    # Typed while the server is down: it waits, and is stored once.
    await alice.type("are you still there?")
    await asyncio.to_thread(server.start)
    await alice.until("* connected again")
    await bob.until("[kitchen] alice: are you still there?")
    await alice.until("[kitchen] alice: are you still there?")
    await bob.type("/nonsense")
    await bob.until("There is no /nonsense")
    await alice.type("/who")
    await alice.until("alice (owner")
    await alice.type("/rooms")
    await alice.until("kitchen (public")
    assert await alice.quit() == 0
    assert await bob.quit() == 0
    shown = [line for line in alice.shown if "alice: are you still there?" in line]
    assert len(shown) == 1


async def test_a_wrong_password_or_address_is_one_line(make_server: MakeServer) -> None:
    server = make_server()
    await (await Terminal.open(server.url, "alice")).quit()

    async def fails(url: str, password: str) -> str:
        process = await asyncio.create_subprocess_exec(
            HUBBUB, "chat", url, "--user", "alice",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, error = await process.communicate(password.encode() + b"\n")
        assert process.returncode == 2
        return error.decode()

    assert (await fails(server.url, "wrong horse")).startswith("hubbub: The user name or the password is wrong.")
    async with Client(server.url) as client:
        for name in ("alice", "alcie"):
            with pytest.raises(NotAuthenticated):  # no account was created by mistake, and none was changed
                await client.sign_in(name, "wrong horse")
    nobody = await fails("http://127.0.0.1:9", "correct horse")
    assert "cannot be reached" in nobody
    assert len(nobody.splitlines()) == 1


_JOINED = [
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
    "\u2764\ufe0f\u200d\U0001f525",  # a heart on fire
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
    "e\u0301",
    "a\tb\nc",
]
_DRIVING = ["\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u200f", "\ufeff", "\x00", "\x7f"]


@pytest.mark.parametrize("text", _JOINED)
def test_what_people_see_as_one_is_not_torn_apart(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize("character", _DRIVING)
def test_what_could_drive_a_terminal_is_not_shown(character: str) -> None:
    assert shown(f"a{character}b") == "a\ufffdb"


async def at_terminal(url: str, *options: str) -> tuple[int, asyncio.subprocess.Process]:
    """`hubbub chat` in a pseudo-terminal: its other end, and the process."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        HUBBUB, "chat", url, "--user", "alice", *options, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    return ours, process


async def read_until(terminal: int, *texts: str) -> str:
    read = ""
    while not any(text in read for text in texts):
        read += (await asyncio.wait_for(asyncio.to_thread(os.read, terminal, 4096), 60)).decode(errors="replace")
    return read


async def test_somebody_who_mistypes_the_password_is_asked_again(make_server: MakeServer) -> None:
    server = make_server()
    async with Client(server.url) as client:
        await client.register("alice", "correct horse")
    terminal, process = await at_terminal(server.url)
    await read_until(terminal, "Password: ")
    os.write(terminal, b"corect horse\n")
    read = await read_until(terminal, "Password: ", "account")
    assert "wrong" in read
    assert "account" not in read
    os.write(terminal, b"correct horse\n")
    await read_until(terminal, "Signed in")
    process.kill()
    await process.wait()
    os.close(terminal)


async def test_who_is_new_is_asked_for_the_invitation_that_the_server_needs(make_server: MakeServer) -> None:
    server = make_server("registration=invitation")
    async with await newcomer(server.url, "carol") as carol:
        made = await carol.invite()
        terminal, process = await at_terminal(server.url, "--new")
        await read_until(terminal, "code or link:")
        os.write(terminal, f"{made.link}\r".encode())
        for question in ("new account: ", "same again: "):
            await read_until(terminal, question)
            os.write(terminal, b"correct horse\n")
        await read_until(terminal, "has been made")
        process.kill()
        await process.wait()
        os.close(terminal)
        (listed,) = (await carol.invitations()).invitations
        assert [one.username for one in listed.people] == ["alice"]


async def test_nobody_is_asked_for_a_password_where_there_is_no_server() -> None:
    terminal, process = await at_terminal("http://127.0.0.1:9")
    read = await read_until(terminal, "cannot be reached", "Password")
    assert "Password" not in read
    assert await process.wait() == 2
    os.close(terminal)


COMMANDS = """
from hubbub.plugins import Answer, Post, SlashCommand, hookimpl

async def shout(call):
    return Post(call.arguments.upper())

async def whisper(call):
    return Answer(f"you said {call.arguments}")

async def who(call):
    return Answer("the terminal has this one itself")

@hookimpl
def slash_commands():
    return [SlashCommand(run.__name__, f"Does {run.__name__}", run, "TEXT") for run in (shout, whisper, who)]
"""


async def test_commands_of_the_server_come_after_those_of_the_terminal(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'party', COMMANDS)}")
    alice = await Terminal.open(server.url, "alice")
    await alice.type("/create kitchen")
    await alice.until("you are in kitchen")
    await alice.type("/help")
    await alice.until("/whisper TEXT: Does whisper")
    await alice.type("/shout tea")
    await alice.until("[kitchen] alice: TEA")
    await alice.type("/whisper psst")
    await alice.until("* you said psst")
    await alice.type("/who")
    await alice.until("alice (owner")
    await alice.type("//shout tea")
    await alice.until("[kitchen] alice: /shout tea")
    await alice.type("/nothing")
    await alice.until("There is no /nothing here")
    assert await alice.quit() == 0
