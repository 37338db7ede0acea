"""The conversations interface: direct rooms for two, private rooms for groups, with receipts and archiving."""

from typing import Annotated, Literal

from litestar import Response, Router, get, patch, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.chat import accounts, members, messages, reads, receipts, rooms
from hubbub.chat.clock import Timestamp
from hubbub.chat.reads import Marked
from hubbub.chat.requests import Content, MarkRead, RoomName, Who
from hubbub.chat.requests import Request as Body
from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import LARGEST_ID, Key, Message, Receipt, Room
from hubbub.chat.structs import with_fields_of
from hubbub.errors import NotFound
from hubbub.surfaces.compat.conversation_queries import (
    ConversationIds,
    ConversationState,
    CreateConversation,
    ReadConversation,
    ReadConversations,
)
from hubbub.surfaces.compat.sign_in import TAG, Person, person
from hubbub.surfaces.rest.arguments import After, AppServices, Caller, Limit, PathId, Query
from hubbub.surfaces.rest.conditional import ApiRequest
from hubbub.surfaces.rest.idempotency import Keyed, key_of
from hubbub.surfaces.rest.messages import mark_delivered
from hubbub.surfaces.rest.responses import ok_if_existing
from hubbub.surfaces.services import Services

_AT_ONCE = 20
Position = Annotated[int | None, QueryParameter(ge=0, le=LARGEST_ID, description="A message's `seq`")]


class StartConversation(Body):
    """With one participant, the conversation of the two; with more, a group, which may have a name."""

    participants: Annotated[list[Who], Meta(min_length=1, max_length=200, examples=[["bob", "carol"]])]
    name: RoomName | None = None


class ChangeConversation(Body):
    """For the caller only. `archived`: hidden from the list until the next message, or for good if muted."""

    archived: bool | UnsetType = UNSET
    muted: bool | UnsetType = UNSET


class SendToConversation(Body):
    content: Content
    key: Key | None = None


class People(Struct):
    users: list[Person]
    has_more: bool


class SentMessage(Message, omit_defaults=True):
    """For its sender, with how far it was delivered: to all others, and in groups to how many."""

    status: Literal["sent", "delivered", "read"] | None = None
    delivered_to: int | None = None
    read_by: int | None = None


class Conversation(Struct):
    """`participants` has the first fifty of `participant_count`."""

    id: int
    name: str | None
    participants: list[Person]
    participant_count: int
    created_at: Timestamp
    unread: int
    archived: bool
    muted: bool
    last_message: SentMessage | None


class ConversationList(Struct):
    conversations: list[Conversation]


class ConversationPage(Struct):
    """Messages oldest first. `has_more`: there are more in the direction asked for."""

    conversation: Conversation
    messages: list[SentMessage]
    has_more: bool


@get("/users", summary="All users", operation_id="listPeople")
async def list_people(
    services: AppServices, caller: Caller, text: Query = "", limit: Limit = 50, after: After = 0
) -> People:
    """By ascending id; `query` is the beginning of a name."""
    found = await services.store.read(accounts.Directory(text, after, limit + 1))
    return People([person(services, user) for user in found[:limit]], has_more=len(found) > limit)


@get("/users/{user:str}", summary="One user", operation_id="getPerson")
async def one_person(user: PathId, services: AppServices, caller: Caller) -> Person:
    """For any signed-in user."""
    account = await services.store.read(accounts.AccountOf(user))
    return person(services, account.user())


@post(
    "/conversations",
    summary="Start a conversation",
    operation_id="startConversation",
    responses=ok_if_existing(Conversation),
)
async def start(data: JSONBody[StartConversation], services: AppServices, caller: Caller) -> Response[Conversation]:
    """201; 200 if it is with one participant and exists already."""
    made = await services.store.write(CreateConversation(caller.user, data.participants, data.name, services.limits))
    state = await services.store.read(ReadConversation(caller.user, made.room.id, services.limits, 1))
    return Response(
        _conversation(services, caller, state),
        status_code=201 if made.created else 200,
        headers={"Location": f"/conversations/{made.room.id}"},
    )


@get("/conversations", summary="Your conversations", operation_id="listConversations")
async def list_conversations(
    services: AppServices, caller: Caller, archived: FromQuery[bool] = False
) -> ConversationList:
    """Latest message first. `archived`: the archived ones instead."""
    mine = await services.store.read(ConversationIds(caller.user))
    found: list[ConversationState] = []
    for first in range(0, len(mine), _AT_ONCE):
        # In batches, so that a user with very many conversations does not delay others.
        some = ReadConversations(caller.user, mine[first : first + _AT_ONCE], services.limits)
        found += await services.store.read(some)
    shown = [_conversation(services, caller, state) for state in found]
    shown.sort(key=lambda one: one.created_at if one.last_message is None else one.last_message.at, reverse=True)
    return ConversationList([one for one in shown if one.archived == archived])


@get("/conversations/{conversation:str}", summary="Read a conversation", operation_id="getConversation")
async def one_conversation(
    conversation: PathId,
    services: AppServices,
    caller: Caller,
    before: Position = None,
    after: Position = None,
    limit: Limit = 50,
) -> ConversationPage:
    """Its last messages, or those before or after one. Yours have their delivery status."""
    query = ReadConversation(caller.user, conversation, services.limits, limit, before, after)
    state = await services.store.read(query)
    mark_delivered(services, caller.user, state.page)
    sent = [_sent(message, state.receipts, caller) for message in state.page.messages]
    return ConversationPage(_conversation(services, caller, state), sent, state.page.has_more)


@post(
    "/conversations/{conversation:str}/message",
    summary="Send a message",
    operation_id="sendToConversation",
    responses=ok_if_existing(SentMessage),
    operation_class=Keyed,
)
async def send(
    conversation: PathId,
    data: JSONBody[SendToConversation],
    services: AppServices,
    caller: Caller,
    request: ApiRequest,
) -> Response[SentMessage]:
    """Stored when answered. With a `key` a retry is safe: 200 and the message first stored."""
    room = await _participate(services, caller, conversation)
    key = key_of(request, data.key)
    command = messages.compose(caller.user, data.content, services.limits, conversation, key=key)
    posted = await services.store.write(command)
    marks: list[Receipt] = []
    if room.member_count <= services.limits.large_room:
        marks = await services.store.read(receipts.Receipts(caller.user, conversation, services.limits))
    return Response(_sent(posted.message, marks, caller), status_code=201 if posted.created else 200)


@patch("/conversations/{conversation:str}", summary="Archive or mute it", operation_id="changeConversation")
async def change(
    conversation: PathId, data: JSONBody[ChangeConversation], services: AppServices, caller: Caller
) -> Conversation:
    """For the caller only."""
    await _participate(services, caller, conversation)
    command = members.ChangeMember(caller.user, conversation, caller.user, muted=data.muted, archived=data.archived)
    await services.store.write(command)
    state = await services.store.read(ReadConversation(caller.user, conversation, services.limits, 1))
    return _conversation(services, caller, state)


@put("/conversations/{conversation:str}/read", summary="Move your read marker", operation_id="readConversation")
async def mark_read(conversation: PathId, data: JSONBody[MarkRead], services: AppServices, caller: Caller) -> Marked:
    """Forward only: an earlier position changes nothing."""
    await _participate(services, caller, conversation)
    return await services.store.write(reads.MarkRead(caller.user, conversation, data.seq))


async def _participate(services: Services, caller: Identity, conversation: int) -> Room:
    room = await services.store.read(rooms.OneRoom(caller.user, conversation))
    if room.me is None:
        raise NotFound("There is no such conversation.")
    return room


def _conversation(services: Services, caller: Identity, state: ConversationState) -> Conversation:
    room = state.room
    assert room.me is not None
    return Conversation(
        id=room.id,
        name=room.name,
        participants=[person(services, user) for user in state.participants],
        participant_count=room.member_count,
        created_at=room.created_at,
        unread=room.me.unread,
        archived=room.me.archived,
        muted=room.me.muted,
        last_message=None if state.last is None else _sent(state.last, state.receipts, caller),
    )


def _sent(message: Message, marks: list[Receipt], caller: Identity) -> SentMessage:
    sent = with_fields_of(SentMessage, message)
    if message.sender.id == caller.user and marks:
        delivery = receipts.progress(message, marks)
        sent.status = delivery.status
        if delivery.of > 1:
            sent.delivered_to, sent.read_by = delivery.delivered_to, delivery.read_by
    return sent


router = Router(
    "/",
    route_handlers=[list_people, one_person, start, list_conversations, one_conversation, send, change, mark_read],
    tags=[TAG],
)
