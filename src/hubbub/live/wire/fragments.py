"""A message that comes in several frames (RFC 6455, section 5.4)."""

FRAGMENTS_OF_A_FRAME = 8
"""How many fragments that go on with a message count as one frame: in parts it is still one message, within reason."""


class FragmentedMessage:
    """A message is taken whole or refused whole: none is delivered without some of its parts."""

    __slots__ = ("_parts", "_refused", "is_text")

    def __init__(self, is_text: bool) -> None:
        self.is_text = is_text
        self._parts: list[bytes] = []
        self._refused = 0

    def add(self, data: bytes, within_rate: bool) -> bool:
        """Add a fragment that was within the rate, or not. True: too many were not, for the first time or once more."""
        self._parts.append(data)
        if within_rate:
            return False
        self._refused += 1
        return self._refused % FRAGMENTS_OF_A_FRAME == 0

    @property
    def is_refused(self) -> bool:
        return self._refused > 0

    def whole(self) -> bytes:
        return b"".join(self._parts)
