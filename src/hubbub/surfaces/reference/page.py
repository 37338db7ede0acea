"""HTML pages of the OpenAPI and AsyncAPI documents, without scripts or external resources."""

import json
import re
from html import escape
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")


def openapi_page(document: dict[str, Any]) -> str:
    """A table of contents, the calls by subject, and the shapes."""
    subjects: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in sorted(document["paths"].items()):
        for method in _METHODS:
            if method in operations:
                subjects.setdefault(operations[method]["tags"][0], []).append((method, path, operations[method]))
    parts = []
    for subject, calls in subjects.items():
        parts.append(f'<h2 id="{_anchor(subject)}">{escape(subject)}</h2>')
        parts += [_operation(method, path, operation) for method, path, operation in calls]
    return _page(document, "/api/openapi.json", "/api/live-reference", "Live events", [_contents(subjects), *parts])


def _contents(subjects: dict[str, list[tuple[str, str, dict[str, Any]]]]) -> str:
    entries = "".join(
        f"<details><summary>{escape(subject)}</summary><ul>"
        + "".join(
            f'<li><a href="#{operation["operationId"]}"><code>{method.upper()} {escape(path)}</code></a> '
            f"{escape(operation.get('summary', ''))}</li>"
            for method, path, operation in calls
        )
        + "</ul></details>"
        for subject, calls in subjects.items()
    )
    return f'<nav aria-label="Calls"><h2>Calls</h2>{entries}</nav>'


def _example(message: dict[str, Any]) -> str:
    return json.dumps(message["examples"][0]["payload"], ensure_ascii=False)


def asyncapi_page(document: dict[str, Any]) -> str:
    parts = []
    for operation in document["operations"].values():
        parts.append(f"<h2>{escape(operation['summary'])}</h2>")
        for message in operation["messages"]:
            found = document["components"]["messages"][message["$ref"].rsplit("/", 1)[1]]
            parts.append(
                f"<section><h3><code>{escape(found['name'])}</code></h3><p>{escape(found['summary'])}</p>"
                f"{_fields(found['payload'], document)}<pre><code>{escape(_example(found))}</code></pre></section>"
            )
    return _page(document, "/api/asyncapi.json", "/api/reference", "REST", parts)


def _page(document: dict[str, Any], source: str, other: str, other_name: str, parts: list[str]) -> str:
    info = document["info"]
    schemas = "".join(
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{text(schema.get("description", ""))}</p>'
        f"{_fields(schema, document)}</section>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/reference.css"></head>'
        f"<body><header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f"{''.join(f'<p>{text(part)}</p>' for part in info.get('description', '').split(chr(10) * 2))}"
        f'<p><a href="{source}">The document</a> · <a href="{other}">{other_name}</a></p></header>'
        f"<main>{''.join(parts)}<h2>Shapes</h2>{schemas}</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}</td>"
        f"<td>{_type(parameter['schema'])}</td><td>{text(parameter.get('description', ''))}</td></tr>"
        for parameter in operation.get("parameters", [])
    )
    parameters = _table(("Parameter", "In", "Type", "Meaning"), rows)
    body = "".join(
        f"<p>Body: {_type(content['schema'])}</p>"
        for content in operation.get("requestBody", {}).get("content", {}).values()
    )
    answers = "".join(
        f"<tr><td><code>{status}</code></td><td>{text(answer['description'])}</td><td>"
        + " or ".join(_type(content["schema"]) for content in answer.get("content", {}).values())
        + f"</td><td>{', '.join(f'<code>{name}</code>' for name in answer.get('headers', {}))}</td></tr>"
        for status, answer in sorted(operation["responses"].items())
    )
    return (
        f'<section id="{operation["operationId"]}"><h3><code>{method.upper()} {escape(path)}</code></h3>'
        f"<p><b>{escape(operation.get('summary', ''))}</b>. {text(operation.get('description', ''))}</p>"
        f"{parameters}{body}"
        f"<pre><code>{escape(curl(method, path, operation))}</code></pre>{_shown(operation)}"
        f"{_table(('Status', 'Meaning', 'Body', 'Headers'), answers)}</section>"
    )


def curl(method: str, path: str, operation: dict[str, Any]) -> str:
    """The call as a shell command, with `$HUBBUB` for the server's URL and `$TOKEN` for the token from `login`."""
    parts = ["curl -s"] if method == "get" else [f"curl -s -X {method.upper()}"]
    if operation.get("security") != [{}]:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    for content in operation.get("requestBody", {}).get("content", {}).values():
        value = json.dumps(content["examples"]["example"]["value"], ensure_ascii=False)
        parts.append(f"-H 'Content-Type: application/json' -d '{value}'")
    query = [
        f"{parameter['name']}={next(iter(parameter['examples'].values()))['value']}"
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and parameter["required"]
    ]
    return " ".join([*parts, f'"$HUBBUB{path}?{"&".join(query)}"' if query else f"$HUBBUB{path}"])


def _shown(operation: dict[str, Any]) -> str:
    """The JSON of an answer, folded."""
    for status in ("200", "201"):
        content = operation["responses"].get(status, {}).get("content", {}).get("application/json", {})
        if "examples" in content:
            value = json.dumps(content["examples"]["example"]["value"], ensure_ascii=False, indent=2)
            return f"<details><summary>An answer</summary><pre><code>{escape(value)}</code></pre></details>"
    return ""


def _table(heads: tuple[str, ...], rows: str) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""


def _anchor(subject: str) -> str:
    return "about-" + re.sub(r"[^a-z0-9]+", "-", subject.lower())


def text(plain_text: str) -> str:
    """Escaped HTML, with text in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(plain_text))


def _fields(schema: dict[str, Any], document: dict[str, Any]) -> str:
    if "allOf" in schema:
        return "".join(_fields(part, document) for part in schema["allOf"])
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{'' if name in required else 'optional'}</td>"
        f"<td>{_type(field)}</td><td>{text(str(field.get('description', '')))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    return _table(("Field", "", "Type", "Meaning"), rows)


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
