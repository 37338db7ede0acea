"""The REST API: account, sessions, rooms, members and messages."""

from collections.abc import AsyncIterator
from typing import Literal
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from hubbub.chat.forwarded import Source
from hubbub.chat.reads import Marked
from hubbub.chat.shapes import TEXT, Changes, Edit, Extra, Kind, Member, Message, Notice, Page, Rank, Room, User
from hubbub.client.accounts import given
from hubbub.client.invitations import InvitationClient
from hubbub.client.kept import KeptClient
from hubbub.client.live import Live
from hubbub.client.message_fields import as_text, in_thread, of_kind
from hubbub.client.responses import (
    Command,
    CommandAnswer,
    Commands,
    Edits,
    Health,
    Members,
    Notices,
    Rooms,
    Ticket,
    Users,
)
from hubbub.client.threads import ThreadClient
from hubbub.client.workspace import WorkspaceClient
from hubbub.errors import NotFound


class Client(ThreadClient, KeptClient, InvitationClient, WorkspaceClient):
    """One account at one server.

    `timeout` is in seconds and applies to each request. Methods raise the exceptions of `hubbub.errors`, by the `code`
    of the server's answer; Unavailable if the server cannot be reached.
    """

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()

    def live(self, since: dict[int, int] | None = None, stream: bool | int = False) -> Live:
        """A live connection, an async context manager. `since`: the last version seen, by room. `stream`: the user's
        stream too, from now on (True) or after a position."""
        return Live(self.url, lambda: self.token or "", since, stream)

    async def healthy(self) -> None:
        """Check that the URL is a Hubbub server. Raises Unavailable without an answer, NotFound for another service."""
        answer = await self._call("GET", "/healthz", Health)
        if answer.status != "ok":
            raise NotFound(f"What answers at {self.url} is no Hubbub.")

    # Rooms

    async def create_room(
        self,
        name: str | None = None,
        kind: Kind = "public",
        topic: str | None = None,
        members: list[int | str] | None = None,
        joins_as: Rank | UnsetType = UNSET,
    ) -> Room:
        """`joins_as`: the rank of members who join later; `member` if left out."""
        body = given(name=name, kind=kind, topic=topic, members=members or [], joins_as=joins_as)
        return await self._call("POST", "/api/rooms", Room, body)

    async def room(self, room: int) -> Room:
        return await self._call("GET", f"/api/rooms/{room}", Room)

    async def rooms(self, query: str = "", mine: bool = False, after: int = 0, limit: int = 200) -> Rooms:
        """A page of rooms with an id greater than `after`, by ascending id. `mine`: only those one is a member of."""
        return await self._call(
            "GET", f"/api/rooms?query={quote(query)}&mine={str(mine).lower()}&after={after}&limit={limit}", Rooms
        )

    async def all_rooms(self, query: str = "", mine: bool = False) -> AsyncIterator[Room]:
        """All rooms, requested a page at a time."""
        page = await self.rooms(query, mine)
        while True:
            for room in page:
                yield room
            if not page.has_more:
                return
            page = await self.rooms(query, mine, after=page.rooms[-1].id)

    async def change_room(
        self,
        room: int,
        *,
        name: str | UnsetType = UNSET,
        topic: str | None | UnsetType = UNSET,
        kind: Literal["public", "private"] | UnsetType = UNSET,
        archived: bool | UnsetType = UNSET,
        joins_as: Rank | UnsetType = UNSET,
    ) -> Room:
        body = given(name=name, topic=topic, kind=kind, archived=archived, joins_as=joins_as)
        return await self._call("PATCH", f"/api/rooms/{room}", Room, body)

    async def delete_room(self, room: int) -> None:
        await self._call("DELETE", f"/api/rooms/{room}", None)

    async def members(self, room: int, after: int = 0, limit: int = 200) -> list[Member]:
        found = await self._call("GET", f"/api/rooms/{room}/members?after={after}&limit={limit}", Members)
        return found.members

    async def join(self, room: int) -> Member:
        return await self._call("POST", f"/api/rooms/{room}/members", Member, {})

    async def add_member(self, room: int, user: int | str) -> Member:
        return await self._call("POST", f"/api/rooms/{room}/members", Member, {"user": user})

    async def remove_member(self, room: int, user: int) -> None:
        await self._call("DELETE", f"/api/rooms/{room}/members/{user}", None)

    async def keep_own(
        self,
        room: int,
        *,
        muted: bool | UnsetType = UNSET,
        archived: bool | UnsetType = UNSET,
        marked_unread: bool | UnsetType = UNSET,
    ) -> Member:
        """Change the caller's membership. `archived`: hidden from the list of rooms until the next message."""
        assert self.user is not None
        body = given(muted=muted, archived=archived, marked_unread=marked_unread)
        return await self._call("PATCH", f"/api/rooms/{room}/members/{self.user.id}", Member, body)

    async def set_rank(self, room: int, user: int, rank: Rank) -> Member:
        return await self._call("PATCH", f"/api/rooms/{room}/members/{user}", Member, {"rank": rank})

    # Messages

    async def send(
        self,
        content: str,
        room: int | None = None,
        to: int | str | None = None,
        key: str | None = None,
        reply_to: int | None = None,
        kind: str = TEXT,
        extra: Extra | None = None,
        thread: int | None = None,
        also_in_room: bool = False,
    ) -> Message:
        """`extra` is in the shape of the `kind`. An empty `content` is made by the server if the kind has a text.

        `thread`: the `seq` of the message in whose thread it is a reply, which `also_in_room` shows in the room, too.

        A text that begins with a slash command is sent as it is; `command` runs it.
        """
        body = {"content": content, "room": room, "to": to, "key": key, "reply_to": reply_to, **of_kind(kind, extra)}
        body |= in_thread(thread, also_in_room) | as_text(content)
        return await self._call("POST", "/api/messages", Message, body)

    async def forward(
        self,
        source: tuple[int, int],
        room: int | None = None,
        to: int | str | None = None,
        comment: str = "",
        key: str | None = None,
        thread: int | None = None,
    ) -> Message:
        """Send the text of a message, named by its room and `seq`, with its author and time; and a comment."""
        place = {"room": source[0], "seq": source[1]}
        body: dict[str, object] = {"content": comment, "room": room, "to": to, "key": key, "forward": place}
        return await self._call("POST", "/api/messages", Message, body | in_thread(thread, also_in_room=False))

    async def source(self, room: int, seq: int) -> Source:
        """Where a forwarded message came from. Raises NotFound if one may not read it there."""
        return await self._call("GET", f"/api/rooms/{room}/messages/{seq}/source", Source)

    async def command(
        self,
        text: str,
        room: int | None = None,
        to: int | str | None = None,
        key: str | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
    ) -> Message | CommandAnswer:
        """Run a slash command of the server, `/name arguments`: its answer, or the message that it posted.

        A text that is no command is sent as a message.
        """
        body: dict[str, object] = {"content": text, "room": room, "to": to, "key": key, "reply_to": reply_to}
        body |= in_thread(thread, also_in_room=False)
        message = await self._call("POST", "/api/messages", Message, body)
        if message.seq == 0 and message.extra is not None:
            return CommandAnswer(str(message.extra.get("command")), message.content)
        return message

    async def commands(self) -> list[Command]:
        """The slash commands of the server, by name."""
        return (await self._call("GET", "/api/commands", Commands)).commands

    async def history(
        self,
        room: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        since: str | None = None,
        limit: int = 50,
        threads: Literal["inline", "apart"] | None = None,
    ) -> Page:
        """A page of messages, oldest first; the last page if no position is given.

        `threads="apart"`: without the replies that are shown in their threads only.

        `before`, `after` and `around` are `seq`s; `since` is a time (RFC 3339): the messages around the first one sent
        at that time or later.
        """
        places: dict[str, object] = {"before": before, "after": after, "around": around, "since": since}
        places |= {"limit": limit, "threads": threads}
        query = "&".join(f"{name}={quote(str(value))}" for name, value in places.items() if value is not None)
        return await self._call("GET", f"/api/rooms/{room}/messages?{query}", Page)

    async def message(self, room: int, seq: int) -> Message:
        return await self._call("GET", f"/api/rooms/{room}/messages/{seq}", Message)

    async def edit(self, room: int, seq: int, content: str, kind: str = TEXT, extra: Extra | None = None) -> Message:
        """With `extra`, and the `kind` of the message, that is replaced too; not every kind allows it."""
        body = {"content": content, **of_kind(kind, extra)}
        return await self._call("PATCH", f"/api/rooms/{room}/messages/{seq}", Message, body)

    async def replies(self, room: int, seq: int, after: int = 0, limit: int = 50) -> Page:
        """The replies to a message, oldest first."""
        return await self._call("GET", f"/api/rooms/{room}/messages/{seq}/replies?after={after}&limit={limit}", Page)

    async def edits(self, room: int, seq: int) -> list[Edit]:
        return (await self._call("GET", f"/api/rooms/{room}/messages/{seq}/edits", Edits)).edits

    async def delete(self, room: int, seq: int) -> None:
        await self._call("DELETE", f"/api/rooms/{room}/messages/{seq}", None)

    async def react(self, room: int, seq: int, emoji: str, remove: bool = False) -> Message:
        path = f"/api/rooms/{room}/messages/{seq}/reactions/{quote(emoji)}"
        return await self._call("DELETE" if remove else "PUT", path, Message)

    async def reactors(self, room: int, seq: int, emoji: str, after: int = 0, limit: int = 200) -> list[User]:
        """Who reacted with this emoji, by ascending user id; a message itself names the first twenty."""
        path = f"/api/rooms/{room}/messages/{seq}/reactions/{quote(emoji)}?after={after}&limit={limit}"
        return (await self._call("GET", path, Users)).users

    async def mark_read(self, room: int, seq: int) -> Marked:
        return await self._call("PUT", f"/api/rooms/{room}/read", Marked, {"seq": seq})

    async def changes(self, room: int, since: int, limit: int = 100) -> Changes:
        return await self._call("GET", f"/api/rooms/{room}/changes?since={since}&limit={limit}", Changes)

    async def notices(
        self, room: int, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[Notice]:
        """Joins, leaves, renames and so on, oldest first. `before` and `after` are `version`s."""
        places = {"before": before, "after": after, "limit": limit}
        query = "&".join(f"{name}={value}" for name, value in places.items() if value is not None)
        return (await self._call("GET", f"/api/rooms/{room}/notices?{query}", Notices)).notices

    async def ticket(self, use: str = "socket") -> str:
        return (await self._call("POST", "/api/tickets", Ticket, {"use": use})).ticket
