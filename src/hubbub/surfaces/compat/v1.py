"""`/v1`: text messaging with cookie sessions, group chats among equals and P2P chats made on the first message.

Success is 200, and what elsewhere is 404, 409 or 422 is 400 here; 403 is for chats the caller is not in, which answer
as if they did not exist.
"""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta, Struct

from hubbub.chat import accounts, direct, members, messages, requests, rooms, sessions, timeline
from hubbub.chat.clock import Timestamp
from hubbub.chat.records import Account as Record
from hubbub.chat.requests import Content, NewPassword, RoomName
from hubbub.chat.requests import Request as Body
from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import Id, Message, Room
from hubbub.errors import Conflict, HubbubError, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from hubbub.problem_details import Problem
from hubbub.surfaces.compat.cursor import PLACE_PATTERN, place_of, place_word
from hubbub.surfaces.cookie import CLEARED, no_session, session
from hubbub.surfaces.rest import errors
from hubbub.surfaces.rest.caller import PathId, browser_session, known_browser
from hubbub.surfaces.services import Services
from hubbub.surfaces.streaming import stream_list

_AT_ONCE = 200
_AS_BAD_REQUEST = {404, 409, 422}
_NUMBER = re.compile(r"[0-9]+")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_LEFT = "You are not part of this group chat."

Credential = Annotated[str, Meta(examples=["correct horse battery"])]
Username = Annotated[str, Meta(examples=["alice"])]
MaybeLimit = Annotated[int | None, Parameter(ge=1, le=200, description="The last so many; without it, all")]
Before = Annotated[str | None, Parameter(max_length=50, pattern=PLACE_PATTERN, description="Those before this message")]


class NewAccount(Body):
    username: requests.Username
    password: NewPassword


class Account(Body):
    username: Username
    password: Credential


class NewGroupChat(Body):
    name: RoomName | None = None


class Participant(Body):
    username: Username


class NewMessage(Body):
    """To one of: a group chat, by its id, or one person, by their name."""

    message: Content
    group_chat_id: Id | Annotated[str, Meta(pattern="^[1-9][0-9]{0,17}$")] | None = None
    dest_username: Username | None = None


class Done(Struct):
    status: Literal["ok"] = "ok"


class Registered(Struct):
    id: int
    username: str


class GroupChatId(Struct):
    group_chat_id: Annotated[int, Meta(examples=[1])]


class TextMessage(Struct):
    """`group_chat_id` of one sent to a group, `recipient` of one sent to a person."""

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


@post("/auth/register", summary="Register", operation_id="v1Register", status_code=200, security=[{}])
async def register(data: NewAccount, services: Services, address: str) -> Registered:
    """Makes an account."""
    account = await services.credentials.register(data.username, data.password, None, address)
    return Registered(account.id, account.username)


@post("/auth/login", summary="Sign in", operation_id="v1Login", status_code=200, security=[{}])
async def login(
    data: Account, request: Request[object, object, State], services: Services, address: str
) -> Response[Registered]:
    """The session is in the cookie that the answer sets."""
    device = request.headers.get("user-agent") or "unknown device"
    try:
        replacing = browser_session(request, services)
        browser = known_browser(request, services)
        signed_in = await services.credentials.sign_in(
            data.username, data.password, device, address, replacing, browser
        )
    except NotAuthenticated as error:
        raise InvalidInput(str(error)) from error
    kept = session(signed_in, services.session_days, request.scope["state"]["secure"])
    user = signed_in.user
    return Response(Registered(user.id, user.username), headers={"Cache-Control": "no-store"}, cookies=[kept])


@post("/auth/logout", summary="Sign out", operation_id="v1Logout", status_code=200)
async def logout(request: Request[object, object, State], services: Services, caller: Identity) -> Response[Done]:
    """Ends the session of the cookie."""
    await services.store.write(sessions.EndSession(caller.user, caller.session))
    return Response(Done(), headers=CLEARED, cookies=[no_session(request.scope["state"]["secure"])])


@post("/group_chat", summary="Create a group chat", operation_id="v1CreateGroupChat", status_code=200)
async def create_group_chat(services: Services, caller: Identity, data: NewGroupChat | None = None) -> GroupChatId:
    """All of its participants may do the same in it."""
    name = None if data is None else data.name
    made = await services.store.write(rooms.CreateRoom(caller.user, "private", services.limits, name, joins_as="owner"))
    return GroupChatId(made.room.id)


@post(
    "/group_chat/{group_chat_id:str}/participants", summary="Add a participant", operation_id="v1AddParticipant",
    status_code=200,
)  # fmt: skip
async def add_participant(group_chat_id: PathId, data: Participant, services: Services, caller: Identity) -> Done:
    """For those who take part themselves."""
    room = await _chat(services, caller, group_chat_id)
    if room.kind == "direct":
        raise InvalidInput("this is a P2P chat, which takes nobody in", "group_chat_id", "not_possible")
    joined = await services.store.write(members.AddMember(caller.user, room.id, services.limits, data.username))
    if not joined.created:
        raise Conflict(f"{data.username} is part of this chat already.")
    return Done()


@delete(
    "/group_chat/{group_chat_id:str}/participants/{user_id:str}", summary="Remove a participant",
    operation_id="v1RemoveParticipant", status_code=200,
)  # fmt: skip
async def remove_participant(group_chat_id: PathId, user_id: str, services: Services, caller: Identity) -> Done:
    """By user name, or by id."""
    room = await _chat(services, caller, group_chat_id)
    # A number is an id and nothing else: no name can stand before it.
    if _NUMBER.fullmatch(user_id):
        if not _ID.fullmatch(user_id):
            raise NotFound("There is no such user.")
        account: Record | None = await services.store.read(accounts.AccountOf(int(user_id)))
    else:
        account = await services.store.read(accounts.AccountNamed(user_id))
    if account is None:
        raise NotFound("There is no such user.")
    await services.store.write(members.RemoveMember(caller.user, room.id, account.id, services.limits))
    return Done()


@post("/messages", summary="Send a message", operation_id="v1SendMessage", status_code=200)
async def send(data: NewMessage, services: Services, caller: Identity) -> TextMessage:
    """To a group chat, or to one person."""
    if (data.group_chat_id is None) == (data.dest_username is None):
        raise InvalidInput("give one of group_chat_id and dest_username", "group_chat_id", "not_possible")
    if data.group_chat_id is not None:
        if isinstance(data.group_chat_id, str) and not _ID.fullmatch(data.group_chat_id):
            raise InvalidInput("must be a group chat's id", "group_chat_id", "bad_format")
        room = await _chat(services, caller, int(data.group_chat_id))
        if room.kind == "direct":
            raise NotAllowed(_LEFT)
        command = messages.compose(caller.user, data.message, services.limits, room.id)
        posted = (await services.store.write(command)).message
    else:
        command = messages.compose(caller.user, data.message, services.limits, to=data.dest_username)
        posted = (await services.store.write(command)).message
        room = await services.store.read(rooms.OneRoom(caller.user, posted.room))
    return _text(posted, room, own=posted.sender.username)


@get("/group_chat/messages", summary="All your messages", operation_id="v1ListMessages", responses=_LIST)
async def list_all(
    services: Services, caller: Identity, limit: MaybeLimit = None, before: Before = None
) -> Stream | TextMessages:
    """Of every group and P2P chat you are in, oldest first."""
    return await _listed(services, caller, None, limit, before)


@get(
    "/group_chat/messages/group/{group_chat_id:str}", summary="Messages of a group chat",
    operation_id="v1ListGroupMessages", responses=_LIST,
)  # fmt: skip
async def list_group(
    group_chat_id: PathId, services: Services, caller: Identity, limit: MaybeLimit = None, before: Before = None
) -> Stream | TextMessages:
    """Oldest first; with `limit` the last so many."""
    room = await _chat(services, caller, group_chat_id)
    if room.kind == "direct":
        raise NotAllowed(_LEFT)
    return await _listed(services, caller, room.id, limit, before)


@get(
    "/group_chat/messages/p2p/{dest_username:str}", summary="Messages between you and one other",
    operation_id="v1ListP2PMessages", responses=_LIST,
)  # fmt: skip
async def list_p2p(
    dest_username: str, services: Services, caller: Identity, limit: MaybeLimit = None, before: Before = None
) -> Stream | TextMessages:
    """Oldest first; with `limit` the last so many."""
    pair = await services.store.read(direct.Between(caller.user, dest_username))
    if pair.room is None:
        return TextMessages([])
    return await _listed(services, caller, pair.room, limit, before)


async def _chat(services: Services, caller: Identity, number: int) -> Room:
    """A chat the caller is in. Raises NotAllowed, whether it exists or not."""
    try:
        room = await services.store.read(rooms.OneRoom(caller.user, number))
    except NotFound:
        raise NotAllowed(_LEFT) from None
    if room.me is None:
        raise NotAllowed(_LEFT)
    return room


async def _listed(
    services: Services, caller: Identity, room: int | None, limit: int | None, before: str | None
) -> Stream | TextMessages:
    own = (await services.store.read(accounts.AccountOf(caller.user))).username
    known = {one.id: one for one in await services.store.read(rooms.MyRooms(caller.user))}

    async def texts(found: list[Message]) -> list[TextMessage]:
        for message in found:
            if message.room not in known:  # begun meanwhile
                known[message.room] = await services.store.read(rooms.OneRoom(caller.user, message.room))
        return [_text(message, known[message.room], own) for message in found]

    if limit is not None or before is not None:
        query = timeline.Timeline(caller.user, limit or _AT_ONCE, place_of(before, "before"), room=room)
        return TextMessages(await texts((await services.store.read(query)).messages))

    async def batches() -> AsyncIterator[list[TextMessage]]:
        spans = None if room is None else {room: (1, known[room].seq)}
        while spans != {}:
            await services.authenticator.identify(caller.session)
            stretch = await services.store.read(timeline.NextStretch(caller.user, _AT_ONCE, spans))
            spans = stretch.spans
            yield await texts(stretch.messages)

    return await stream_list(b'{"messages":[', batches(), b"]}")


def _text(message: Message, room: Room, own: str) -> TextMessage:
    alone = room.kind == "direct"
    other = room.peer.username if room.peer is not None else None
    return TextMessage(
        id=place_word(message.room, message.seq),
        chat_id=message.room,
        group_chat_id=None if alone else message.room,
        sender=message.sender.username,
        recipient=None if not alone else other if message.sender.username == own else own,
        message=message.content,
        sent_at=message.at,
    )


def on_error(request: Request[Any, Any, Any], error: HubbubError) -> Response[Problem]:
    """The error with the status that this interface has for it."""
    return errors.answer(error, 400 if error.status in _AS_BAD_REQUEST else error.status)


router = Router(
    "/v1",
    route_handlers=[
        register,
        login,
        logout,
        create_group_chat,
        add_participant,
        remove_participant,
        send,
        list_all,
        list_group,
        list_p2p,
    ],
    exception_handlers={HubbubError: on_error},
    tags=["Text messaging v1"],
)
