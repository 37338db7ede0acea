"""`/v1/group_chat`: creating group chats, and their participants."""

import re
from typing import Annotated

from litestar import delete, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from hubbub.chat import accounts, members, rooms
from hubbub.chat.records import Account as Record
from hubbub.chat.requests import Request as Body
from hubbub.chat.requests import RoomName
from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import Room
from hubbub.errors import Conflict, InvalidInput, NotAllowed, NotFound
from hubbub.surfaces.compat.v1.schemas import ID, Done, Username
from hubbub.surfaces.rest.arguments import AppServices, Caller, PathId
from hubbub.surfaces.services import Services

NOT_IN_CHAT = "You are not part of this group chat."
_NUMBER = re.compile(r"[0-9]+")


class NewGroupChat(Body):
    name: RoomName | None = None


class Participant(Body):
    username: Username


class GroupChatId(Struct):
    group_chat_id: Annotated[int, Meta(examples=[1])]


@post("/group_chat", summary="Create a group chat", operation_id="v1CreateGroupChat", status_code=200)
async def create_group_chat(
    services: AppServices, caller: Caller, data: JSONBody[NewGroupChat | None] = None
) -> GroupChatId:
    """All participants have the same rights."""
    name = None if data is None else data.name
    made = await services.store.write(rooms.CreateRoom(caller.user, "private", services.limits, name, joins_as="owner"))
    return GroupChatId(made.room.id)


@post(
    "/group_chat/{group_chat_id:str}/participants", summary="Add a participant", operation_id="v1AddParticipant",
    status_code=200,
)  # fmt: skip
async def add_participant(
    group_chat_id: PathId, data: JSONBody[Participant], services: AppServices, caller: Caller
) -> Done:
    """For participants only."""
    room = await own_chat(services, caller, group_chat_id)
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
async def remove_participant(
    group_chat_id: PathId, user_id: FromPath[str], services: AppServices, caller: Caller
) -> Done:
    """By user name, or by id."""
    room = await own_chat(services, caller, group_chat_id)
    # A number is always an id, so that a user name of digits cannot hide another user.
    if _NUMBER.fullmatch(user_id):
        if not ID.fullmatch(user_id):
            raise NotFound("There is no such user.")
        account: Record | None = await services.store.read(accounts.AccountOf(int(user_id)))
    else:
        account = await services.store.read(accounts.AccountNamed(user_id))
    if account is None:
        raise NotFound("There is no such user.")
    await services.store.write(members.RemoveMember(caller.user, room.id, account.id, services.limits))
    return Done()


async def own_chat(services: Services, caller: Identity, number: int) -> Room:
    """A chat the caller is in. Raises NotAllowed, whether it exists or not."""
    try:
        room = await services.store.read(rooms.OneRoom(caller.user, number))
    except NotFound:
        raise NotAllowed(NOT_IN_CHAT) from None
    if room.me is None:
        raise NotAllowed(NOT_IN_CHAT)
    return room
