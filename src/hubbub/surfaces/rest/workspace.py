"""`/api/workspace`: the name, picture, accent colour and welcome text of the server."""

from typing import Annotated

from litestar import Response, Router, get, patch, put
from litestar.params import JSONBody, PathParameter
from msgspec.structs import asdict

from hubbub.chat import requests, workspace
from hubbub.chat.workspace_shapes import Workspace
from hubbub.surfaces.images import KIND
from hubbub.surfaces.rest.arguments import AppServices, Caller
from hubbub.surfaces.rest.conditional import NOT_MODIFIED, ApiRequest
from hubbub.surfaces.rest.picture_response import picture_response
from hubbub.surfaces.rest.responses import PublicWorkspace

Digest = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$", max_length=32)]


@get("/api/workspace", summary="The workspace", operation_id="getWorkspace", security=[{}])
async def this_workspace(services: AppServices) -> PublicWorkspace:
    """What the server is called and looks like, and who may register. For everybody, signed in or not."""
    found = await services.store.read(workspace.ThisWorkspace())
    newcomers = await services.credentials.newcomers()
    needs_token = newcomers == "first" and services.credentials.registration.setup_token
    return PublicWorkspace(**asdict(found), registration=newcomers, setup_token=needs_token)


@patch("/api/workspace", summary="Change the workspace", operation_id="changeWorkspace")
async def change_workspace(
    data: JSONBody[requests.ChangeWorkspace], services: AppServices, caller: Caller
) -> Workspace:
    """For administrators. Fields that are left out stay unchanged; null restores a default."""
    return await services.store.write(
        workspace.ChangeWorkspace(caller.user, data.name, data.accent, data.welcome, data.picture)
    )


@put("/api/workspace/picture", summary="Upload the workspace's picture", operation_id="setWorkspacePicture")
async def set_picture(data: JSONBody[requests.SetWorkspacePicture], services: AppServices, caller: Caller) -> Workspace:
    """For administrators. The image is cropped to a square of at most 256 pixels a side."""
    await services.store.read(workspace.MayChangeWorkspace(caller.user))
    services.rate_limits.uploads.hit(caller.user)
    content = await services.images.avatar(caller.user, data.image)
    return await services.store.write(workspace.SetWorkspacePicture(caller.user, KIND, content))


@get(
    "/api/workspace/picture/{digest:str}",
    summary="The workspace's picture",
    operation_id="getWorkspacePicture",
    media_type=KIND,
    responses=NOT_MODIFIED,
    security=[{}],
)
async def picture(digest: Digest, request: ApiRequest, services: AppServices) -> Response[bytes]:
    """For everybody, signed in or not. The content of an address never changes."""
    found = await services.store.read(workspace.WorkspacePictureOf(digest))
    return picture_response(request, digest, found.kind, found.content, "workspace.webp", "public")


router = Router("/", route_handlers=[this_workspace, change_workspace, set_picture, picture], tags=["Workspace"])
