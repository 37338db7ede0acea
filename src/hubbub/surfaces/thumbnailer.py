"""A program that reads an image from standard input and writes a small square one to standard output.

`images` runs it as a process of its own, which bounds the memory and CPU time of decoding. It imports nothing of
Hubbub. An error of the image goes to standard error, with the exit code INVALID_IMAGE.
"""

import os
import sys
from contextlib import suppress
from io import BytesIO

INVALID_IMAGE = 3
SIDE = 256
"""Pixels."""
_FORMATS = ("PNG", "JPEG", "WEBP")
_MOST_PIXELS = 2048 * 2048
_MOST_JPEG_PIXELS = 8192 * 8192
"""Larger, as a JPEG is decoded at a reduced scale: down to an eighth of its sides."""
_CPU_SECONDS = 5
_MEMORY_BYTES = 1 << 30
_NICE = 10


def main() -> int:
    _limit_resources()
    try:
        sys.stdout.buffer.write(square_thumbnail(sys.stdin.buffer.read()))
    except ValueError as error:
        sys.stderr.write(str(error))
        return INVALID_IMAGE
    return 0


def square_thumbnail(data: bytes) -> bytes:
    """A square WebP of at most SIDE pixels a side. Raises ValueError with what is wrong with the image."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as picture:
            most = _MOST_JPEG_PIXELS if picture.format == "JPEG" else _MOST_PIXELS
            if picture.width * picture.height > most:
                raise _InvalidImageError(f"has more than {most} pixels: make it smaller")
            if picture.mode.startswith("I"):
                raise _InvalidImageError("has 16 bits for each pixel: save it with 8")
            picture.draft(None, (2 * SIDE, 2 * SIDE))
            side = min(SIDE, picture.width, picture.height)
            # Scaled down before the conversion to RGBA, which takes four bytes per pixel.
            step = min(picture.width, picture.height) // (2 * side)
            decoded: Image.Image = picture.convert("RGBA") if picture.mode in ("1", "P", "PA") else picture
            small = decoded.reduce(step) if step > 1 else decoded
            small.info["exif"] = picture.info.get("exif", b"")
            upright = ImageOps.exif_transpose(small)
            square = ImageOps.fit(upright.convert("RGBA"), (side, side))
    except _InvalidImageError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError) as error:
        raise ValueError("is not a PNG, JPEG or WebP picture") from error
    except Image.DecompressionBombError as error:
        raise ValueError("has too many pixels: make it smaller") from error
    # Metadata is dropped: it may hold where a photo was taken.
    square.info.clear()
    written = BytesIO()
    square.save(written, "WEBP", quality=85, exif=b"")
    return written.getvalue()


class _InvalidImageError(ValueError):
    """Its text is shown to the user."""


def _limit_resources() -> None:
    try:
        import resource
    except ImportError:
        return  # not on this system; the time limit of `images` remains
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        os.nice(_NICE)


if __name__ == "__main__":
    sys.exit(main())
