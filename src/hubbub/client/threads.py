"""The REST API: threads."""

from urllib.parse import quote

from hubbub.chat.thread_shapes import ThreadPage, ThreadReader
from hubbub.client.accounts import AccountClient
from hubbub.client.responses import FollowedThreads


class ThreadClient(AccountClient):
    """A thread is named by its room and the `seq` of its root."""

    async def thread(
        self, room: int, root: int, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> ThreadPage:
        """The message that the thread is about, and replies, oldest first; the last ones if no position is given."""
        places = {"before": before, "after": after, "limit": limit}
        query = "&".join(f"{name}={value}" for name, value in places.items() if value is not None)
        return await self._call("GET", f"/api/rooms/{room}/messages/{root}/thread?{query}", ThreadPage)

    async def mark_thread_read(self, room: int, root: int, seq: int) -> ThreadReader:
        """Up to and with a reply. The read marker of the room stays where it is."""
        return await self._call("PUT", f"/api/rooms/{room}/threads/{root}/read", ThreadReader, {"seq": seq})

    async def follow_thread(self, room: int, root: int, follow: bool = True) -> ThreadReader:
        """Follow the thread from here on, or do so no longer."""
        path = f"/api/rooms/{room}/threads/{root}/follow"
        return await self._call("PUT" if follow else "DELETE", path, ThreadReader)

    async def threads(self, unread: bool = False, after: str | None = None, limit: int = 50) -> FollowedThreads:
        """A page of the threads that one follows, in all rooms, the latest reply first. `after`: `next` of a page."""
        place = "" if after is None else f"&after={quote(after)}"
        path = f"/api/threads?unread={str(unread).lower()}&limit={limit}{place}"
        return await self._call("GET", path, FollowedThreads)
