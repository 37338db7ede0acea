"""Uploaded images: decoded, cropped to a square, scaled down and encoded again, without the metadata of the original.

Each one in a process of its own (`thumbnailer`), one at a time, scheduled fairly between users.
"""

import binascii
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

from hubbub.errors import InvalidInput
from hubbub.surfaces import thumbnailer as squaring
from hubbub.surfaces.fair_queue import FairQueue

KIND = "image/webp"
_MOST, _MOST_EACH = 16, 2
_SECONDS = 20
"""Wall-clock time, generous for a busy machine. The limit on CPU time in `thumbnailer` is shorter."""


class Images:
    def __init__(self) -> None:
        self._queue = FairQueue("picture", 1, _MOST, _MOST_EACH)

    async def avatar(self, user: int, image: str) -> bytes:
        """A square WebP of at most 256 pixels a side. `image`: a PNG, JPEG or WebP file in base64.

        Raises:
            InvalidInput: the image cannot be decoded, is too large, or takes too long.
            Unavailable: too many images are waiting.
        """
        try:
            data = b64decode(image, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput("must be base64", "image", "bad_format") from error
        return await self._queue.run(str(user), _run_thumbnailer, data)

    def close(self) -> None:
        self._queue.close()


def _run_thumbnailer(data: bytes) -> bytes:
    # Isolated (-I): neither the environment nor the current folder changes what it imports.
    command = [sys.executable, "-I", str(Path(squaring.__file__))]
    try:
        done = subprocess.run(command, check=False, input=data, capture_output=True, timeout=_SECONDS)  # noqa: S603 - our own
    except subprocess.TimeoutExpired as error:
        raise InvalidInput("takes too long to read: make it smaller", "image", "unreadable") from error
    if done.returncode == squaring.INVALID_IMAGE:
        raise InvalidInput(done.stderr.decode(), "image", "unreadable")
    if done.returncode < 0:  # by a signal: it exceeded its CPU time
        raise InvalidInput("takes too long to read: make it smaller", "image", "unreadable")
    if done.returncode != 0:
        raise RuntimeError(f"pictures cannot be read here: {done.stderr.decode()[-500:]}")
    return done.stdout
