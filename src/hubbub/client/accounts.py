"""The REST API of one account: signing in, sessions, the profile, other people."""

from base64 import b64encode
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from hubbub.chat.shapes import Profile, Session, User
from hubbub.client.responses import Sessions, SignedIn, Users
from hubbub.client.transport import Shape, Transport


def given(**fields: object) -> dict[str, object]:
    """The fields that are not UNSET: the server leaves the others unchanged."""
    return {name: value for name, value in fields.items() if value is not UNSET}


class AccountClient:
    """The part of a `Client` that needs no room."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.user: User | None = None
        self.session: int | None = None
        self._transport = Transport(self.url, timeout)

    async def register(
        self,
        username: str,
        password: str,
        display_name: str | None = None,
        invitation: str | None = None,
        setup_token: str | None = None,
    ) -> User:
        """`invitation`: the code of one. `setup_token`: what the server printed, for the first account."""
        body: dict[str, object] = {"username": username, "password": password, "display_name": display_name}
        # Servers of older versions know neither.
        optional = {"invitation": invitation, "setup_token": setup_token}
        body |= {name: value for name, value in optional.items() if value is not None}
        return await self._call("POST", "/api/users", User, body)

    async def sign_in(self, username: str, password: str, device: str | None = None) -> User:
        answer = await self._call(
            "POST", "/api/login", SignedIn, {"username": username, "password": password, "device": device}
        )
        self.token, self.user, self.session = answer.token, answer.user, answer.session
        return answer.user

    async def sign_out(self) -> None:
        await self._call("POST", "/api/logout", None)
        self.token = None

    async def sessions(self) -> list[Session]:
        return (await self._call("GET", "/api/sessions", Sessions)).sessions

    async def end_session(self, session: int) -> None:
        await self._call("DELETE", f"/api/sessions/{session}", None)

    async def profile(self) -> Profile:
        return await self._call("GET", "/api/users/me", Profile)

    async def change_profile(
        self,
        *,
        display_name: str | UnsetType = UNSET,
        avatar: str | None | UnsetType = UNSET,
        status_text: str | None | UnsetType = UNSET,
        time_zone: str | None | UnsetType = UNSET,
        locale: str | None | UnsetType = UNSET,
        status_emoji: str | None | UnsetType = UNSET,
        status_until: str | None | UnsetType = UNSET,
        pronouns: str | None | UnsetType = UNSET,
        title: str | None | UnsetType = UNSET,
    ) -> Profile:
        """Arguments left out stay unchanged; None clears a field. `status_until`: when the status ends (RFC 3339)."""
        body = given(
            display_name=display_name,
            avatar=avatar,
            status_text=status_text,
            time_zone=time_zone,
            locale=locale,
            status_emoji=status_emoji,
            status_until=status_until,
            pronouns=pronouns,
            title=title,
        )
        return await self._call("PATCH", "/api/users/me", Profile, body)

    async def set_avatar(self, picture: bytes) -> Profile:
        """`picture`: a PNG, JPEG or WebP file. The server crops it to a square of at most 256 pixels a side."""
        return await self._call("PUT", "/api/users/me/avatar", Profile, {"image": b64encode(picture).decode()})

    async def change_password(self, current: str, new: str) -> None:
        """Change the password and end every other session. `token` and `session` become those of a new session."""
        answer = await self._call("PUT", "/api/users/me/password", SignedIn, {"current": current, "new": new})
        self.token, self.user, self.session = answer.token, answer.user, answer.session

    async def close_account(self, password: str) -> None:
        await self._call("DELETE", "/api/users/me", None, {"password": password})

    async def users(self, query: str = "", online: bool = False, after: int = 0, limit: int = 50) -> list[User]:
        found = await self._call(
            "GET", f"/api/users?query={quote(query)}&online={str(online).lower()}&after={after}&limit={limit}", Users
        )
        return found.users

    async def changed_users(self, since: str, after: int = 0, limit: int = 200) -> list[User]:
        """Users whose name, avatar or status text changed since a time (RFC 3339), closed accounts included."""
        path = f"/api/users/changed?since={quote(since)}&after={after}&limit={limit}"
        return (await self._call("GET", path, Users)).users

    async def _call(self, method: str, path: str, shape: type[Shape] | None, body: object = None) -> Shape:
        return await self._transport.call(method, path, shape, body, self.token)
