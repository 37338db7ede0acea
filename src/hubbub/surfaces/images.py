"""Pictures people upload: looked at, cut to a square, made small and written anew, so that nothing of the original file
but its look is kept. Each in a process of its own (`squaring`), one at a time, in turns between those who upload.
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
"""By the clock, for a machine that is busy; of the processor's time it may have less."""


class Images:
    def __init__(self) -> None:
        self._queue = FairQueue("picture", 1, _MOST, _MOST_EACH)

    async def avatar(self, user: int, image: str) -> bytes:
        """A square WebP of at most 256 pixels a side, from base64.

        Raises:
            InvalidInput: it is no picture that can be used, or too large, or takes too long.
            Unavailable: too many are waiting.
        """
        try:
            data = b64decode(image, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput("must be base64", "image", "bad_format") from error
        return await self._queue.run(str(user), _run_thumbnailer, data)

    def close(self) -> None:
        self._queue.close()


def _run_thumbnailer(data: bytes) -> bytes:
    # Isolated (-I): neither the environment nor the folder it is started from has a say in what it imports.
    command = [sys.executable, "-I", str(Path(squaring.__file__))]
    try:
        done = subprocess.run(command, check=False, input=data, capture_output=True, timeout=_SECONDS)  # noqa: S603 - our own
    except subprocess.TimeoutExpired as error:
        raise InvalidInput("takes too long to read: make it smaller", "image", "unreadable") from error
    if done.returncode == squaring.INVALID_IMAGE:
        raise InvalidInput(done.stderr.decode(), "image", "unreadable")
    if done.returncode < 0:  # by a signal: it used up the time it may have
        raise InvalidInput("takes too long to read: make it smaller", "image", "unreadable")
    if done.returncode != 0:
        raise RuntimeError(f"pictures cannot be read here: {done.stderr.decode()[-500:]}")
    return done.stdout
