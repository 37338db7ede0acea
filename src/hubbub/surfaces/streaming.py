"""Long JSON lists streamed in batches, in constant memory."""

from collections.abc import AsyncIterator, Sequence

import msgspec
from litestar.response import Stream

_encoder = msgspec.json.Encoder()


async def stream_list(head: bytes, batches: AsyncIterator[Sequence[object]], tail: bytes) -> Stream:
    """JSON of `head`, the objects of all batches, `tail`. The first batch is read before the response, so that its
    errors are answered normally.

    A later error cuts the response off. What was sent is then invalid JSON, so no client takes it for the whole list.
    """
    empty: Sequence[object] = []
    first = await anext(batches, empty)

    async def parts() -> AsyncIterator[bytes]:
        yield head + _joined(first)
        has_items = bool(first)
        async for batch in batches:
            if batch:
                yield (b"," if has_items else b"") + _joined(batch)
                has_items = True
        yield tail

    return Stream(parts(), media_type="application/json")


def _joined(batch: Sequence[object]) -> bytes:
    return _encoder.encode(batch)[1:-1]
