"""Which frame an error answers."""

import msgspec

from hubbub.surfaces.socket import frames


def reference(text: str) -> int | str | None:
    """The `ref` of an invalid frame, if it can be read, so that the sender knows which frame it was."""
    try:
        loose = msgspec.json.decode(text, type=_Reference)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return loose.ref


class _Reference(msgspec.Struct):
    ref: frames.Ref | None = None
