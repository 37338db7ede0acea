"""The web page at `/`: files that come with the package, served with a type and a tag that lets browsers keep them."""

from hashlib import sha256
from importlib import resources
from mimetypes import guess_type

from litestar import Request, Response, Router, get
from litestar.datastructures import State

from hubbub.errors import NotFound


def _load() -> dict[str, tuple[bytes, str, str]]:
    files = {}
    for file in (resources.files("hubbub") / "static").iterdir():
        content = file.read_bytes()
        kind = guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        files[file.name] = (content, kind, f'"{sha256(content).hexdigest()[:16]}"')
    return files


# All of it, read once: names from requests never reach the disk.
_FILES = _load()


@get("/", include_in_schema=False)
async def index(request: Request[object, object, State]) -> Response[bytes]:
    return _serve("index.html", request)


@get("/static/{name:str}", include_in_schema=False)
async def static_file(name: str, request: Request[object, object, State]) -> Response[bytes]:
    return _serve(name, request)


def _serve(name: str, request: Request[object, object, State]) -> Response[bytes]:
    if name not in _FILES:
        raise NotFound("There is no such file.")
    content, kind, tag = _FILES[name]
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


router = Router("/", route_handlers=[index, static_file])
