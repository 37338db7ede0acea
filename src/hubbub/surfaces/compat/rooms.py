"""The rooms interface: public rooms that any signed-in user reads, writes and follows, and messages to one user."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter
from litestar.response import Stream
from litestar.types import ASGIApp
from msgspec import Meta, Struct

from hubbub.chat import history, messages, rooms
from hubbub.chat.messages import Posted
from hubbub.chat.requests import Content, RoomName, SendMessage, Who
from hubbub.chat.requests import Request as Body
from hubbub.chat.shapes import Key, Message, Page
from hubbub.chat.timeline import Timeline
from hubbub.surfaces.absolute_url import absolute_url
from hubbub.surfaces.compat.cursor import CURSOR_PATTERN, parse_cursor
from hubbub.surfaces.feeds.long_poll import News
from hubbub.surfaces.feeds.source import InboxSource, RoomSource
from hubbub.surfaces.feeds.subscribe import LONGEST_WAIT, Addresses, subscribe
from hubbub.surfaces.rest.arguments import AppServices, Caller, Limit, PathId
from hubbub.surfaces.rest.conditional import ApiRequest
from hubbub.surfaces.rest.idempotency import Keyed, key_of
from hubbub.surfaces.rest.messages import Seq, as_message, mark_delivered
from hubbub.surfaces.rest.responses import ok_if_existing
from hubbub.surfaces.streaming import stream_list

TAG = "Rooms and subscriptions"
_AT_ONCE = 200

MessageId = Annotated[
    str | None,
    QueryParameter(max_length=50, description="A message's room and `seq`: `12-345`", pattern=CURSOR_PATTERN),
]
Wait = Annotated[int | None, QueryParameter(ge=0, le=LONGEST_WAIT, description="Long poll: how many seconds to wait")]
From = Annotated[str | None, QueryParameter(max_length=60, description="Begin at a position of this feed")]
_NEWS = {
    200: ResponseSpec(
        News,
        generate_examples=False,
        description="New messages (or, with `Accept: text/event-stream`, the stream of them)",
    ),
    202: ResponseSpec(
        Addresses,
        generate_examples=False,
        description="The addresses of the feed, if none of the three ways was requested",
    ),
    204: ResponseSpec(
        None, generate_examples=False, description="No new messages; the `Link` header has the next address"
    ),
}


class NewRoom(Body):
    name: RoomName


class ChatRoom(Struct, rename="camel"):
    room_id: Annotated[int, Meta(examples=[1])]
    name: Annotated[str, Meta(examples=["general"])]


class DirectMessage(Body):
    to: Who
    content: Content
    key: Key | None = None


@get(
    "/rooms", summary="All rooms", operation_id="listChatRooms",
    responses={200: ResponseSpec(list[ChatRoom], generate_examples=False, description="Every public room")},
)  # fmt: skip
async def list_rooms(services: AppServices, caller: Caller) -> Stream:
    """By ascending id."""

    async def batches() -> AsyncIterator[list[ChatRoom]]:
        after = 0
        while found := await services.store.read(rooms.PublicRooms(caller.user, "", after, _AT_ONCE)):
            yield [ChatRoom(room.id, room.name or "") for room in found]
            after = found[-1].id

    return await stream_list(b"[", batches(), b"]")


@post("/rooms", summary="Create a room", operation_id="createChatRoom")
async def create_room(
    data: JSONBody[NewRoom], request: Request[object, object, State], services: AppServices, caller: Caller
) -> Response[ChatRoom]:
    """`Location` is the absolute address of the new room."""
    made = await services.store.write(rooms.CreateRoom(caller.user, "public", services.limits, data.name))
    room = ChatRoom(made.room.id, made.room.name or "")
    return Response(room, headers={"Location": absolute_url(request, services, f"/room/{room.room_id}")})


@get("/room/{room:str}", summary="One room", operation_id="getChatRoom")
async def one_room(room: PathId, services: AppServices, caller: Caller) -> ChatRoom:
    """Public rooms are visible to any signed-in user."""
    found = await services.store.read(rooms.OneRoom(caller.user, room))
    return ChatRoom(found.id, found.name or "")


@get("/room/{room:str}/messages", summary="Messages of a room", operation_id="listChatRoomMessages")
async def list_messages(
    room: PathId, services: AppServices, caller: Caller, before: Seq = None, after: Seq = None, limit: Limit = 50
) -> Page:
    """Oldest first. Without a position: the last ones."""
    page = await services.store.read(history.History(caller.user, room, limit, before, after))
    return mark_delivered(services, caller.user, page)


@post(
    "/room/{room:str}/messages",
    summary="Post in a room",
    operation_id="postChatRoomMessage",
    responses=ok_if_existing(Message),
    operation_class=Keyed,
)
async def post_message(
    room: PathId, data: JSONBody[SendMessage], services: AppServices, caller: Caller, request: ApiRequest
) -> Response[Message]:
    """Membership is not needed. With a `key` a retry is safe: 200 and the message first stored."""
    key = key_of(request, data.key)
    command = messages.compose(
        caller.user,
        data.content,
        services.limits,
        room,
        key=key,
        reply_to=data.reply_to,
        kind=data.kind,
        extra=data.extra,
        kinds=services.kinds,
    )
    return _posted(await services.store.write(command))


@get("/room/{room:str}/subscribe", summary="Follow a room", operation_id="subscribeChatRoom", responses=_NEWS)
async def subscribe_room(
    room: PathId,
    request: Request[object, object, State],
    services: AppServices,
    caller: Caller,
    wait: Wait = None,
    after: From = None,
) -> ASGIApp:
    """As server-sent events (`Accept: text/event-stream`, resumed with `Last-Event-ID`), by long polling (`wait`,
    resumed with `after`) or over a WebSocket at this address. New messages, and every change of one; from a position on
    if one is given.
    """
    return await subscribe(request, services, caller, RoomSource(services, caller.user, room), wait, after)


@get("/messages", summary="Messages to you", operation_id="listDirectMessages")
async def list_direct(
    services: AppServices, caller: Caller, before: MessageId = None, after: MessageId = None, limit: Limit = 50
) -> Page:
    """Direct messages to you, oldest first: the last ones, or those before or after a message."""
    query = Timeline(caller.user, limit, parse_cursor(before, "before"), parse_cursor(after, "after"), received=True)
    page = await services.store.read(query)
    for message in page.messages:
        services.receipts.fetched(caller.user, message.room, message.seq)
    return page


@post(
    "/messages",
    summary="Send to a user",
    operation_id="postDirectMessage",
    responses=ok_if_existing(Message),
    operation_class=Keyed,
)
async def post_direct(
    data: JSONBody[DirectMessage], services: AppServices, caller: Caller, request: ApiRequest
) -> Response[Message]:
    """The message goes to the direct room of the two. With a `key` a retry is safe."""
    key = key_of(request, data.key)
    command = messages.compose(caller.user, data.content, services.limits, to=data.to, key=key)
    return _posted(await services.store.write(command))


@get("/messages/subscribe", summary="Follow messages to you", operation_id="subscribeDirectMessages", responses=_NEWS)
async def subscribe_direct(
    request: Request[object, object, State],
    services: AppServices,
    caller: Caller,
    wait: Wait = None,
    after: From = None,
) -> ASGIApp:
    """In the same three ways as a room's feed."""
    return await subscribe(request, services, caller, InboxSource(services, caller.user), wait, after)


def _posted(posted: Posted) -> Response[Any]:
    return Response(as_message(posted.message), status_code=201 if posted.created else 200)


router = Router(
    "/",
    route_handlers=[
        list_rooms,
        create_room,
        one_room,
        list_messages,
        post_message,
        subscribe_room,
        list_direct,
        post_direct,
        subscribe_direct,
    ],
    tags=[TAG],
)
