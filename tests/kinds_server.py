"""`hubbub serve` with message kinds, as an extension registers them: `python -P tests/kinds_server.py hubbub serve`."""

import sys
from functools import partial
from pathlib import Path

import msgspec

from hubbub.chat.message_kinds import MessageKind, MessageKinds
from hubbub.server import app, cli

PREFIX = (sys.executable, "-P", str(Path(__file__)))
"""In front of the command of a `tests.server.Server`. `-P`: there is an `http.py` beside this file."""


class Poll(msgspec.Struct, forbid_unknown_fields=True):
    question: str
    options: list[str]


class Place(msgspec.Struct):
    latitude: float
    longitude: float
    label: str = ""


class Call(msgspec.Struct):
    seconds: int


def fail(call: Call) -> str:
    raise RuntimeError(f"no text for {call.seconds} s")


KINDS = MessageKinds(
    MessageKind("poll", Poll, text=lambda poll: f"{poll.question} {' / '.join(poll.options)}", max_bytes=500),
    MessageKind("place", Place, editable=True),
    MessageKind("call", Call, from_clients=False),
    MessageKind("broken", Call, text=fail),
)


def main() -> None:
    app.serve = partial(app.serve, kinds=KINDS)  # type: ignore[assignment]
    sys.argv = sys.argv[1:]
    cli.main()


if __name__ == "__main__":
    main()
