"""The socket described as AsyncAPI 3.0, from the very structs that decode and encode it."""

from typing import Any, get_args

import msgspec

from hubbub import __version__
from hubbub.chat.events import (
    ActivityEvent,
    DeliveredEvent,
    MemberEvent,
    MembershipEvent,
    MessageEvent,
    NoticeEvent,
    PresenceEvent,
    ReactionEvent,
    ReadEvent,
    RoomEvent,
    TypingEvent,
    UserEvent,
)
from hubbub.live.farewell import DisconnectEvent, ErrorEvent
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
    TypingEvent,
    PresenceEvent,
    UserEvent,
    ActivityEvent,
    frames.SyncedEvent,
    frames.ResyncEvent,
    frames.Ack,
    ErrorEvent,
    frames.PongEvent,
    DisconnectEvent,
)
_CLOSE_CODES = {
    4400: "bad frames",
    4401: "not authenticated, or the session was ended",
    4403: "banned",
    4408: "too slow: what waits for this client passed its bound; reconnect and resume",
    4429: "too fast",
    1007: "text that is not UTF-8",
    1009: "frame too large",
    1011: "no answer to two heartbeats, or a fault of the server",
    1012: "the server restarts; come back after `retry_after`",
    1013: "the server cannot do this now; try again later",
}


def document() -> dict[str, Any]:
    received: tuple[type[msgspec.Struct], ...] = get_args(frames.Frames)
    _, schemas = msgspec.json.schema_components([*received, *_SENT], ref_template="#/components/schemas/{name}")
    closes = "; ".join(f"{code}: {meaning}" for code, meaning in _CLOSE_CODES.items())
    messages = {
        _tag(kind, sent): _message(kind) for sent, kinds in ((False, received), (True, _SENT)) for kind in kinds
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hubbub live events",
            "version": __version__,
            "description": "JSON text frames over one WebSocket, sub-protocol hubbub.v1. The first frame is `hello`; "
            "it is answered by `connect`, then by what was missed. Close codes: " + closes + ".",
        },
        "defaultContentType": "application/json",
        "servers": {
            "here": {
                "host": "{host}",
                "protocol": "ws",
                "description": "The server that this document is from; `wss` where it is reached by https.",
                "variables": {"host": {"default": "localhost:8080", "description": "Its name and port"}},
            }
        },
        "channels": {
            "socket": {
                "address": "/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "receiveFrames": _operation("receive", "What a client may send.", [_tag(kind, False) for kind in received]),
            "sendEvents": _operation("send", "What the server tells.", [_tag(kind, True) for kind in _SENT]),
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _operation(action: str, summary: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/socket/messages/{name}"} for name in names],
    }


def _message(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": str(kind.__struct_config__.tag),
        "title": str(kind.__struct_config__.tag),
        "summary": " ".join((kind.__doc__ or "").split()) if kind.__doc__ != msgspec.Struct.__doc__ else "",
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


def _tag(kind: type[msgspec.Struct], sent: bool) -> str:
    """`message` goes both ways: a name of its own for each way."""
    return f"{'event' if sent else 'frame'}_{kind.__struct_config__.tag}"
