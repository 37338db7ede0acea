"""The OpenAPI 3.1 document: Litestar's, made exact.

Added here: the error shape of every call, lengths that depend on the settings, and examples from those of the fields.
"""

import json
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any, get_args

import msgspec
from litestar import Litestar

from hubbub.chat import accounts, profile_changes, rooms
from hubbub.chat.limits import Limits
from hubbub.chat.requests import Request
from hubbub.chat.shapes import LARGEST_ID, NoticeKind
from hubbub.problem_details import Problem
from hubbub.surfaces.reference.fields import meaning
from hubbub.surfaces.reference.responses import errors_of, headers_of

Schema = dict[str, Any]

_SIGNING_IN = """The REST API of Hubbub. Live events are described by `/api/asyncapi.json`.

To sign in, register with `POST /api/users`, then `POST /api/login` gives a token. Send it with every call:
`Authorization: Bearer <token>`. A page in a browser asks for `"cookie": true` instead and gets an HttpOnly cookie.
A session ends with `POST /api/logout`, or when it has not been used for a long time.

Errors are `application/problem+json`; their codes are listed at `/api/errors`."""
_IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGMwTjsDAAI1AWaKkkQyAAAAAElFTkSuQmCC"
# Examples of bodies that need more than their required fields.
_BODIES: dict[str, Schema] = {
    "SendMessageTo": {"to": "bob", "content": "Hello!"},
    "NewMessage": {"message": "Hello!", "dest_username": "bob"},
    "ChangeMember": {"muted": True},
    "ChangeConversation": {"archived": True},
    "ChangeRoom": {"topic": "Whatever comes up"},
    "SetAvatar": {"image": _IMAGE},
    "SetWorkspacePicture": {"image": _IMAGE},
}
# Calls whose answer may also be a stream of events.
_EVENTS = (
    "retry: 2000\nid: room-1-1\n\n"
    'id: room-1-2\nevent: message\ndata: {"type":"message","room":1,"seq":1,"version":2,…}\n\n'
)
_STREAMS = {"subscribeChatRoom", "subscribeDirectMessages"}


def document(app: Litestar, limits: Limits) -> Schema:
    schema: Schema = app.openapi_schema.to_schema()
    (_,), components = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    schemas: Schema = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    schemas.update(_bodies(schemas))
    # Litestar leaves out what is beside the type.
    schemas["Notice"]["properties"]["kind"]["enum"] = list(get_args(NoticeKind))
    for part in _parts(schema):
        _bound(part, limits)
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "responses" in operation:
                for parameter in operation.get("parameters", ()):
                    parameter["schema"] = _parameter(parameter["schema"])
                    if not parameter.get("description") and (means := meaning("", parameter["name"])) is not None:
                        parameter["description"] = means
                _complete(method, path, operation, schemas)
    described = {
        (kind.__name__, frozenset(kind.__struct_encode_fields__)): cleandoc(kind.__doc__ or "")
        for kind in _subclasses(msgspec.Struct)
        if kind.__module__.startswith(("hubbub.chat.", "hubbub.surfaces.")) and kind.__doc__ != msgspec.Struct.__doc__
    }
    for name, shape in schemas.items():
        if words := described.get((name, frozenset(shape.get("properties", ())))):
            shape.setdefault("description", words)
        if "description" in shape:
            # Where msgspec made the schema it is the docstring as it stands in the source.
            shape["description"] = cleandoc(shape["description"])
        for field, schema_of_field in shape.get("properties", {}).items():
            if not schema_of_field.get("description") and (means := meaning(name, field)) is not None:
                schema_of_field["description"] = means
            _describe_default(schema_of_field)
    schema["info"]["description"] = _SIGNING_IN
    return schema


def _describe_default(field: Schema) -> None:
    """Move the default into the description: openapi-typescript treats a field with a default as always present."""
    default = field.pop("default", None)
    if default not in (None, [], {}):
        text = f"Left out: `{json.dumps(default)}`."
        field["description"] = f"{field['description']}. {text}" if field.get("description") else text


def _bodies(schemas: Schema) -> Schema:
    """Schemas of request bodies from msgspec, which has all bounds and forbids unknown fields."""
    kinds = [kind for kind in _subclasses(Request) if kind.__name__ in schemas]
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return components


def _subclasses(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    children: list[type[msgspec.Struct]] = kind.__subclasses__()
    for child in children:
        yield child
        yield from _subclasses(child)


def _parameter(schema: Schema) -> Schema:
    """The schema of a parameter, with the minimum of 0 that Litestar leaves out, and with bounds inside `oneOf`."""
    kinds = [kind for kind in schema.pop("oneOf", ()) if kind.get("type") != "null"]
    exact = {**schema, **kinds[0]} if kinds else schema
    if exact.get("type") == "integer":
        exact.setdefault("minimum", 0)
    return {"oneOf": [exact, {"type": "null"}]} if kinds else exact


def _complete(method: str, path: str, operation: Schema, schemas: Schema) -> None:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    # Litestar documents its own error shape.
    operation["responses"] = {code: response for code, response in operation["responses"].items() if code < "400"}
    for status, means in errors_of(operation, method, path).items():
        operation["responses"][status] = {"description": means, "content": content}
    if operation["operationId"] in ("ready", "readyToRead"):
        unavailable = {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}
        operation["responses"]["503"] = {"description": "The store does not answer", "content": unavailable}
    for status, response in operation["responses"].items():
        if headers := headers_of(operation["operationId"], status):
            response["headers"] = headers
    if "201" in operation["responses"]:
        operation["responses"]["201"]["description"] = "Created"
    if operation["operationId"] in _STREAMS:
        stream = {"schema": {"type": "string"}, "examples": {"example": {"value": _EVENTS}}}
        operation["responses"]["200"]["content"]["text/event-stream"] = stream
    body = operation.get("requestBody")
    if body is not None:
        kinds = body["content"]["application/json"]["schema"]
        body["required"] = not any(kind.get("type") == "null" for kind in kinds.get("oneOf", ()))
    operation["responses"].get("204", {}).pop("content", None)
    for holder in (body, *operation["responses"].values()):
        for kind, media in (holder or {}).get("content", {}).items():
            if kind == "application/json":
                media["examples"] = {"example": {"value": _example(media["schema"], schemas)}}


def _bound(part: Schema, limits: Limits) -> None:
    """Bounds of integers as integers, and lengths of strings from the settings."""
    for edge in ("maximum", "minimum"):
        if isinstance(part.get(edge), float):
            part[edge] = min(int(part[edge]), LARGEST_ID)
    lengths = {
        "username": (1, limits.username_length),
        "password": (limits.password_min, limits.password_max),
        "message": (1, limits.message_length),
        "message-of-kind": (0, limits.message_length),
        "display-name": (1, accounts.LONGEST_DISPLAY_NAME),
        "status-text": (0, profile_changes.LONGEST_STATUS_TEXT),
        "pronouns": (0, profile_changes.LONGEST_PRONOUNS),
        "title": (0, profile_changes.LONGEST_TITLE),
        "time-zone": (0, profile_changes.LONGEST_TIME_ZONE),
        "locale": (0, profile_changes.LONGEST_LOCALE),
        "avatar": (7, 7),
        "room-name": (1, rooms.LONGEST_NAME),
        "topic": (1, rooms.LONGEST_TOPIC),
    }
    if part.get("type") == "string" and part.get("format") in lengths:
        part["minLength"], part["maxLength"] = lengths[part["format"]]


def _parts(node: Any) -> Iterator[Schema]:
    """Every object in the document."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _parts(child)
    elif isinstance(node, list):
        for child in node:
            yield from _parts(child)


def _example(schema: Schema, schemas: Schema) -> Any:
    """An example of the schema: from the examples of its fields, else the simplest value."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _BODIES.get(name) or _example(schemas[name], schemas)
    if schema.get("examples"):
        examples = schema["examples"]
        return next(iter(examples.values()))["value"] if isinstance(examples, dict) else examples[0]
    if "default" in schema and "properties" not in schema and "examples" not in str(schema):
        return schema["default"]
    for fixed in ("const", "enum"):
        if fixed in schema:
            return schema[fixed][0] if fixed == "enum" else schema[fixed]
    for choice in ("anyOf", "oneOf"):
        if choice in schema and "properties" not in schema:
            return _example(schema[choice][0], schemas)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        return [_example(schema.get("items", {}), schemas)]
    if kind == "object":
        required, fields = schema.get("required", ()), schema.get("properties", {})
        shown = [name for name, field in fields.items() if name in required or "examples" in str(field)]
        return {name: _example(fields[name], schemas) for name in shown}
    return {"integer": 1, "number": 1, "boolean": False, "string": "text", "null": None}.get(str(kind))
