"""`hubbub chat`: a chat client for the terminal."""

import asyncio
import sys
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from getpass import getpass

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, PresenceEvent, RoomEvent, UserEvent
from hubbub.chat.shapes import Message, Room, User
from hubbub.client.live import Live
from hubbub.client.notice_text import notice_text
from hubbub.client.responses import Command
from hubbub.client.rest import Client
from hubbub.client.wire import Connected, Disconnected, Resync
from hubbub.errors import HubbubError, InvalidInput, NotAuthenticated, NotFound

_TRIES = 3
_JOINERS = frozenset("\n\t\u200c\u200d") | {chr(code) for code in range(0xE0020, 0xE0080)}
_OF_EMOJI = ("So", "Sk", "Mn", "Cf", "Cn")
"""Categories of the characters of emoji (Unicode TR 51): symbols, skin tones, variation selectors, joiners, tags."""
_HELP = """\
  text            send to the room you are in; //text begins with one slash
  /reply N TEXT   reply in the thread of message N (its number is shown after it)
  /pin N          pin message N; /unpin N takes that back, /pins lists what is pinned
  /save N         save message N for yourself; /forget N takes that back, /saved lists what you saved
  /rooms          public rooms, and yours
  /create NAME    make a public room and go there
  /join NAME      join a public room and go there
  /dm USER        talk to one person
  /leave          leave the room you are in
  /who            who is in it
  /status 🌴 TEXT show a status beside your name: an emoji, a text or both; without any, none
  /quit           go"""


async def talk(url: str, username: str | None, new: bool) -> None:
    """Sign in, or register if `new`, and run until the end of input. Raises HubbubError."""
    async with Client(url) as client:
        # Before a password is asked for.
        await client.healthy()
        lines = _lines()
        await _authenticate(client, username, new, lines)
        async with client.live() as live:
            await live.ready()
            terminal = _Terminal(client, live, await client.commands())
            # Now that what others write is shown.
            _say("Signed in. /help tells what you can do.")
            events = asyncio.create_task(terminal.show_events())
            commands = asyncio.create_task(terminal.run_commands(lines))
            done, rest = await asyncio.wait({events, commands}, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            for task in done:
                task.result()


async def _authenticate(client: Client, username: str | None, new: bool, lines: AsyncIterator[str]) -> None:
    at_terminal = sys.stdin.isatty()  # now, as a pipe is closed at its end
    if username is None:
        _say("User name:")
        username = await anext(lines)

    async def password(question: str) -> str:
        return await asyncio.to_thread(getpass, question) if at_terminal else await anext(lines)

    if new:
        chosen = await password("Password for the new account: ")
        if at_terminal and await password("The same again: ") != chosen:
            raise InvalidInput("The two passwords are not the same. Start again.")
        await client.register(username, chosen)
        await client.sign_in(username, chosen, "hubbub chat")
        _say(f"Welcome, {shown(username)}: your account has been made.")
    else:
        await _sign_in(client, username, password, _TRIES if at_terminal else 1)


async def _sign_in(client: Client, username: str, password: Callable[[str], Awaitable[str]], tries: int) -> None:
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
            _say("The user name or the password is wrong. Try again.")


class _Terminal:
    def __init__(self, client: Client, live: Live, commands: list[Command]) -> None:
        self._client = client
        self._live = live
        self._rooms: dict[int, Room] = {}
        self._here: int | None = None
        self._lost = False
        self._commands = {f"/{one.name}": f"/{one.name} {one.usage}: {one.description}" for one in commands}
        """Those of the server. The terminal's own go before them."""

    async def show_events(self) -> None:
        async for event in self._live:
            match event:
                case Connected():
                    self._rooms = {room.id: room for room in event.rooms}
                    if self._lost:
                        _say("* connected again")
                    self._lost = False
                case MessageEvent():
                    mark = " (deleted)" if event.deleted else " (edited)" if event.edited_at else ""
                    await self._load_room(event.room)
                    self._here = self._here or event.room
                    _say(f"{self._line(event)}{mark}")
                case NoticeEvent():
                    _say(f"* {self._name(event.room)}: {shown(notice_text(event))}")
                case MemberEvent(rank="owner" | "moderator" as rank):
                    _say(f"* {self._name(event.room)}: {shown(event.user.username)} is {rank}")
                case RoomEvent():
                    self._rooms[event.id] = event
                case PresenceEvent():
                    pass
                case UserEvent():
                    self._user_changed(event.user)
                case Disconnected():
                    self._lost = True
                    _say(f"* connection lost: {shown(event.reason)} Coming back.")
                case Resync():
                    _say(f"* much has happened in {self._name(event.room)}")

    async def run_commands(self, lines: AsyncIterator[str]) -> None:
        async for line in lines:
            command, _, argument = line.strip().partition(" ")
            if not command:
                continue
            if command == "/quit":
                return
            try:
                await self._run(command, argument.strip(), line)
            except (HubbubError, InvalidInput) as error:
                _say(f"! {error}")

    async def _run(self, command: str, argument: str, line: str) -> None:
        match command:
            case "/help":
                _say("\n".join([_HELP, *(f"  {shown(text)}" for text in self._commands.values())]))
            case "/rooms":
                for room in await self._listed_rooms():
                    self._rooms[room.id] = room
                    unread = f", {room.me.unread} unread" if room.me and room.me.unread else ""
                    _say(f"  {self._name(room.id)} ({room.kind}{unread})")
            case "/create":
                await self._open(await self._client.create_room(argument))
            case "/join":
                found = [room async for room in self._client.all_rooms(argument) if room.name == argument]
                if not found:
                    raise NotFound(f"There is no public room named {argument}. /create makes it.")
                await self._client.join(found[0].id)
                await self._open(found[0])
            case "/dm":
                await self._open(await self._client.create_room(kind="direct", members=[argument]))
            case "/leave" if self._here is not None and self._client.user is not None:
                await self._client.remove_member(self._here, self._client.user.id)
                self._here = None
            case "/who" if self._here is not None:
                for member in await self._client.members(self._here):
                    _say(f"  {shown(member.user.username)} ({member.rank}, {member.user.status})")
            case "/reply" if self._here is not None:
                number, _, text = argument.partition(" ")
                await self._live.send(text, room=self._here, thread=_number(number, command))
            case "/pin" | "/unpin" if self._here is not None:
                await self._client.pin(self._here, _number(argument, command), on=command == "/pin")
            case "/pins" if self._here is not None:
                for pin in await self._client.pins(self._here):
                    _say(f"  {self._line(pin.message)}")
            case "/save" if self._here is not None:
                await self._client.save_message(self._here, _number(argument, command))
            case "/forget" if self._here is not None:
                await self._client.forget_saved(self._here, _number(argument, command))
            case "/saved":
                for saved in (await self._client.saved()).saved:
                    if saved.message is not None:
                        await self._load_room(saved.room)
                        _say(f"  {self._line(saved.message)}")
            case "/status":
                await self._set_status(argument)
            case _ if command.startswith("/") and not command.startswith("//") and command not in self._commands:
                _say(f"! There is no {command} here. /help tells what there is.")
            case _ if self._here is None:
                _say("! You are in no room yet: /join one, or /dm somebody.")
            case _ if command in self._commands:
                if answer := (await self._live.command(line.strip(), room=self._here)).answer:
                    _say(f"* {shown(answer)}")
            case _:
                # `//text` is a text with one slash.
                text = line.removeprefix("/") if command.startswith("//") else line
                await self._live.send(text.rstrip("\n"), room=self._here)

    async def _set_status(self, argument: str) -> None:
        """An emoji first, or none; nothing clears it."""
        symbol, _, text = argument.partition(" ")
        if not symbol or any(c.isalnum() or unicodedata.category(c) not in _OF_EMOJI for c in symbol):
            symbol, text = "", argument
        await self._client.change_profile(status_emoji=symbol or None, status_text=text or None, status_until=None)
        _say(f"* your status: {shown(argument)}" if argument else "* you have no status now")

    async def _listed_rooms(self) -> list[Room]:
        found = {room.id: room async for room in self._client.all_rooms()}
        found |= {room.id: room async for room in self._client.all_rooms(mine=True)}
        return list(found.values())

    async def _open(self, room: Room) -> None:
        self._here = room.id
        self._rooms[room.id] = room
        _say(f"* you are in {self._name(room.id)}")
        page = await self._client.history(room.id, limit=10)
        lines = [(message.seq, 0, self._line(message)) for message in page.messages]
        lines += [
            (notice.after_seq, notice.version, f"* {self._name(room.id)}: {shown(notice_text(notice))}")
            for notice in page.notices
        ]
        for _, _, line in sorted(lines):
            _say(line)

    async def _load_room(self, room: int) -> None:
        known = self._rooms.get(room)
        if known is None or (known.kind == "direct" and known.peer is None):
            with suppress(HubbubError):
                self._rooms[room] = await self._client.room(room)

    def _user_changed(self, user: User) -> None:
        for room in self._rooms.values():
            if room.peer is not None and room.peer.id == user.id:
                room.peer = user
        status = " ".join(filter(None, (user.status_emoji, user.status_text)))
        about = f" ({shown(status)})" if status else ""
        _say(f"* {shown(user.username)} is {shown(user.display_name)}{about}")

    def _line(self, message: Message) -> str:
        where = f", in the thread of {message.root}" if message.root is not None else ""
        return (
            f"[{self._name(message.room)}] {shown(message.sender.username)}{where}: "
            f"{shown(message.content)} ({message.seq})"
        )

    def _name(self, room: int) -> str:
        known = self._rooms.get(room)
        if known is None:
            return f"room {room}"
        if known.peer is not None:
            return f"@{shown(known.peer.username)}"
        return shown(known.name or f"room {room}")


def _number(argument: str, command: str) -> int:
    """The number of a message, as it is shown after it. Raises InvalidInput."""
    if not (argument.isascii() and argument.isdecimal()):
        raise InvalidInput(f"Say which message: {command} 12. Its number is shown after it.")
    return int(argument)


def shown(text: str) -> str:
    """Text of other users with its control characters replaced (Unicode categories Cc and Cf).

    Those could send commands to the terminal or reverse the text's direction. The joiners of emoji and letters (U+200C
    and U+200D) and the tags of emoji flags (Unicode TR 51) are kept.
    """
    return "".join(c if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf") else "\ufffd" for c in text)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what the command is for


async def _lines() -> AsyncIterator[str]:
    """The lines of standard input, from a terminal or a pipe."""
    if sys.stdin.isatty():
        session: PromptSession[str] = PromptSession()
        with patch_stdout(raw=True):
            while True:
                try:
                    yield await session.prompt_async("> ")
                except (EOFError, KeyboardInterrupt):
                    return
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode(errors="replace").rstrip("\n")
