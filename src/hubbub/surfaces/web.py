"""The web client: files of the package, loaded into memory once, with their gzip-compressed forms.

Pages are revalidated on every request. Assets have a hash in their name and are cached for a year.
"""

from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from mimetypes import guess_type
from typing import NamedTuple

from litestar import Response, Router, get
from litestar.params import FromPath

from hubbub.errors import NotFound
from hubbub.surfaces.rest.arguments import AppServices
from hubbub.surfaces.rest.conditional import ApiRequest, matches

_KINDS = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}
_REVALIDATED = "no-cache"
_IMMUTABLE = "public, max-age=31536000, immutable"
_NOT_BUILT = b"The web client has not been built. Run `make web`, or install Hubbub with pip.\n"


class File(NamedTuple):
    content: bytes
    compressed: bytes | None
    kind: str
    tag: str

    @classmethod
    def of(cls, name: str, content: bytes, compressed: bytes | None = None) -> "File":
        return cls(content, compressed, _kind(name), f'"{sha256(content).hexdigest()[:16]}"')


def _load(folder: Traversable, path: str = "") -> dict[str, File]:
    """All files of a folder, by path. Read once, so that names from requests never reach the file system."""
    files: dict[str, File] = {}
    contents = {item.name: item for item in folder.iterdir() if not item.name.startswith(".")}
    for name, item in contents.items():
        if item.is_dir():
            files |= _load(item, f"{path}{name}/")
        elif not name.endswith(".gz"):
            packed = contents.get(f"{name}.gz")
            files[path + name] = File.of(name, item.read_bytes(), None if packed is None else packed.read_bytes())
    return files


def _kind(name: str) -> str:
    kind = next((kind for ending, kind in _KINDS.items() if name.endswith(ending)), None)
    return kind or guess_type(name)[0] or "application/octet-stream"


_FILES = _load(resources.files("hubbub") / "static")
_PAGE = "app/index.html"


@get(["/", "/join", "/chat/{room:str}", "/chat/{room:str}/{seq:str}"], include_in_schema=False)
async def page(request: ApiRequest) -> Response[bytes]:
    """The page of the client, which reads the room from the address."""
    if _PAGE not in _FILES:
        return Response(_NOT_BUILT, status_code=503, media_type="text/plain; charset=utf-8")
    return _serve(_PAGE, request)


@get("/worker.js", include_in_schema=False)
async def worker(request: ApiRequest) -> Response[bytes]:
    """The service worker, at the root so that its scope is the whole site."""
    return _serve("app/worker.js", request)


@get("/app/{path:path}", include_in_schema=False)
async def built_file(path: FromPath[str], request: ApiRequest) -> Response[bytes]:
    return _serve(f"app/{path.lstrip('/')}", request)


@get("/static/{name:str}", include_in_schema=False)
async def static_file(name: FromPath[str], request: ApiRequest) -> Response[bytes]:
    return _serve(name, request)


@get("/plugins/{plugin:str}/{name:str}", include_in_schema=False)
async def plugin_module(
    plugin: FromPath[str], name: FromPath[str], request: ApiRequest, services: AppServices
) -> Response[bytes]:
    """A module that a plugin adds to the client."""
    module = services.client_modules.find(plugin, name)
    return _answer(None if module is None else File.of(name, module.content), _REVALIDATED, request)


def _serve(name: str, request: ApiRequest) -> Response[bytes]:
    return _answer(_FILES.get(name), _IMMUTABLE if name.startswith("app/assets/") else _REVALIDATED, request)


def _answer(file: File | None, cached: str, request: ApiRequest) -> Response[bytes]:
    if file is None:
        raise NotFound("There is no such file.")
    headers = {"ETag": file.tag, "Cache-Control": cached, "Vary": "Accept-Encoding"}
    if matches(request.headers.get("if-none-match"), file.tag):
        return Response(b"", status_code=304, headers=headers)
    content = file.content
    if file.compressed is not None and _accepts_gzip(request.headers.get("accept-encoding", "")):
        content = file.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=file.kind, headers=headers)


def _accepts_gzip(accepted: str) -> bool:
    """Whether `gzip` is accepted (RFC 9110, section 12.5.3)."""
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


router = Router("/", route_handlers=[page, worker, built_file, static_file, plugin_module])
