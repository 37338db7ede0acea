"""Messages: send, history, edit, delete, react; also the short form under `/api/messages`."""

from typing import Annotated, Any, Literal

from litestar import Response, Router, delete, get, patch, post
from litestar.params import JSONBody, QueryParameter

from hubbub.chat import forwarding, history, messages, requests
from hubbub.chat.forwarded import Source
from hubbub.chat.messages import Posted, PostMessage
from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import LARGEST_ID, TEXT, Message, Page
from hubbub.chat.structs import with_fields_of
from hubbub.errors import InvalidInput, NotAllowed, NotFound
from hubbub.surfaces import slash_commands
from hubbub.surfaces.rest.arguments import AppServices, Caller, Limit, PathId
from hubbub.surfaces.rest.conditional import NOT_MODIFIED, ApiRequest, with_etag
from hubbub.surfaces.rest.idempotency import Keyed, key_of
from hubbub.surfaces.rest.missing import NOTHING, Missing, found
from hubbub.surfaces.rest.responses import Edits, sent
from hubbub.surfaces.rest.time_parameter import OptionalTimeParameter, epoch_ms
from hubbub.surfaces.services import Services

Position = Annotated[int, QueryParameter(ge=0, le=LARGEST_ID, description="A message's `seq`")]
ThreadsInHistory = Annotated[
    Literal["inline", "apart"],
    QueryParameter(
        description="Whether replies in threads are among the messages, or left out where they are shown there only"
    ),
]
Seq = Annotated[int | None, QueryParameter(ge=0, le=LARGEST_ID, description="A message's `seq`")]


@post(
    "/api/rooms/{room:str}/messages",
    summary="Send a message",
    operation_id="sendMessage",
    responses=sent(Message),
    operation_class=Keyed,
)
async def send(
    room: PathId,
    data: JSONBody[requests.SendMessage],
    services: AppServices,
    caller: Caller,
    request: ApiRequest,
) -> Response[Any]:
    """Stored when answered. With a `key` a retry is safe: 200 and the message first stored.

    A text that begins with a slash command runs it (see `GET /api/commands`), unless it is sent `as_text`: 201 and the
    message that the command posted, or 202 and its answer as a message that is not stored, with the `seq` 0.

    `forward` sends the text of a message that the caller may read, with its author and time.
    """
    command = await _composed(services, caller, request, data, room, None)
    return await _send(services, command, data.as_text)


@post(
    "/api/messages",
    summary="Send to a room or a person",
    operation_id="sendMessageTo",
    responses=sent(Message),
    operation_class=Keyed,
)
async def send_to(
    data: JSONBody[requests.SendMessageTo], services: AppServices, caller: Caller, request: ApiRequest
) -> Response[Any]:
    """Give `room`, or `to`: a user's name or id, whose direct room with you is found or created.

    Slash commands are run as in `POST /api/rooms/{room}/messages`.
    """
    command = await _composed(services, caller, request, data, data.room, data.to)
    return await _send(services, command, data.as_text)


@get("/api/rooms/{room:str}/messages", summary="Read history", operation_id="listMessages")
async def list_messages(
    room: PathId,
    services: AppServices,
    caller: Caller,
    before: Seq = None,
    after: Seq = None,
    around: Seq = None,
    since: OptionalTimeParameter = None,
    limit: Limit = 50,
    threads: ThreadsInHistory = "inline",
) -> Page:
    """Oldest first. Without a position: the last messages. With `since`: around the first one sent then or later.

    `threads=apart` leaves out replies that are shown in their threads only.
    """
    at = None if since is None else epoch_ms(since, "since")
    page = await services.store.read(
        history.History(caller.user, room, limit, before, after, around, at, True, in_room=threads == "apart")
    )
    return mark_delivered(services, caller.user, page)


@get("/api/messages/{room:str}", summary="Read history, short form", operation_id="listMessagesShort")
async def list_messages_short(
    room: PathId,
    services: AppServices,
    caller: Caller,
    before: Seq = None,
    after: Seq = None,
    around: Seq = None,
    limit: Limit = 50,
    threads: ThreadsInHistory = "inline",
) -> Page:
    """The same as `/api/rooms/{room}/messages`."""
    page = await services.store.read(
        history.History(caller.user, room, limit, before, after, around, with_notices=True, in_room=threads == "apart")
    )
    return mark_delivered(services, caller.user, page)


@get(
    "/api/rooms/{room:str}/messages/{seq:str}", summary="One message", operation_id="getMessage", responses=NOT_MODIFIED
)
async def one_message(
    room: PathId, seq: PathId, request: ApiRequest, services: AppServices, caller: Caller
) -> Response[Message]:
    """The answer has an `ETag`; with `If-None-Match` it is 304 as long as nothing has changed."""
    return with_etag(request, await services.store.read(history.OneMessage(caller.user, room, seq)))


@get(
    "/api/rooms/{room:str}/messages/{seq:str}/source",
    summary="Where a forwarded message came from",
    operation_id="getSource",
    responses=NOTHING,
)
async def source(
    room: PathId, seq: PathId, services: AppServices, caller: Caller, missing: Missing = "error"
) -> Response[Source | None]:
    """For those who may read it there; 404 for all others, as for a source that was deleted.

    With `missing=empty`, 204 in place of 404.
    """
    return await found(services.store.read(forwarding.SourceOf(caller.user, room, seq)), "no_source", missing)


@patch("/api/rooms/{room:str}/messages/{seq:str}", summary="Edit your message", operation_id="editMessage")
async def edit(
    room: PathId, seq: PathId, data: JSONBody[requests.EditMessage], services: AppServices, caller: Caller
) -> Message:
    """Only its sender may. The previous content is kept: see `edits`."""
    command = messages.amend(
        caller.user, room, seq, data.content, services.limits, kind=data.kind, extra=data.extra, kinds=services.kinds
    )
    return as_message(await services.store.write(command))


@get("/api/rooms/{room:str}/messages/{seq:str}/edits", summary="Previous contents", operation_id="listEdits")
async def list_edits(room: PathId, seq: PathId, services: AppServices, caller: Caller) -> Edits:
    """For everybody who may read the message. Oldest first."""
    return Edits(await services.store.read(history.Edits(caller.user, room, seq)))


@get("/api/rooms/{room:str}/messages/{seq:str}/replies", summary="Replies to a message", operation_id="listReplies")
async def list_replies(
    room: PathId, seq: PathId, services: AppServices, caller: Caller, after: Position = 0, limit: Limit = 50
) -> Page:
    """Messages whose `reply_to` it is, oldest first; those after `after`, a `seq`."""
    return await services.store.read(history.Replies(caller.user, room, seq, after, limit))


@delete(
    "/api/rooms/{room:str}/messages/{seq:str}",
    summary="Delete a message",
    operation_id="deleteMessage",
    status_code=204,
)
async def delete_message(room: PathId, seq: PathId, services: AppServices, caller: Caller) -> None:
    """Your own, or anybody's as a moderator. A tombstone with its `seq` remains."""
    await services.store.write(messages.DeleteMessage(caller.user, room, seq))


def mark_delivered(services: Services, user: int, page: Page) -> Page:
    """Mark the messages of a page as delivered to the user who fetched it."""
    if page.messages:
        services.receipts.fetched(user, page.messages[-1].room, page.messages[-1].seq)
    return page


async def _composed(
    services: Services,
    caller: Identity,
    request: ApiRequest,
    data: requests.SendMessage | requests.SendMessageTo,
    room: int | None,
    to: requests.Who | None,
) -> PostMessage:
    key = key_of(request, data.key)
    if data.forward is None:
        return messages.compose(
            caller.user,
            data.content,
            services.limits,
            room,
            to,
            key,
            data.reply_to,
            thread=data.thread,
            also_in_room=data.also_in_room,
            kind=data.kind,
            extra=data.extra,
            kinds=services.kinds,
        )
    if data.kind != TEXT or data.extra is not None:
        raise InvalidInput("a forwarded message has a kind of its own", "kind", "not_possible")
    return forwarding.compose(
        await _original(services, caller, data.forward, room, to, key),
        caller.user,
        data.content,
        services.limits,
        room,
        to,
        key,
        data.reply_to,
        thread=data.thread,
        also_in_room=data.also_in_room,
    )


async def _original(
    services: Services,
    caller: Identity,
    forward: requests.MessagePlace,
    room: int | None,
    to: requests.Who | None,
    key: str | None,
) -> forwarding.Original:
    try:
        return await services.store.read(forwarding.OriginalOf(caller.user, forward.room, forward.seq))
    except (NotFound, NotAllowed):
        # It may have been sent before the original went.
        sent = None
        if key is not None:
            sent = await services.store.read(forwarding.ForwardedBefore(caller.user, room, to, key))
        if sent is None:
            raise
        return sent


async def _send(services: Services, command: PostMessage, as_text: bool) -> Response[Any]:
    if services.commands is not None:
        text = slash_commands.command_in(services, command, as_text)
        if text is not None:
            result = await slash_commands.run(text, command, services)
            if isinstance(result, str):
                answer = await slash_commands.as_message(text, result, command, services)
                return Response(answer, status_code=202)
            return _answer(result)
    return _answer(await services.store.write(command))


def _answer(posted: Posted) -> Response[Message]:
    message = posted.message
    return Response(
        as_message(message),
        status_code=201 if posted.created else 200,
        headers={"Location": f"/api/rooms/{message.room}/messages/{message.seq}"},
    )


def as_message(message: Message) -> Message:
    """The message of a MessageEvent, without the event's `type`."""
    return with_fields_of(Message, message)


router = Router(
    "/",
    route_handlers=[
        send,
        send_to,
        list_messages,
        list_messages_short,
        one_message,
        source,
        edit,
        list_edits,
        list_replies,
        delete_message,
    ],
    tags=["Messages"],
)
