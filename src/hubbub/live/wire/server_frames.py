"""Frames for one connection only: where it stands in a room, errors, and the last frame before it closes."""

from msgspec import Struct

from hubbub.error_reasons import Reason
from hubbub.errors import FieldError, HubbubError, InvalidInput, RateLimited, Unavailable


class SyncedEvent(Struct, tag_field="type", tag="synced"):
    """All changes up to this version of the room have been sent. Live events follow."""

    room: int
    version: int


class ResyncEvent(Struct, tag_field="type", tag="resync"):
    """Too much changed to send: discard the room's messages and read its last page. Later events follow."""

    room: int
    version: int


class ErrorEvent(Struct, tag_field="type", tag="error", omit_defaults=True):
    """Something was refused. `ref` is that of the frame, `room` is set when a room could not be resumed,
    `errors` when fields of the frame are wrong; `reason` says more exactly what the code means here."""

    code: str
    detail: str
    ref: int | str | None = None
    room: int | None = None
    retry_after: float | None = None
    errors: list[FieldError] = []
    reason: Reason | None = None


class DisconnectEvent(Struct, tag_field="type", tag="disconnect", omit_defaults=True):
    """The server closes now, with this code. Come back after `retry_after` seconds, if given."""

    code: int
    reason: str
    retry_after: float | None = None


def refusal(code: str, detail: str, room: int, reason: Reason | None = None) -> ErrorEvent:
    return ErrorEvent(code, detail, room=room, reason=reason)


def error_event(error: HubbubError, ref: int | str | None = None) -> ErrorEvent:
    retry_after = round(error.retry_after, 1) if isinstance(error, RateLimited | Unavailable) else None
    errors = error.errors if isinstance(error, InvalidInput) else []
    return ErrorEvent(error.code, str(error), ref, retry_after=retry_after, errors=errors, reason=error.reason)
