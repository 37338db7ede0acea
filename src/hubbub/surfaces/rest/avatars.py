"""Uploaded avatars: set the caller's, read anybody's."""

from typing import Annotated

from litestar import Response, Router, get, put
from litestar.params import JSONBody, PathParameter

from hubbub.chat import profile_changes, requests
from hubbub.chat.shapes import Profile
from hubbub.surfaces.images import KIND
from hubbub.surfaces.rest.arguments import AppServices, Caller
from hubbub.surfaces.rest.conditional import NOT_MODIFIED, ApiRequest
from hubbub.surfaces.rest.picture_response import picture_response

Digest = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$", max_length=32)]


@put("/api/users/me/avatar", summary="Upload an avatar", operation_id="setAvatar")
async def set_avatar(data: JSONBody[requests.SetAvatar], services: AppServices, caller: Caller) -> Profile:
    """The image is cropped to a square of at most 256 pixels a side. A colour is set with the profile instead."""
    services.rate_limits.uploads.hit(caller.user)
    content = await services.images.avatar(caller.user, data.image)
    profile = await services.store.write(profile_changes.SetPicture(caller.user, KIND, content))
    services.presence.dress(profile.user)
    return profile


@get(
    "/api/avatars/{digest:str}",
    summary="An uploaded avatar",
    operation_id="getAvatar",
    media_type=KIND,
    responses=NOT_MODIFIED,
)
async def avatar(digest: Digest, request: ApiRequest, services: AppServices, caller: Caller) -> Response[bytes]:
    """The content of an address never changes. Browsers treat it as an image only."""
    picture = await services.store.read(profile_changes.PictureOf(digest))
    return picture_response(request, digest, picture.kind, picture.content, "avatar.webp", "private")


router = Router("/", route_handlers=[set_avatar, avatar], tags=["Users"])
