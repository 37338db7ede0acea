"""The permission table: which standing is needed for which action in which kind of room.

A row names the lowest standing for a public, private and direct room. NOBODY excludes administrators too. A server
administrator stands above an owner in public rooms, and is an outsider in private and direct rooms until invited, as
operating a server gives no right to read private conversations.
"""

from enum import IntEnum, StrEnum
from typing import Literal

from hubbub.chat.shapes import Kind, Rank
from hubbub.errors import NotAllowed, NotFound

WhoInvites = Literal["members", "admins"]
"""The setting `invitations`: who may invite people to the server."""


class Standing(IntEnum):
    OUTSIDER = 0
    MEMBER = 1
    MODERATOR = 2
    OWNER = 3
    ADMIN = 4
    NOBODY = 9


OUTSIDER, MEMBER, MODERATOR, OWNER, ADMIN, NOBODY = Standing


class Action(StrEnum):
    # StrEnum, as strings cache their hash: looking up a plain Enum took as long as storing a row.
    READ = "read this room"
    POST = "write in this room"
    REACT = "react in this room"
    TYPE = "show typing in this room"
    EDIT_OWN = "edit messages in this room"
    DELETE_OWN = "delete messages in this room"
    DELETE_ANY = "delete other people's messages in this room"
    JOIN = "join this room"
    LEAVE = "leave this room"
    PIN = "pin messages in this room"
    MARK = "keep a read marker in this room"
    INVITE = "add people to this room"
    REMOVE = "remove people from this room"
    SET_RANK = "change ranks in this room"
    CHANGE = "rename this room"
    CHANGE_KIND = "make this room public or private"
    ARCHIVE = "archive this room"
    DELETE_ROOM = "delete this room"


# fmt: off
TABLE: dict[Action, tuple[Standing, Standing, Standing]] = {
    #                    public     private    direct
    Action.READ:        (OUTSIDER,  MEMBER,    MEMBER),
    Action.POST:        (OUTSIDER,  MEMBER,    MEMBER),
    Action.REACT:       (OUTSIDER,  MEMBER,    MEMBER),
    Action.TYPE:        (OUTSIDER,  MEMBER,    MEMBER),
    Action.EDIT_OWN:    (OUTSIDER,  MEMBER,    MEMBER),
    Action.DELETE_OWN:  (OUTSIDER,  MEMBER,    MEMBER),
    Action.DELETE_ANY:  (MODERATOR, MODERATOR, NOBODY),
    Action.JOIN:        (OUTSIDER,  MEMBER,    MEMBER),
    Action.LEAVE:       (MEMBER,    MEMBER,    NOBODY),
    Action.PIN:         (MODERATOR, MEMBER,    MEMBER),
    Action.MARK:        (MEMBER,    MEMBER,    MEMBER),
    Action.INVITE:      (MEMBER,    MEMBER,    NOBODY),
    Action.REMOVE:      (MODERATOR, MODERATOR, NOBODY),
    Action.SET_RANK:    (OWNER,     OWNER,     NOBODY),
    Action.CHANGE:      (MODERATOR, MODERATOR, NOBODY),
    Action.CHANGE_KIND: (OWNER,     OWNER,     NOBODY),
    Action.ARCHIVE:     (OWNER,     OWNER,     NOBODY),
    Action.DELETE_ROOM: (OWNER,     OWNER,     NOBODY),
}
# fmt: on


class ServerAction(StrEnum):
    INVITE = "invite people to this server"
    SEE_INVITATIONS = "see the invitations of others"
    END_INVITATIONS = "end the invitations of others"
    CHANGE_WORKSPACE = "change the workspace"


# What is done to the server, not in a room. Whoever is signed in is a MEMBER.
SERVER_TABLE: dict[ServerAction, Standing] = {
    ServerAction.INVITE: MEMBER,  # ADMIN where the setting `invitations` says so
    ServerAction.SEE_INVITATIONS: ADMIN,
    ServerAction.END_INVITATIONS: ADMIN,
    ServerAction.CHANGE_WORKSPACE: ADMIN,
}

_COLUMN: dict[Kind, int] = {"public": 0, "private": 1, "direct": 2}
_STANDING: dict[Rank | None, Standing] = {None: OUTSIDER, "member": MEMBER, "moderator": MODERATOR, "owner": OWNER}
# The actions that an archived room allows.
_ON_ARCHIVED = {Action.READ, Action.MARK, Action.LEAVE, Action.ARCHIVE, Action.DELETE_ROOM, Action.JOIN}


def standing(kind: Kind, rank: Rank | None, admin: bool) -> Standing:
    """The standing of a user with this rank in a room of this kind."""
    if admin and kind == "public":
        return ADMIN
    return _STANDING[rank]


def allowed(action: Action, kind: Kind, who: Standing) -> bool:
    return who >= TABLE[action][_COLUMN[kind]]


def require(action: Action, kind: Kind, rank: Rank | None, admin: bool = False, archived: bool = False) -> Standing:
    """Raise unless the action is allowed; returns the actor's standing.

    Raises:
        NotFound: the actor may not see the room.
        NotAllowed: the actor may see the room and may not do this.
    """
    who = standing(kind, rank, admin)
    # A user who sees the room and is no member gets NotAllowed for these, not NotFound.
    if not allowed(Action.READ, kind, who):
        raise NotFound("There is no such room.", reason="no_room")
    if not allowed(action, kind, who):
        if TABLE[action][_COLUMN[kind]] is NOBODY:
            raise NotAllowed(f"Nobody can {action.value}: it is a {kind} one.", reason="not_in_this_kind")
        if who is OUTSIDER:
            raise NotAllowed(f"Only members can {action.value}. Join it first.", reason="not_member")
        raise NotAllowed(
            f"Your rank does not allow you to {action.value}. Ask an owner of the room.", reason="rank_too_low"
        )
    if archived and action not in _ON_ARCHIVED:
        raise NotAllowed(
            f"You cannot {action.value}: it is archived. An owner can bring it back.", reason="room_archived"
        )
    return who


def allowed_on_server(action: ServerAction, admin: bool, invitations: WhoInvites = "members") -> bool:
    """Whether an account may do this to the server. `invitations`: the setting."""
    lowest = SERVER_TABLE[action]
    if action is ServerAction.INVITE and invitations == "admins":
        lowest = ADMIN
    return (ADMIN if admin else MEMBER) >= lowest


def require_on_server(action: ServerAction, admin: bool, invitations: WhoInvites = "members") -> None:
    """Raise NotAllowed unless an account may do this to the server."""
    if not allowed_on_server(action, admin, invitations):
        raise NotAllowed(f"Only administrators can {action.value}.", reason="admins_only")


def outranks(who: Standing, target: Rank) -> bool:
    """Whether the actor may act on a member of this rank: on lower ranks; owners also on owners."""
    return who >= OWNER or who > _STANDING[target]
