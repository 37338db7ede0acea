"""Long lists sent as they are read, so that memory stays flat however long they are."""

from collections.abc import AsyncIterator, Sequence

import msgspec
from litestar.response import Stream

_encoder = msgspec.json.Encoder()


async def stream_list(head: bytes, batches: AsyncIterator[Sequence[object]], tail: bytes) -> Stream:
    """JSON of `head`, the objects of all batches, `tail`. The first batch is read here, so that its errors can be told.

    An error later on breaks the answer off: what was sent is no valid JSON, and no client takes it for the whole.
    """
    nothing: Sequence[object] = []
    first = await anext(batches, nothing)

    async def parts() -> AsyncIterator[bytes]:
        yield head + _joined(first)
        begun = bool(first)
        async for batch in batches:
            if batch:
                yield (b"," if begun else b"") + _joined(batch)
                begun = True
        yield tail

    return Stream(parts(), media_type="application/json")


def _joined(batch: Sequence[object]) -> bytes:
    return _encoder.encode(batch)[1:-1]
