"""Errors as `error` events."""

import msgspec

from hubbub.errors import HubbubError, InvalidInput, RateLimited, Unavailable
from hubbub.live.wire.server_frames import ErrorEvent
from hubbub.surfaces.socket import frames


def error_event(error: HubbubError, ref: int | str | None = None) -> ErrorEvent:
    retry_after = round(error.retry_after, 1) if isinstance(error, RateLimited | Unavailable) else None
    errors = error.errors if isinstance(error, InvalidInput) else []
    return ErrorEvent(error.code, str(error), ref, retry_after=retry_after, errors=errors, reason=error.reason)


def reference(text: str) -> int | str | None:
    """The `ref` of an invalid frame, if it can be read, so that the sender knows which frame it was."""
    try:
        loose = msgspec.json.decode(text, type=_Reference)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return loose.ref


class _Reference(msgspec.Struct):
    ref: frames.Ref | None = None
