"""A readable page of an OpenAPI or AsyncAPI document: plain HTML made here, so it needs no script and no network."""

from html import escape
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")


def openapi_page(document: dict[str, Any]) -> str:
    parts = [
        _operation(method, path, operations[method])
        for path, operations in sorted(document["paths"].items())
        for method in _METHODS
        if method in operations
    ]
    return _page(document, "/api/openapi.json", "/api/live-reference", "Live events", parts)


def asyncapi_page(document: dict[str, Any]) -> str:
    parts = []
    for operation in document["operations"].values():
        parts.append(f"<h2>{escape(operation['summary'])}</h2>")
        for message in operation["messages"]:
            found = document["components"]["messages"][message["$ref"].rsplit("/", 1)[1]]
            parts.append(
                f"<section><h3><code>{escape(found['name'])}</code></h3><p>{escape(found['summary'])}</p>"
                f"{_fields(found['payload'], document)}</section>"
            )
    return _page(document, "/api/asyncapi.json", "/api/reference", "REST", parts)


def _page(document: dict[str, Any], source: str, other: str, other_name: str, parts: list[str]) -> str:
    info = document["info"]
    schemas = "".join(
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{escape(schema.get("description", ""))}</p>'
        f"{_fields(schema, document)}</section>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/reference.css"></head>'
        f"<body><header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info.get('description', ''))}</p>"
        f'<p><a href="{source}">The document</a> · <a href="{other}">{other_name}</a></p></header>'
        f"<main>{''.join(parts)}<h2>Shapes</h2>{schemas}</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}</td>"
        f"<td>{_type(parameter['schema'])}</td><td>{escape(parameter.get('description', ''))}</td></tr>"
        for parameter in operation.get("parameters", [])
    )
    parameters = f"<table>{rows}</table>" if rows else ""
    body = ""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        body = f"<p>Body: {_type(content['schema'])}</p>"
    answers = "".join(
        f"<li><code>{status}</code> {escape(answer['description'])}"
        + "".join(f" → {_type(content['schema'])}" for content in answer.get("content", {}).values())
        + "</li>"
        for status, answer in sorted(operation["responses"].items())
    )
    return (
        f"<section><h3><code>{method.upper()} {escape(path)}</code></h3>"
        f"<p><b>{escape(operation.get('summary', ''))}</b> "
        f"{escape(operation.get('description', ''))}</p>{parameters}{body}<ul>{answers}</ul></section>"
    )


def _fields(schema: dict[str, Any], document: dict[str, Any]) -> str:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{'' if name in required else 'optional'}</td>"
        f"<td>{_type(field)}</td><td>{escape(str(field.get('description', '')))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(_type(option) for option in schema[key])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = schema.get("type", "anything")
    return escape(" or ".join(kind) if isinstance(kind, list) else str(kind))
