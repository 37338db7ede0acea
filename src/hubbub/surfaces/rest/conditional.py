"""Conditional requests: `ETag` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1.2)."""

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
    """The answer with an `ETag` of its content; 304 without a body if `If-None-Match` has that tag."""
    tag = f'"{sha256(msgspec.json.encode(answer)).hexdigest()[:16]}"'
    if matches(request.headers.get("if-none-match"), tag):
        nothing: Any = b""
        return Response(nothing, status_code=304, headers={"ETag": tag})
    return Response(answer, headers={"ETag": tag})


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether `If-None-Match` has the tag, by weak comparison."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or any(
        one.strip().removeprefix("W/") == tag for one in if_none_match.split(",")
    )
