"""`ETag` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1.2), where the whole answer is at hand anyway."""

from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec

ApiRequest = Request[object, object, State]
Shape = TypeVar("Shape")
NOT_MODIFIED: dict[int, ResponseSpec] = {
    304: ResponseSpec(None, generate_examples=False, description="It is as `If-None-Match` says")
}


def with_etag(request: ApiRequest, answer: Shape) -> Response[Shape]:
    """The answer with a tag of what is in it; 304 without a body to whoever holds it already."""
    tag = f'"{sha256(msgspec.json.encode(answer)).hexdigest()[:16]}"'
    if matches(request.headers.get("if-none-match"), tag):
        nothing: Any = b""
        return Response(nothing, status_code=304, headers={"ETag": tag})
    return Response(answer, headers={"ETag": tag})


def matches(asked: str | None, tag: str) -> bool:
    """Whether the tag is one of those in `If-None-Match`, which are compared weakly."""
    if asked is None:
        return False
    return asked.strip() == "*" or any(one.strip().removeprefix("W/") == tag for one in asked.split(","))
