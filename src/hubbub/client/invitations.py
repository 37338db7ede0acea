"""The REST API of invitations."""

from urllib.parse import quote

from msgspec import Struct

from hubbub.chat.invitation_shapes import Invitation, InvitationPreview, InvitedRoom, NewInvitation
from hubbub.client.accounts import AccountClient

_USUAL_SECONDS = 7 * 86_400


class Invitations(Struct):
    invitations: list[Invitation]
    has_more: bool


class InvitedRooms(Struct):
    rooms: list[InvitedRoom]


class InvitationClient(AccountClient):
    async def invite(
        self, uses: int | None = None, expires_in: int = _USUAL_SECONDS, rooms: list[int] | None = None
    ) -> NewInvitation:
        """A link to give away. `uses`: how many may come, None: any number; `expires_in`: seconds; `rooms`: which they
        join."""
        body = {"uses": uses, "expires_in": expires_in, "rooms": rooms or []}
        return await self._call("POST", "/api/invitations", NewInvitation, body)

    async def invitations(self, everybody: bool = False, before: int | None = None, limit: int = 50) -> Invitations:
        """A page of your invitations, the latest first. `everybody`: those of all accounts, for administrators."""
        place = "" if before is None else f"&before={before}"
        path = f"/api/invitations?everybody={str(everybody).lower()}&limit={limit}{place}"
        return await self._call("GET", path, Invitations)

    async def invitation(self, code: str) -> InvitationPreview:
        """What an invitation is for; needs no session. Raises NotFound if nobody can use it any more."""
        return await self._call("GET", f"/api/invitations/{quote(code, safe='')}", InvitationPreview)

    async def join_by_invitation(self, code: str) -> list[InvitedRoom]:
        """Join the rooms of an invitation with the account that is signed in; returns all that it leads to."""
        path = f"/api/invitations/{quote(code, safe='')}/join"
        return (await self._call("POST", path, InvitedRooms)).rooms

    async def revoke_invitation(self, invitation: int) -> None:
        await self._call("DELETE", f"/api/invitations/{invitation}", None)
