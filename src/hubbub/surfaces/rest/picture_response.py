"""The answer with an uploaded picture."""

from typing import Literal

from litestar import Response

from hubbub.surfaces.rest.conditional import ApiRequest, matches


def picture_response(
    request: ApiRequest, digest: str, kind: str, content: bytes, name: str, cached_by: Literal["private", "public"]
) -> Response[bytes]:
    """304 if the browser has it. The content of an address never changes. Browsers treat it as an image only."""
    headers = {
        "Cache-Control": f"{cached_by}, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f"attachment; filename={name}",
        "ETag": f'"{digest}"',
    }
    if matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
