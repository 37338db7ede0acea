"""`hubbub chat`: a chat client for the terminal."""

import asyncio
import sys
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, PresenceEvent, RoomEvent, UserEvent
from hubbub.chat.shapes import Message, Room, User
from hubbub.client.live import Live
from hubbub.client.notice_text import notice_text
from hubbub.client.responses import Command
from hubbub.client.rest import Client
from hubbub.client.terminal_sign_in import authenticate
from hubbub.client.terminal_text import say, shown
from hubbub.client.wire import Connected, Disconnected, Resync
from hubbub.errors import HubbubError, InvalidInput, NotFound

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


async def talk(
    url: str, username: str | None, new: bool, invitation: str | None = None, setup_token: str | None = None
) -> None:
    """Sign in, or register if `new`, and run until the end of input. Raises HubbubError.

    `invitation`: the code or link of one, to register with it or to join its rooms.
    """
    async with Client(url) as client:
        # Before a password is asked for.
        await client.healthy()
        lines = _lines()
        await authenticate(client, username, new, lines, invitation, setup_token)
        async with client.live() as live:
            await live.ready()
            terminal = _Terminal(client, live, await client.commands())
            # Now that what others write is shown.
            say("Signed in. /help tells what you can do.")
            events = asyncio.create_task(terminal.show_events())
            commands = asyncio.create_task(terminal.run_commands(lines))
            done, rest = await asyncio.wait({events, commands}, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            for task in done:
                task.result()


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
                        say("* connected again")
                    self._lost = False
                case MessageEvent():
                    mark = " (deleted)" if event.deleted else " (edited)" if event.edited_at else ""
                    await self._load_room(event.room)
                    self._here = self._here or event.room
                    say(f"{self._line(event)}{mark}")
                case NoticeEvent():
                    say(f"* {self._name(event.room)}: {shown(notice_text(event))}")
                case MemberEvent(rank="owner" | "moderator" as rank):
                    say(f"* {self._name(event.room)}: {shown(event.user.username)} is {rank}")
                case RoomEvent():
                    self._rooms[event.id] = event
                case PresenceEvent():
                    pass
                case UserEvent():
                    self._user_changed(event.user)
                case Disconnected():
                    self._lost = True
                    say(f"* connection lost: {shown(event.reason)} Coming back.")
                case Resync():
                    say(f"* much has happened in {self._name(event.room)}")

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
                say(f"! {error}")

    async def _run(self, command: str, argument: str, line: str) -> None:
        match command:
            case "/help":
                say("\n".join([_HELP, *(f"  {shown(text)}" for text in self._commands.values())]))
            case "/rooms":
                for room in await self._listed_rooms():
                    self._rooms[room.id] = room
                    unread = f", {room.me.unread} unread" if room.me and room.me.unread else ""
                    say(f"  {self._name(room.id)} ({room.kind}{unread})")
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
                    say(f"  {shown(member.user.username)} ({member.rank}, {member.user.status})")
            case "/reply" if self._here is not None:
                number, _, text = argument.partition(" ")
                await self._live.send(text, room=self._here, thread=_number(number, command))
            case "/pin" | "/unpin" if self._here is not None:
                await self._client.pin(self._here, _number(argument, command), on=command == "/pin")
            case "/pins" if self._here is not None:
                for pin in await self._client.pins(self._here):
                    say(f"  {self._line(pin.message)}")
            case "/save" if self._here is not None:
                await self._client.save_message(self._here, _number(argument, command))
            case "/forget" if self._here is not None:
                await self._client.forget_saved(self._here, _number(argument, command))
            case "/saved":
                for saved in (await self._client.saved()).saved:
                    if saved.message is not None:
                        await self._load_room(saved.room)
                        say(f"  {self._line(saved.message)}")
            case "/status":
                await self._set_status(argument)
            case _ if command.startswith("/") and not command.startswith("//") and command not in self._commands:
                say(f"! There is no {command} here. /help tells what there is.")
            case _ if self._here is None:
                say("! You are in no room yet: /join one, or /dm somebody.")
            case _ if command in self._commands:
                if answer := (await self._live.command(line.strip(), room=self._here)).answer:
                    say(f"* {shown(answer)}")
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
        say(f"* your status: {shown(argument)}" if argument else "* you have no status now")

    async def _listed_rooms(self) -> list[Room]:
        found = {room.id: room async for room in self._client.all_rooms()}
        found |= {room.id: room async for room in self._client.all_rooms(mine=True)}
        return list(found.values())

    async def _open(self, room: Room) -> None:
        self._here = room.id
        self._rooms[room.id] = room
        say(f"* you are in {self._name(room.id)}")
        page = await self._client.history(room.id, limit=10)
        lines = [(message.seq, 0, self._line(message)) for message in page.messages]
        lines += [
            (notice.after_seq, notice.version, f"* {self._name(room.id)}: {shown(notice_text(notice))}")
            for notice in page.notices
        ]
        for _, _, line in sorted(lines):
            say(line)

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
        say(f"* {shown(user.username)} is {shown(user.display_name)}{about}")

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
