"""The workspace, and who joined by an invitation, on every store."""

import asyncio

import pytest

from hubbub.chat import invitation_joins, invitations, members, workspace
from hubbub.chat.shapes import LARGEST_ID
from hubbub.chat.workspace_shapes import Workspace
from hubbub.errors import NotAllowed, NotFound
from tests.stores import LIMITS, Chat


async def test_the_workspace_is_changed_by_administrators_one_after_the_other(chat: Chat) -> None:
    assert await chat.read(workspace.ThisWorkspace()) == Workspace("Hubbub", 0)
    with pytest.raises(NotAllowed):
        await chat.write(workspace.ChangeWorkspace(chat.bob, name="mine"))
    # At once: none of them is lost.
    changes = [{"name": "Fernway"}, {"accent": "#7A3CC8"}, {"welcome": "Hello!\n\n"}]
    await asyncio.gather(*(chat.write(workspace.ChangeWorkspace(chat.alice, **each)) for each in changes))
    made = await chat.write(workspace.SetWorkspacePicture(chat.alice, "image/webp", b"a picture"))
    assert made == Workspace("Fernway", 4, made.picture, "#7a3cc8", "Hello!")
    assert made == await chat.read(workspace.ThisWorkspace())
    digest = (made.picture or "").rsplit("/", 1)[1]
    assert (await chat.read(workspace.WorkspacePictureOf(digest))).content == b"a picture"
    await chat.write(workspace.ChangeWorkspace(chat.alice, picture=None))
    with pytest.raises(NotFound):
        await chat.read(workspace.WorkspacePictureOf(digest))


async def test_whoever_joins_by_an_invitation_does_so_once(chat: Chat) -> None:
    room = await chat.room(name="plans", who=[])
    made = await chat.write(invitations.CreateInvitation(chat.alice, "digest", None, 60, [room], "members", LIMITS))
    known = await chat.read(invitations.InvitationOf("digest", "members"))
    assert known is not None
    joining = invitation_joins.JoinByInvitation(chat.bob, known, "members", LIMITS)
    assert [one.name for one in await chat.write(joining)] == ["plans"]
    assert [one.name for one in await chat.write(joining)] == ["plans"]
    await chat.write(members.RemoveMember(chat.bob, room, chat.bob, LIMITS))
    with pytest.raises(NotAllowed):
        await chat.write(joining)
    (listed,) = await chat.read(invitations.ListInvitations(chat.alice, False, LARGEST_ID, 9))
    assert (listed.id, listed.used, [one.id for one in listed.people]) == (made.id, 1, [chat.bob])
