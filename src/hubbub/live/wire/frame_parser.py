"""Reading frames, as far as nearly all of them go: whole, not fragmented, not compressed, text or pong.

That is most of what a busy server reads, and the library's parser takes ten times as long for it. Everything else, and
everything that is wrong, is left to the library (RFC 6455, section 5.2).
"""

from websockets.utils import apply_mask as _apply_mask_in_python

try:
    from websockets.speedups import apply_mask
except ImportError:
    apply_mask = _apply_mask_in_python

TEXT, PONG = 0x1, 0xA
_TEXT_HEAD, _PONG_HEAD = 0x80 | TEXT, 0x80 | PONG  # FIN, no reserved bit
_MASKED = 0x80
_LONG, _VERY_LONG = 126, 127


def whole_frames(data: bytes, largest: int) -> tuple[list[tuple[int, bytes]], int]:
    """The frames at the beginning, as opcode and unmasked payload of at most `largest` bytes, and where they end."""
    frames: list[tuple[int, bytes]] = []
    at, end = 0, len(data)
    while end - at >= 6:
        head, size = data[at], data[at + 1]
        if (head != _TEXT_HEAD and head != _PONG_HEAD) or size < _MASKED:
            break
        size -= _MASKED
        mask = at + 2
        if size >= _LONG:
            if size == _VERY_LONG or head == _PONG_HEAD or end - at < 8:
                break
            size = data[mask] << 8 | data[mask + 1]
            mask += 2
        after = mask + 4 + size
        if after > end or size > largest:
            break
        frames.append((head & 0x0F, apply_mask(data[mask + 4 : after], data[mask : mask + 4])))
        at = after
    return frames, at
