"""The REST API described as OpenAPI 3.1: what Litestar reads off the handlers, with our one error shape."""

from typing import Any

import msgspec

from hubbub.surfaces.api.responses import Problem

_ERRORS = {
    "400": "invalid_input: what is wrong, and in which field",
    "401": "not_authenticated",
    "403": "not_allowed",
    "404": "not_found: it does not exist, or not for you",
    "409": "conflict",
    "413": "too_large",
    "422": "limit_exceeded",
    "429": "rate_limited: see Retry-After",
    "503": "unavailable: see Retry-After",
}


def finished(schema: dict[str, Any]) -> dict[str, Any]:
    """Litestar's document with the error answers every call may give."""
    (_,), components = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    schema.setdefault("components", {}).setdefault("schemas", {}).update(components)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in schema["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                for status, meaning in _ERRORS.items():
                    operation["responses"][status] = {"description": meaning, "content": content}
    return schema
