"""What may be there or not: a client that asks whether it is does not call its absence an error."""

from collections.abc import Awaitable
from typing import Annotated, Literal, TypeVar

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from hubbub.errors import NotFound

Missing = Annotated[
    Literal["error", "empty"],
    QueryParameter(description="What is answered if there is none: an error, or `empty`, 204"),
]
NOTHING: dict[int, ResponseSpec] = {
    204: ResponseSpec(None, generate_examples=False, description="There is none, and the call has `missing=empty`")
}
Found = TypeVar("Found")


async def found(reading: Awaitable[Found], reason: str, missing: str) -> Response[Found | None]:
    """What was read; 204 if it is missing for this reason and the caller wants that."""
    try:
        return Response(await reading)
    except NotFound as error:
        if missing == "error" or error.reason != reason:
            raise
        return Response(None, status_code=204)
