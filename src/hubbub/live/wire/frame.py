"""An event on the wire: encoded once, framed once, compressed at most once, whatever the number of receivers.

Frames are a server's: unmasked (RFC 6455, section 5.2). With permessage-deflate and no context takeover
(RFC 7692, section 7.1.1) a compressed message is the same for all who negotiated it too; below a size that is worth
it, it is sent as it is, which the extension allows.
"""

import zlib

import msgspec

TEXT, BINARY = 1, 2
_WORTH_COMPRESSING = 512
_encoder = msgspec.json.Encoder()


class Frame:
    """The bytes of one event. `plain` is understood by everyone; `deflated` by those who negotiated it."""

    __slots__ = ("_deflated", "_first", "_payload", "plain")

    def __init__(self, payload: bytes, opcode: int = TEXT) -> None:
        self._first = 0x80 | opcode  # FIN
        self.plain = _framed(self._first, payload)
        self._payload: bytes | None = payload if len(payload) >= _WORTH_COMPRESSING else None
        self._deflated: bytes | None = None

    @classmethod
    def of(cls, event: object) -> "Frame":
        return cls(_encoder.encode(event))

    @property
    def worth_compressing(self) -> bool:
        return self._payload is not None

    @property
    def deflated(self) -> bytes:
        if self._deflated is None:
            if self._payload is None:
                return self.plain
            squeezer = zlib.compressobj(wbits=-15, memLevel=8)
            squeezed = squeezer.compress(self._payload) + squeezer.flush(zlib.Z_SYNC_FLUSH)
            # The sync flush's empty block is implied (RFC 7692, section 7.2.1).
            self._deflated = _framed(self._first | 0x40, squeezed[:-4])  # RSV1
        return self._deflated


def payload(framed: bytes) -> bytes:
    """The payload of an uncompressed frame."""
    length = framed[1]
    return framed[2:] if length < 126 else framed[4:] if length == 126 else framed[10:]


def _framed(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65536:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload
