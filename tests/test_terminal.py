"""`hubbub chat`: two people in two terminals, and the server killed between two lines."""

import asyncio

from tests.conftest import MakeServer
from tests.server import HUBBUB


class Terminal:
    """A `hubbub chat` that is typed at and read from."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.shown: list[str] = []

    @classmethod
    async def open(cls, url: str, name: str) -> "Terminal":
        process = await asyncio.create_subprocess_exec(
            HUBBUB, "chat", url, "--user", name, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
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


async def test_two_people_and_a_crash(make_server: MakeServer) -> None:
    server = make_server()
    alice, bob = await Terminal.open(server.url, "alice"), await Terminal.open(server.url, "bob")
    await alice.type("/create kitchen")
    await alice.until("you are in kitchen")
    await bob.type("/join kitchen")
    await bob.until("you are in kitchen")
    await alice.type("tea?")
    await bob.until("[kitchen] alice: tea?")
    await bob.type("/dm alice")
    await bob.until("you are in @alice")
    await bob.type("just between us \x1b[31m\x07")
    told = await alice.until("bob: just between us")
    assert "\x1b" not in told
    assert "\x07" not in told
    await asyncio.to_thread(server.kill)
    # Typed while the server is away: it waits, and is stored once.
    await alice.type("are you still there?")
    await asyncio.to_thread(server.start)
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

    assert await fails(server.url, "wrong horse") == "hubbub: The user name or the password is wrong.\n"
    nobody = await fails("http://127.0.0.1:9", "correct horse")
    assert "cannot be reached" in nobody
    assert len(nobody.splitlines()) == 1
