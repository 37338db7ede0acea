"""HTML pages of the error codes, `/api/errors/{code}`: the `type` of a problem (RFC 9457)."""

import re
from html import escape

from hubbub.errors import NotFound
from hubbub.problem_details import KINDS, PAGES, Kind

_CODE = re.compile(r"`([^`]*)`")


def index() -> str:
    """The page of all codes."""
    rows = "".join(
        f'<tr><td><a href="{PAGES}{code}"><code>{code}</code></a></td><td>{kind.status}</td>'
        f"<td>{_text(kind.meaning)}</td></tr>"
        for code, kind in KINDS.items()
    )
    head = '<thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>'
    return _page("Errors of the API", f"<table>{head}<tbody>{rows}</tbody></table>")


def page(code: str) -> str:
    """The page of one code. Raises NotFound."""
    kind: Kind | None = {str(known): kind for known, kind in KINDS.items()}.get(code)
    if kind is None:
        raise NotFound("There is no such error code. See /api/errors.")
    headers = "".join(f"<li><code>{name}</code></li>" for name in kind.headers)
    headers_list = f"<h2>Headers</h2><ul>{headers}</ul>" if headers else ""
    return _page(
        kind.title,
        f"<p><code>{escape(code)}</code> · HTTP status {kind.status}</p>"
        f"<h2>What it means</h2><p>{_text(kind.meaning)}</p><h2>What to do</h2><p>{_text(kind.cure)}</p>{headers_list}",
    )


def _text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Hubbub</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/reference.css"></head>'
        f"<body><header><h1>{escape(title)}</h1></header><main>{body}</main>"
        '<footer><p><a href="/api/errors">All errors</a> · <a href="/api/reference">REST</a> · '
        '<a href="/api/live-reference">Live events</a></p></footer></body></html>'
    )
