"""The opening handshake, and the library's own machine for a connection, made only for those that need it.

`websockets` checks handshakes and negotiates compression (RFC 6455, section 4.2; RFC 7692). One object does so for
all connections; a machine per connection would cost as much memory as all else of the connection together.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from websockets.datastructures import Headers
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from hubbub.problem_details import MEDIA_TYPE, Code, unaddressed

_QUIET = logging.getLogger("hubbub.websockets")
_QUIET.setLevel("CRITICAL")
_SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
_DEFLATE = [ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)]


class Handshakes:
    """`subprotocol` is taken when it is offered; a client that offers none, or others only, goes without."""

    def __init__(self, subprotocol: str | None) -> None:
        self._rules = ServerProtocol(extensions=_DEFLATE, select_subprotocol=_select(subprotocol), logger=_QUIET)

    def answer(self, request: Request) -> tuple[bytes, Sequence[Extension]] | Response:
        """What to answer, and the extensions that were agreed on; or the refusal."""
        try:
            accept, agreed, subprotocol = self._rules.process_request(request)
        except Exception:  # the library finds the words for whatever it was
            return _explained(request, self._rules.accept(request))
        extensions, self._rules.extensions = self._rules.extensions, []
        lines = [_SWITCHING, accept]
        if agreed is not None:
            lines += ["\r\nSec-WebSocket-Extensions: ", agreed]
        if subprotocol is not None:
            lines += ["\r\nSec-WebSocket-Protocol: ", subprotocol]
        lines.append("\r\n\r\n")
        return "".join(lines).encode("ascii"), extensions


def takes_deflated(extensions: Sequence[Extension]) -> bool:
    """Whether a client that agreed to these understands `Frame.deflated`, which is compressed with the full window."""
    return any(
        isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == 15 for extension in extensions
    )


def _explained(request: Request, refused: Response) -> Response:
    """The library's refusal in the shape that all errors have. Another version is 426 (RFC 6455, section 4.2.2)."""
    other = request.headers.get_all("Sec-WebSocket-Version") not in (["13"], [])
    status = 426 if other else refused.status_code
    phrase = "Upgrade Required" if status == 426 else refused.reason_phrase
    code: Code = "upgrade_required" if status == 426 else "invalid_input"
    body = msgspec.json.encode(unaddressed(status, code, phrase, refused.body.decode().strip()))
    headers = Headers({"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"})
    if status == 426:
        headers.update({"Upgrade": "websocket", "Sec-WebSocket-Version": "13"})
    return Response(status, phrase, headers, body)


class Machine(ServerProtocol):
    """An open connection as the library sees it: fragments, compression, pings, the closing handshake, every error."""

    def __init__(self, extensions: Sequence[Extension], largest: int) -> None:
        super().__init__(state=OPEN, max_size=largest, logger=_QUIET)
        self.extensions = list(extensions)

    @property
    def is_idle(self) -> bool:
        """Between two messages, with nothing half read."""
        # The parser takes the head of a frame out of its buffer and then waits for the rest: an empty buffer does not
        # tell. Between two frames, and only there, it waits to see whether there is more at all.
        parser: Any = self.parser
        waiting = parser.gi_yieldfrom
        between = waiting is not None and waiting.gi_code is StreamReader.at_eof.__code__
        return self.state is OPEN and self.current_size is None and between

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # A client may close in the middle of a message (RFC 6455, section 5.4: it is dropped then).
            self.current_size = None
        super().recv_frame(frame)

    def let_go(self) -> None:
        """Not used any more. It refers to itself: without that it goes at once, with nothing left to the collector."""
        del self.parser


def _select(subprotocol: str | None) -> Callable[[ServerProtocol, Any], Any]:
    def select(protocol: ServerProtocol, offered: Any) -> Any:
        return subprotocol if subprotocol in offered else None

    return select
