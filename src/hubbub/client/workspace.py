"""The REST API of the workspace: what the server is called and looks like."""

from base64 import b64encode

from msgspec import UNSET, UnsetType

from hubbub.chat.workspace_shapes import Workspace
from hubbub.client.accounts import AccountClient, given
from hubbub.client.responses import PublicWorkspace


class WorkspaceClient(AccountClient):
    async def workspace(self) -> PublicWorkspace:
        """The workspace, and who may register; needs no session."""
        return await self._call("GET", "/api/workspace", PublicWorkspace)

    async def change_workspace(
        self,
        *,
        name: str | None | UnsetType = UNSET,
        accent: str | None | UnsetType = UNSET,
        welcome: str | None | UnsetType = UNSET,
        picture: None | UnsetType = UNSET,
    ) -> Workspace:
        """For administrators. Arguments left out stay unchanged; None restores a default. `accent`: such as #7a3cc8."""
        body = given(name=name, accent=accent, welcome=welcome, picture=picture)
        return await self._call("PATCH", "/api/workspace", Workspace, body)

    async def set_workspace_picture(self, picture: bytes) -> Workspace:
        """For administrators. `picture`: a PNG, JPEG or WebP file. The server crops it to a square."""
        return await self._call("PUT", "/api/workspace/picture", Workspace, {"image": b64encode(picture).decode()})
