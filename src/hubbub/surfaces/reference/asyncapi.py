"""The AsyncAPI 3.0 document of the sockets, from the structs that decode and encode their frames."""

from inspect import cleandoc
from typing import Any, get_args
from urllib.parse import urlsplit

import msgspec

from hubbub import __version__
from hubbub.chat.events import (
    ActivityEvent,
    DeliveredEvent,
    EntryEvent,
    MemberEvent,
    MembershipEvent,
    MessageEvent,
    NoticeEvent,
    PresenceEvent,
    ReactionEvent,
    ReadEvent,
    RoomEvent,
    ThreadEvent,
    TypingEvent,
    UserEvent,
    WorkspaceEvent,
)
from hubbub.live.wire.server_frames import DisconnectEvent, ErrorEvent, ResyncEvent, SyncedEvent
from hubbub.surfaces.reference.frame_examples import INBOX_MESSAGE, example_of
from hubbub.surfaces.socket import frames

_SENT: tuple[type[msgspec.Struct], ...] = (
    frames.ConnectEvent,
    MessageEvent,
    ReactionEvent,
    MemberEvent,
    RoomEvent,
    NoticeEvent,
    ReadEvent,
    DeliveredEvent,
    MembershipEvent,
    ThreadEvent,
    TypingEvent,
    PresenceEvent,
    UserEvent,
    WorkspaceEvent,
    ActivityEvent,
    EntryEvent,
    frames.StreamEvent,
    SyncedEvent,
    ResyncEvent,
    frames.Ack,
    ErrorEvent,
    frames.PongEvent,
    DisconnectEvent,
)
_INBOX = "inbox_message"
_ROOM_FEED = ["event_message", "event_reaction", "event_member", "event_room", "event_notice", "event_disconnect"]
_CLOSE_CODES = {
    4400: "bad frames",
    4401: "not authenticated, or the session was ended",
    4402: "the session continues under a new token: reconnect with it after `retry_after`",
    4403: "banned",
    4408: "too slow: the send queue of this client is full; reconnect and resume",
    4429: "too fast",
    1007: "text that is not UTF-8",
    1009: "frame too large",
    1011: "no answer to two heartbeats, or a fault of the server",
    1012: "the server restarts; reconnect after `retry_after`",
    1013: "the server cannot do this now; try again later",
}


_FEED_CLOSES = "The first position is that of the first event, or of the `Link` of a poll with `?wait=0`."


def document(public_url: str = "") -> dict[str, Any]:
    """The document. `public_url`: the server's URL from the settings, or empty."""
    received: tuple[type[msgspec.Struct], ...] = get_args(frames.Frames)
    _, schemas = msgspec.json.schema_components([*received, *_SENT], ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        # msgspec takes the docstring as it stands in the source, with its indentation.
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    closes = "; ".join(f"{code}: {meaning}" for code, meaning in _CLOSE_CODES.items())
    messages = {
        _tag(kind, sent): _message(kind) for sent, kinds in ((False, received), (True, _SENT)) for kind in kinds
    }
    socket = list(messages)
    messages[_INBOX] = _inbox_message()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hubbub live events",
            "version": __version__,
            "description": "JSON text frames over WebSockets. `/ws` is for all rooms of a user, with the sub-protocol "
            "hubbub.v1: the first frame is `hello`; it is answered by `connect`, then by the changes to resume. Feeds "
            "send the events of one room, or the direct messages of one user, and accept no frames. Close codes: "
            + closes
            + ".",
        },
        "defaultContentType": "application/json",
        "servers": {"here": _server(public_url)},
        "channels": {
            "socket": _channel("/ws", socket, "All rooms of the user."),
            "room_feed": {
                **_channel("/room/{room}/subscribe", _ROOM_FEED, "The durable events of one room. " + _FEED_CLOSES),
                "parameters": {"room": {"description": "The room's id", "examples": ["1"]}},
            },
            "inbox_feed": _channel("/messages/subscribe", [_INBOX], "The direct messages to the user."),
        },
        "operations": {
            "receiveFrames": _operation(
                "receive", "socket", "Frames of clients.", [_tag(kind, False) for kind in received]
            ),
            "sendEvents": _operation("send", "socket", "Events of the server.", [_tag(kind, True) for kind in _SENT]),
            "sendRoomFeed": _operation("send", "room_feed", "Events of a room's feed.", _ROOM_FEED),
            "sendInboxFeed": _operation("send", "inbox_feed", "Events of the inbox feed.", [_INBOX]),
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _server(public_url: str) -> dict[str, Any]:
    if public_url:
        parts = urlsplit(public_url)
        found = {"host": parts.netloc, "protocol": "wss" if parts.scheme == "https" else "ws"}
        return {**found, "pathname": parts.path} if parts.path.strip("/") else found
    return {
        "host": "{host}",
        "protocol": "ws",
        "description": "The server of this document; `wss` if it is reached by https.",
        "variables": {"host": {"default": "localhost:8080", "description": "Its name and port"}},
    }


def _channel(address: str, names: list[str], description: str) -> dict[str, Any]:
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
    return {"address": address, "description": description, "messages": messages}


def _operation(action: str, channel: str, summary: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }


def _message(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": str(kind.__struct_config__.tag),
        "title": str(kind.__struct_config__.tag),
        "summary": " ".join((kind.__doc__ or "").split()) if kind.__doc__ != msgspec.Struct.__doc__ else "",
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
        "examples": [{"payload": example_of(kind)}],
    }


def _inbox_message() -> dict[str, Any]:
    position = {"type": "object", "required": ["position"], "properties": {"position": {"type": "string"}}}
    return {
        "name": "message",
        "title": "message",
        "summary": "A direct message, with its `position`: resume from it with `?after=`.",
        "payload": {"allOf": [{"$ref": "#/components/schemas/MessageEvent"}, position]},
        "examples": [{"payload": INBOX_MESSAGE}],
    }


def _tag(kind: type[msgspec.Struct], sent: bool) -> str:
    """A name that is unique across both directions, as `message` exists in both."""
    return f"{'event' if sent else 'frame'}_{kind.__struct_config__.tag}"
