"""Examples of every frame and event of the sockets, built from the structs that decode and encode them.

They are one story of alice (1) and bob (2) in room 1. A test runs it against a server and compares.
"""

from typing import Any

import msgspec
from msgspec import Struct

from hubbub.chat import events
from hubbub.chat.shapes import Membership, Room, Sender, User
from hubbub.chat.stream_shapes import Marks
from hubbub.chat.workspace_shapes import Workspace
from hubbub.live.wire.server_frames import DisconnectEvent, ErrorEvent, ResyncEvent, SyncedEvent
from hubbub.surfaces.socket import frames

_AT = "2026-03-01T12:00:00.000Z"
_ALICE = User(1, "alice", "Alice", "online")
_BOB = User(2, "bob", "Bob", "online")
_LIMITS = frames.SocketLimits(10_000, 131_072, 50.0, 25, 500)
_ROOM: dict[str, Any] = {
    "id": 1, "kind": "public", "seq": 0, "version": 2, "member_count": 2, "created_at": _AT, "name": "general",
    "created_by": 1,
}  # fmt: skip
_ME = Membership("member", 0, 0, 0, False, False, False)
_MESSAGE: dict[str, Any] = {
    "room": 1, "seq": 1, "version": 3, "sender": Sender(1, "alice", "Alice"), "content": "Hello @bob!", "at": _AT,
    "deleted": False, "mentions": [2], "reactions": [],
}  # fmt: skip

RECEIVED: tuple[Struct, ...] = (
    frames.Hello(ref=1, since={1: 2}, stream=frames.StreamRequest(since=0)),
    frames.MessageFrame(content="Hello @bob!", room=1, key="5f1c", ref=2),
    frames.EditFrame(room=1, seq=1, content="Hello there, @bob!", ref=3),
    frames.ReactionFrame(room=1, seq=1, emoji="👍", ref=4),
    frames.ReadFrame(room=1, seq=1, ref=5),
    frames.FollowFrame(room=1, thread=1, ref=14),
    frames.TypingStartFrame(room=1),
    frames.TypingStopFrame(room=1),
    frames.PresenceFrame(status="busy", ref=6),
    frames.DeleteFrame(room=1, seq=1, ref=7),
    frames.LeaveFrame(room=1, ref=8),
    frames.SubscribeFrame(room=1, since=3, ref=9),
    frames.UnsubscribeFrame(room=1, ref=10),
    frames.JoinFrame(room=1, ref=11),
    frames.PingFrame(ref=12),
)
"""Frames of a client, in an order in which each is accepted from a member of room 1."""

SENT: tuple[Struct, ...] = (
    frames.ConnectEvent(_BOB, 7, _AT, _LIMITS, [Room(**_ROOM, me=_ME)], ref=1),
    events.MessageEvent(**_MESSAGE),
    events.ReactionEvent(1, 1, 4, 2, "👍", "add"),
    events.MemberEvent(1, 2, _BOB, "member"),
    events.RoomEvent(**{**_ROOM, "seq": 1, "version": 5, "last_at": _AT, "topic": "Whatever comes up"}),
    events.NoticeEvent(1, 5, 1, _AT, "topic", Sender(1, "alice", "Alice"), new="Whatever comes up"),
    events.UserEvent(User(2, "bob", "Bobby", "online")),
    events.WorkspaceEvent(Workspace("Fernway", 1, None, "#7a3cc8", "Good to see you!")),
    events.ReadEvent(1, 2, 1),
    events.DeliveredEvent(1, 2, 1),
    events.MembershipEvent(1, 2, True, False, False),
    events.ThreadEvent(1, 2, 1, True, 1),
    events.TypingEvent(1, 1, True),
    events.PresenceEvent(1, "busy"),
    events.ActivityEvent(2, 640, 3),
    events.EntryEvent(1, "membership", 1, me=Marks(1, False, False, False)),
    frames.StreamEvent(1),
    SyncedEvent(1, 5),
    ResyncEvent(1, 5),
    frames.Ack(ref=2, room=1, seq=1, version=3, at=_AT),
    ErrorEvent("not_found", "There is no such room.", ref=13, reason="no_room"),
    frames.PongEvent(ref=12),
    DisconnectEvent(4401, "signed out"),
)

INBOX_MESSAGE = {
    **msgspec.to_builtins(
        events.MessageEvent(**{**_MESSAGE, "room": 3, "version": 1, "content": "For you alone", "mentions": []})
    ),
    "position": "inbox-2-1",
}
"""An event of the inbox feed."""


def example_of(kind: type[Struct]) -> dict[str, Any]:
    found = next(each for each in (*RECEIVED, *SENT) if type(each) is kind)
    plain: dict[str, Any] = msgspec.to_builtins(found, str_keys=True)
    # Fields that a client leaves out are left out of the example.
    return plain if kind not in {type(each) for each in RECEIVED} else {k: v for k, v in plain.items() if v is not None}
