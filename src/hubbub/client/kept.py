"""The REST API of what a user keeps: pinned and saved messages, drafts, and the user's stream."""

from typing import Literal
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from hubbub.chat.kept_shapes import Draft, Pin, Saved, Scheduled
from hubbub.chat.shapes import Message
from hubbub.chat.stream_shapes import Entries, EntryKind
from hubbub.client.accounts import AccountClient, given
from hubbub.client.responses import ActivityPage, Drafts, Pins, SavedPage, ScheduledList


class KeptClient(AccountClient):
    """Times are RFC 3339 texts."""

    async def pins(self, room: int) -> list[Pin]:
        """The pinned messages of a room, the one pinned last first."""
        return (await self._call("GET", f"/api/rooms/{room}/pins", Pins)).pins

    async def pin(self, room: int, seq: int, on: bool = True) -> Message:
        """Pin a message, or no longer."""
        return await self._call("PUT" if on else "DELETE", f"/api/rooms/{room}/pins/{seq}", Message)

    async def saved(self, after: str | None = None, limit: int = 50) -> SavedPage:
        """A page of the messages that one saved, the latest first. `after`: `next` of a page."""
        place = "" if after is None else f"&after={quote(after)}"
        return await self._call("GET", f"/api/saved?limit={limit}{place}", SavedPage)

    async def save_message(self, room: int, seq: int, remind_at: str | None = None) -> Saved:
        """Save a message, with a reminder at a time or without one."""
        return await self._call("PUT", f"/api/saved/{room}/{seq}", Saved, given(remind_at=remind_at))

    async def forget_saved(self, room: int, seq: int) -> None:
        await self._call("DELETE", f"/api/saved/{room}/{seq}", None)

    async def activity(
        self, kind: Literal["mentions", "reactions"] = "mentions", after: int | None = None, limit: int = 50
    ) -> ActivityPage:
        """A page of messages that mention the user, or of theirs to which others reacted, the latest first.

        `after`: `next` of a page.
        """
        place = "" if after is None else f"&after={after}"
        return await self._call("GET", f"/api/activity?kind={kind}&limit={limit}{place}", ActivityPage)

    async def drafts(self) -> list[Draft]:
        """One's drafts in all rooms, the latest first."""
        return (await self._call("GET", "/api/drafts", Drafts)).drafts

    async def draft(self, room: int, thread: int | None = None) -> Draft:
        """One's draft in a room or thread. Raises NotFound if there is none."""
        return await self._call("GET", _draft(room, thread), Draft)

    async def save_draft(
        self,
        room: int,
        content: str,
        thread: int | None = None,
        reply_to: int | None = None,
        at: str | None = None,
    ) -> Draft | None:
        """Save a draft; blank `content` removes it. `at`: when it was typed. Raises Conflict if it is too late."""
        body = given(content=content, reply_to=reply_to, at=at)
        return await self._call("PUT", _draft(room, thread), Draft if content.strip() else None, body)

    async def remove_draft(self, room: int, thread: int | None = None, at: str | None = None) -> None:
        """`at`: when it was removed. Raises Conflict if a newer one is there."""
        place = "" if at is None else f"?at={quote(at)}"
        await self._call("DELETE", f"{_draft(room, thread)}{place}", None)

    async def scheduled(self) -> list[Scheduled]:
        """One's scheduled messages, the next first."""
        return (await self._call("GET", "/api/scheduled", ScheduledList)).scheduled

    async def schedule(
        self,
        room: int,
        content: str,
        at: str,
        thread: int | None = None,
        also_in_room: bool = False,
        reply_to: int | None = None,
    ) -> Scheduled:
        """Have a message sent at a time."""
        place = given(thread=thread, also_in_room=also_in_room, reply_to=reply_to)
        return await self._call(
            "POST", "/api/scheduled", Scheduled, {"room": room, "content": content, "at": at, **place}
        )

    async def change_scheduled(
        self, message: int, content: str | UnsetType = UNSET, at: str | UnsetType = UNSET
    ) -> Scheduled:
        """Change its text, its time, or both. Raises NotFound if it has been sent."""
        return await self._call("PATCH", f"/api/scheduled/{message}", Scheduled, given(content=content, at=at))

    async def send_scheduled(self, message: int) -> Scheduled:
        """Have it sent at once, before its time or after it failed. Raises NotFound if it has been sent."""
        return await self._call("POST", f"/api/scheduled/{message}/send", Scheduled)

    async def drop_scheduled(self, message: int) -> None:
        await self._call("DELETE", f"/api/scheduled/{message}", None)

    async def stream(self, after: int | None = None, kind: EntryKind | None = None, limit: int = 50) -> Entries:
        """What changed for the user after a position of their stream; without one, only the present position."""
        places = {"after": after, "kind": kind, "limit": limit}
        query = "&".join(f"{name}={value}" for name, value in places.items() if value is not None)
        return await self._call("GET", f"/api/stream?{query}", Entries)


def _draft(room: int, thread: int | None) -> str:
    return f"/api/drafts/{room}" if thread is None else f"/api/drafts/{room}/{thread}"
