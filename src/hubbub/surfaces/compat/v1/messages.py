"""`/v1/messages`, `/v1/group_chat/messages`: sending messages and listing them."""

from collections.abc import AsyncIterator
from typing import Annotated

from litestar import get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from hubbub.chat import accounts, direct, messages, rooms, timeline
from hubbub.chat.clock import Timestamp
from hubbub.chat.requests import Content
from hubbub.chat.requests import Request as Body
from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import Id, Message, Room
from hubbub.errors import InvalidInput, NotAllowed
from hubbub.surfaces.compat.cursor import CURSOR_PATTERN, format_cursor, parse_cursor
from hubbub.surfaces.compat.v1.group_chats import NOT_IN_CHAT, own_chat
from hubbub.surfaces.compat.v1.schemas import ID, Username
from hubbub.surfaces.rest.arguments import AppServices, Caller, PathId
from hubbub.surfaces.services import Services
from hubbub.surfaces.streaming import stream_list

_AT_ONCE = 200

MaybeLimit = Annotated[
    int | None, QueryParameter(ge=1, le=200, description="The number of last messages; all if left out")
]
Before = Annotated[
    str | None, QueryParameter(max_length=50, pattern=CURSOR_PATTERN, description="Messages before this one")
]


class NewMessage(Body):
    """To either a group chat, by its id, or one user, by name."""

    message: Content
    group_chat_id: Id | Annotated[str, Meta(pattern="^[1-9][0-9]{0,17}$")] | None = None
    dest_username: Username | None = None


class TextMessage(Struct):
    """Has a `group_chat_id` or, if sent to a user, a `recipient`."""

    id: Annotated[str, Meta(examples=["12-345"])]
    chat_id: int
    group_chat_id: int | None
    sender: str
    recipient: str | None
    message: str
    sent_at: Timestamp


class TextMessages(Struct):
    messages: list[TextMessage]


_LIST = {200: ResponseSpec(TextMessages, generate_examples=False, description="The messages, oldest first")}


@post("/messages", summary="Send a message", operation_id="v1SendMessage", status_code=200)
async def send(data: JSONBody[NewMessage], services: AppServices, caller: Caller) -> TextMessage:
    """To a group chat, or to one user."""
    if (data.group_chat_id is None) == (data.dest_username is None):
        raise InvalidInput("give one of group_chat_id and dest_username", "group_chat_id", "not_possible")
    if data.group_chat_id is not None:
        if isinstance(data.group_chat_id, str) and not ID.fullmatch(data.group_chat_id):
            raise InvalidInput("must be a group chat's id", "group_chat_id", "bad_format")
        room = await own_chat(services, caller, int(data.group_chat_id))
        if room.kind == "direct":
            raise NotAllowed(NOT_IN_CHAT)
        command = messages.compose(caller.user, data.message, services.limits, room.id)
        posted = (await services.store.write(command)).message
    else:
        command = messages.compose(caller.user, data.message, services.limits, to=data.dest_username)
        posted = (await services.store.write(command)).message
        room = await services.store.read(rooms.OneRoom(caller.user, posted.room))
    return _text(posted, room, own=posted.sender.username)


@get("/group_chat/messages", summary="All your messages", operation_id="v1ListMessages", responses=_LIST)
async def list_all(
    services: AppServices, caller: Caller, limit: MaybeLimit = None, before: Before = None
) -> Stream | TextMessages:
    """Of every group and P2P chat you are in, oldest first."""
    return await _list(services, caller, None, limit, before)


@get(
    "/group_chat/messages/group/{group_chat_id:str}", summary="Messages of a group chat",
    operation_id="v1ListGroupMessages", responses=_LIST,
)  # fmt: skip
async def list_group(
    group_chat_id: PathId, services: AppServices, caller: Caller, limit: MaybeLimit = None, before: Before = None
) -> Stream | TextMessages:
    """Oldest first; with `limit` only the last ones."""
    room = await own_chat(services, caller, group_chat_id)
    if room.kind == "direct":
        raise NotAllowed(NOT_IN_CHAT)
    return await _list(services, caller, room.id, limit, before)


@get(
    "/group_chat/messages/p2p/{dest_username:str}", summary="Messages between you and one other",
    operation_id="v1ListP2PMessages", responses=_LIST,
)  # fmt: skip
async def list_p2p(
    dest_username: FromPath[str], services: AppServices, caller: Caller, limit: MaybeLimit = None, before: Before = None
) -> Stream | TextMessages:
    """Oldest first; with `limit` only the last ones."""
    pair = await services.store.read(direct.Between(caller.user, dest_username))
    if pair.room is None:
        return TextMessages([])
    return await _list(services, caller, pair.room, limit, before)


async def _list(
    services: Services, caller: Identity, room: int | None, limit: int | None, before: str | None
) -> Stream | TextMessages:
    own = (await services.store.read(accounts.AccountOf(caller.user))).username
    chats = {one.id: one for one in await services.store.read(rooms.MyRooms(caller.user))}

    async def texts(found: list[Message]) -> list[TextMessage]:
        for message in found:
            if message.room not in chats:  # it began meanwhile
                chats[message.room] = await services.store.read(rooms.OneRoom(caller.user, message.room))
        return [_text(message, chats[message.room], own) for message in found]

    if limit is not None or before is not None:
        query = timeline.Timeline(caller.user, limit or _AT_ONCE, parse_cursor(before, "before"), room=room)
        return TextMessages(await texts((await services.store.read(query)).messages))

    async def batches() -> AsyncIterator[list[TextMessage]]:
        spans = None if room is None else {room: (1, chats[room].seq)}
        while spans != {}:
            await services.authenticator.identify(caller.session)
            batch = await services.store.read(timeline.NextStretch(caller.user, _AT_ONCE, spans))
            spans = batch.spans
            yield await texts(batch.messages)

    return await stream_list(b'{"messages":[', batches(), b"]}")


def _text(message: Message, room: Room, own: str) -> TextMessage:
    is_direct = room.kind == "direct"
    other = room.peer.username if room.peer is not None else None
    return TextMessage(
        id=format_cursor(message.room, message.seq),
        chat_id=message.room,
        group_chat_id=None if is_direct else message.room,
        sender=message.sender.username,
        recipient=None if not is_direct else other if message.sender.username == own else own,
        message=message.content,
        sent_at=message.at,
    )
