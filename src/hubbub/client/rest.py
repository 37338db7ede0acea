"""The REST API: account, sessions, rooms, members and messages."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Literal
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from hubbub.chat.reads import Marked
from hubbub.chat.shapes import Changes, Edit, Kind, Member, Message, Notice, Page, Profile, Rank, Room, Session, User
from hubbub.client.live import Live
from hubbub.client.responses import Edits, Health, Members, Notices, Rooms, Sessions, SignedIn, Ticket, Users
from hubbub.client.transport import Shape, Transport
from hubbub.errors import NotFound


def _given(**fields: object) -> dict[str, object]:
    """The fields that are not UNSET: the server leaves the others unchanged."""
    return {name: value for name, value in fields.items() if value is not UNSET}


class Client:
    """One account at one server.

    `timeout` is in seconds and applies to each request. Methods raise the exceptions of `hubbub.errors`, by the `code`
    of the server's answer; Unavailable if the server cannot be reached.
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.user: User | None = None
        self.session: int | None = None
        self._transport = Transport(self.url, timeout)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()

    def live(self, since: dict[int, int] | None = None) -> Live:
        """A live connection, an async context manager. `since`: the last version seen, by room."""
        return Live(self.url, lambda: self.token or "", since)

    async def healthy(self) -> None:
        """Check that the URL is a Hubbub server. Raises Unavailable without an answer, NotFound for another service."""
        answer = await self._call("GET", "/healthz", Health)
        if answer.status != "ok":
            raise NotFound(f"What answers at {self.url} is no Hubbub.")

    # Account and sessions

    async def register(self, username: str, password: str, display_name: str | None = None) -> User:
        body = {"username": username, "password": password, "display_name": display_name}
        return await self._call("POST", "/api/users", User, body)

    async def sign_in(self, username: str, password: str, device: str | None = None) -> User:
        answer = await self._call(
            "POST", "/api/login", SignedIn, {"username": username, "password": password, "device": device}
        )
        self.token, self.user, self.session = answer.token, answer.user, answer.session
        return answer.user

    async def sign_out(self) -> None:
        await self._call("POST", "/api/logout", None)
        self.token = None

    async def sessions(self) -> list[Session]:
        return (await self._call("GET", "/api/sessions", Sessions)).sessions

    async def end_session(self, session: int) -> None:
        await self._call("DELETE", f"/api/sessions/{session}", None)

    async def profile(self) -> Profile:
        return await self._call("GET", "/api/users/me", Profile)

    async def change_profile(
        self,
        *,
        display_name: str | UnsetType = UNSET,
        avatar: str | None | UnsetType = UNSET,
        status_text: str | None | UnsetType = UNSET,
        time_zone: str | None | UnsetType = UNSET,
        locale: str | None | UnsetType = UNSET,
    ) -> Profile:
        """Arguments left out stay unchanged; None clears a field."""
        body = _given(
            display_name=display_name, avatar=avatar, status_text=status_text, time_zone=time_zone, locale=locale
        )
        return await self._call("PATCH", "/api/users/me", Profile, body)

    async def set_avatar(self, picture: bytes) -> Profile:
        """`picture`: a PNG, JPEG or WebP file. The server crops it to a square of at most 256 pixels a side."""
        return await self._call("PUT", "/api/users/me/avatar", Profile, {"image": b64encode(picture).decode()})

    async def change_password(self, current: str, new: str) -> None:
        """Change the password and end every other session. `token` and `session` become those of a new session."""
        answer = await self._call("PUT", "/api/users/me/password", SignedIn, {"current": current, "new": new})
        self.token, self.user, self.session = answer.token, answer.user, answer.session

    async def close_account(self, password: str) -> None:
        await self._call("DELETE", "/api/users/me", None, {"password": password})

    async def users(self, query: str = "", online: bool = False, after: int = 0, limit: int = 50) -> list[User]:
        found = await self._call(
            "GET", f"/api/users?query={quote(query)}&online={str(online).lower()}&after={after}&limit={limit}", Users
        )
        return found.users

    async def changed_users(self, since: str, after: int = 0, limit: int = 200) -> list[User]:
        """Users whose name, avatar or status text changed since a time (RFC 3339), closed accounts included."""
        path = f"/api/users/changed?since={quote(since)}&after={after}&limit={limit}"
        return (await self._call("GET", path, Users)).users

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
        body = _given(name=name, kind=kind, topic=topic, members=members or [], joins_as=joins_as)
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
        body = _given(name=name, topic=topic, kind=kind, archived=archived, joins_as=joins_as)
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
        body = _given(muted=muted, archived=archived, marked_unread=marked_unread)
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
    ) -> Message:
        body = {"content": content, "room": room, "to": to, "key": key, "reply_to": reply_to}
        return await self._call("POST", "/api/messages", Message, body)

    async def history(
        self,
        room: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        since: str | None = None,
        limit: int = 50,
    ) -> Page:
        """A page of messages, oldest first; the last page if no position is given.

        `before`, `after` and `around` are `seq`s; `since` is a time (RFC 3339): the messages around the first one sent
        at that time or later.
        """
        places = {"before": before, "after": after, "around": around, "since": since, "limit": limit}
        query = "&".join(f"{name}={quote(str(value))}" for name, value in places.items() if value is not None)
        return await self._call("GET", f"/api/rooms/{room}/messages?{query}", Page)

    async def message(self, room: int, seq: int) -> Message:
        return await self._call("GET", f"/api/rooms/{room}/messages/{seq}", Message)

    async def edit(self, room: int, seq: int, content: str) -> Message:
        return await self._call("PATCH", f"/api/rooms/{room}/messages/{seq}", Message, {"content": content})

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

    async def _call(self, method: str, path: str, shape: type[Shape] | None, body: object = None) -> Shape:
        return await self._transport.call(method, path, shape, body, self.token)
