"""The permission table, every rank, kind and action, over REST against a real server.

The expectations are written out a second time, by hand, so that a mistake in the table is found.
"""

import pytest

from hubbub.chat.permissions import TABLE, Action
from hubbub.client import Client
from hubbub.errors import HubbubError, NotAllowed, NotFound
from tests.conftest import MakeServer, newcomer, user_id

KINDS = ("public", "private", "direct")
RANKS = ("outsider", "removed", "member", "moderator", "owner", "admin")

# Per kind, who may: o(utsider) r(emoved) m(ember) M(oderator) O(wner) a(dmin). In a direct room both are members.
EXPECTED = {
    Action.READ: {"public": "ormMOa", "private": "mMO", "direct": "m"},
    Action.POST: {"public": "ormMOa", "private": "mMO", "direct": "m"},
    Action.REACT: {"public": "ormMOa", "private": "mMO", "direct": "m"},
    Action.EDIT_OWN: {"public": "ormMOa", "private": "mMO", "direct": "m"},
    Action.DELETE_OWN: {"public": "ormMOa", "private": "mMO", "direct": "m"},
    Action.DELETE_ANY: {"public": "MOa", "private": "MO", "direct": ""},
    Action.JOIN: {"public": "ormMOa", "private": "mMO", "direct": "m"},
    Action.LEAVE: {"public": "mMO", "private": "mMO", "direct": ""},
    Action.PIN: {"public": "MOa", "private": "mMO", "direct": "m"},
    Action.MARK: {"public": "mMO", "private": "mMO", "direct": "m"},
    Action.INVITE: {"public": "mMOa", "private": "mMO", "direct": ""},
    Action.REMOVE: {"public": "MOa", "private": "MO", "direct": ""},
    Action.SET_RANK: {"public": "Oa", "private": "O", "direct": ""},
    Action.CHANGE: {"public": "MOa", "private": "MO", "direct": ""},
    Action.CHANGE_KIND: {"public": "Oa", "private": "O", "direct": ""},
    Action.ARCHIVE: {"public": "Oa", "private": "O", "direct": ""},
    Action.DELETE_ROOM: {"public": "Oa", "private": "O", "direct": ""},
}
LETTER = dict(zip(RANKS, "ormMOa", strict=True))


def test_every_action_of_the_table_is_walked() -> None:
    # Typing is a frame, not a call: tests/test_socket.py and tests/test_outsiders.py have it.
    assert set(EXPECTED) | {Action.TYPE} == set(TABLE)


class Scene:
    """A new room of a kind with a user of each rank, a message of the owner and one of the actor."""

    def __init__(self, cast: dict[str, Client]) -> None:
        self.cast = cast
        self.count = 0

    async def room(self, kind: str, actor: Client, rank: str) -> int:
        self.count += 1
        owner = self.cast["founder"]
        if kind == "direct":
            peer = actor if rank in ("member", "moderator", "owner") else self.cast["target"]
            number = (await owner.create_room(kind="direct", members=[user_id(peer)])).id
        else:
            number = (await owner.create_room(f"scene {self.count}", kind, members=[user_id(self.cast["target"])])).id
            if rank in ("removed", "member", "moderator", "owner"):
                await owner.add_member(number, user_id(actor))
            if rank in ("moderator", "owner"):
                await owner.set_rank(number, user_id(actor), rank)
        await owner.send("the founder's", room=number, key=f"{self.count}")
        if kind == "public" or rank in ("member", "moderator", "owner"):
            await actor.send("my own", room=number, key=f"{self.count}")
        if rank == "removed" and kind != "direct":
            if kind == "private":
                await actor.send("my own", room=number)
            await owner.remove_member(number, user_id(actor))
        return number


async def perform(action: Action, actor: Client, scene: Scene, room: int) -> None:
    page = await scene.cast["founder"].history(room)
    own = next((m.seq for m in reversed(page.messages) if m.sender.id == user_id(actor)), 1)
    first = next(m.seq for m in reversed(page.messages) if m.sender.id == user_id(scene.cast["founder"]))
    target, fresh = user_id(scene.cast["target"]), user_id(scene.cast["fresh"])
    match action:
        case Action.READ:
            await actor.history(room)
        case Action.POST:
            await actor.send("may I?", room=room)
        case Action.REACT:
            await actor.react(room, first, "👍")
        case Action.EDIT_OWN:
            await actor.edit(room, own, "edited")
        case Action.DELETE_OWN:
            await actor.delete(room, own)
        case Action.DELETE_ANY:
            await actor.delete(room, first)
        case Action.JOIN:
            await actor.join(room)
        case Action.LEAVE:
            await actor.remove_member(room, user_id(actor))
        case Action.PIN:
            await actor.pin(room, first)
        case Action.MARK:
            await actor.mark_read(room, 1)
        case Action.INVITE:
            await actor.add_member(room, fresh)
        case Action.REMOVE:
            await actor.remove_member(room, target)
        case Action.SET_RANK:
            await actor.set_rank(room, target, "moderator")
        case Action.CHANGE:
            await actor.change_room(room, topic="news")
        case Action.CHANGE_KIND:
            kind = (await scene.cast["founder"].room(room)).kind
            await actor.change_room(room, kind="private" if kind == "public" else "public")
        case Action.ARCHIVE:
            await actor.change_room(room, archived=True)
        case Action.DELETE_ROOM:
            await actor.delete_room(room)


async def test_the_whole_table(make_server: MakeServer) -> None:
    server = make_server("rate_limits=off", "groups_per_user=1000")
    cast = {
        role: await newcomer(server.url, f"some{role}")
        for role in ("admin", "founder", "target", "fresh", "outsider", "removed", "member", "moderator", "owner")
    }
    scene = Scene(cast)
    wrong = []
    walked = 0
    for action, expected in EXPECTED.items():
        for kind in KINDS:
            for rank in RANKS:
                if kind == "direct" and rank in ("moderator", "owner", "removed"):
                    continue  # a direct room has two members and nobody else
                actor = cast[rank]
                room = await scene.room(kind, actor, rank)
                try:
                    await perform(action, actor, scene, room)
                    answer = "yes"
                except (NotAllowed, NotFound) as error:
                    answer = error.code
                except HubbubError as error:
                    answer = f"unexpected {error.code}: {error}"
                if LETTER[rank] in expected[kind]:
                    right = "yes"
                elif LETTER[rank] in EXPECTED[Action.READ][kind]:
                    right = "not_allowed"
                else:
                    right = "not_found"
                # An administrator who is no member may leave, but has no membership.
                if action is Action.LEAVE and rank == "admin" and kind == "public":
                    right = "not_found"
                walked += 1
                if answer != right:
                    wrong.append(f"{action.name} in a {kind} room by {rank}: {answer}, not {right}")
    assert wrong == []
    assert walked == len(EXPECTED) * (6 + 6 + 3)
    for client in cast.values():
        await client.__aexit__()


@pytest.mark.parametrize("archived", [True, False])
async def test_an_archived_room_takes_no_message(people, archived: bool) -> None:
    (alice,) = await people(1)
    room = await alice.create_room(f"shelf {alice.user.username}")
    await alice.change_room(room.id, archived=True)
    if archived:
        with pytest.raises(NotAllowed):
            await alice.send("anybody here?", room=room.id)
    else:
        await alice.change_room(room.id, archived=False)
        assert (await alice.send("back again", room=room.id)).seq == 1
