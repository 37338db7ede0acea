"""What one connection may take."""

from msgspec import Struct


class Bounds(Struct, frozen=True):
    """What one connection may take. Sizes in bytes, times in seconds; `frames_per_second` 0: no limit."""

    frame: int = 131_072
    waiting: int = 1 << 20
    frames_per_second: float = 50
    burst: float = 100
    heartbeat: int = 25
