"""Threads: read one, follow it, mark it as read, and the list of those one follows."""

from typing import Annotated

from litestar import Router, delete, get, put
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from hubbub.chat import following, requests, thread_history
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.thread_shapes import FollowedThread, ThreadPage, ThreadReader
from hubbub.surfaces.rest.arguments import AppServices, Caller, Limit, PathId
from hubbub.surfaces.rest.place_parameter import Place, place_of, shown_place

Seq = Annotated[int | None, QueryParameter(ge=0, le=LARGEST_ID, description="A message's `seq`")]


class Threads(Struct, omit_defaults=True):
    """`next`: give it as `after` for the page that follows. Absent at the end. `unread`: how many of all threads that
    the caller follows have unread replies; it stops at 1,000."""

    threads: list[FollowedThread]
    has_more: bool
    unread: int
    next: str | None = None


@get("/api/rooms/{room:str}/messages/{seq:str}/thread", summary="Read a thread", operation_id="getThread")
async def one_thread(
    room: PathId,
    seq: PathId,
    services: AppServices,
    caller: Caller,
    before: Seq = None,
    after: Seq = None,
    limit: Limit = 50,
) -> ThreadPage:
    """Its root and replies, oldest first. Without a position: the last replies."""
    return await services.store.read(
        thread_history.ThreadHistory(caller.user, room, seq, limit, before=before, after=after)
    )


@put("/api/rooms/{room:str}/threads/{seq:str}/read", summary="Mark a thread as read", operation_id="markThreadRead")
async def mark_read(
    room: PathId, seq: PathId, data: JSONBody[requests.MarkRead], services: AppServices, caller: Caller
) -> ThreadReader:
    """Up to and with `seq`. It never moves back, and leaves the read marker of the room where it is."""
    return await services.store.write(following.MarkThreadRead(caller.user, room, seq, data.seq))


@put("/api/rooms/{room:str}/threads/{seq:str}/follow", summary="Follow a thread", operation_id="followThread")
async def follow(room: PathId, seq: PathId, services: AppServices, caller: Caller) -> ThreadReader:
    """From here on: what was said before is not unread. Doing it again changes nothing."""
    return await services.store.write(following.FollowThread(caller.user, room, seq, on=True))


@delete(
    "/api/rooms/{room:str}/threads/{seq:str}/follow",
    summary="Stop following a thread",
    operation_id="unfollowThread",
    status_code=200,
)
async def unfollow(room: PathId, seq: PathId, services: AppServices, caller: Caller) -> ThreadReader:
    """Until you write in it or are mentioned there. Doing it again changes nothing."""
    return await services.store.write(following.FollowThread(caller.user, room, seq, on=False))


@get("/api/threads", summary="Threads that you follow", operation_id="listThreads")
async def list_threads(
    services: AppServices, caller: Caller, unread: FromQuery[bool] = False, after: Place = None, limit: Limit = 50
) -> Threads:
    """In all rooms, the latest reply first, without threads that have no replies yet. `unread`: only those with unread
    replies."""
    found = await services.store.read(thread_history.ListFollowed(caller.user, limit, unread, place_of(after)))
    return Threads(found.threads, found.next is not None, found.unread, shown_place(found.next))


router = Router("/", route_handlers=[one_thread, mark_read, follow, unfollow, list_threads], tags=["Threads"])
