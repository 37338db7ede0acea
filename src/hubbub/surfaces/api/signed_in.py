"""What a new session is answered with, be it of a sign-in or of a changed password."""

from litestar import Request, Response
from litestar.datastructures import State

from hubbub.chat import signing
from hubbub.chat.clock import rfc3339
from hubbub.surfaces.api.responses import SignedIn
from hubbub.surfaces.cookie import set_cookie
from hubbub.surfaces.services import Services


def signed_in(
    request: Request[object, object, State], services: Services, found: signing.SignedIn, cookie: bool
) -> Response[SignedIn]:
    """With the token in a cookie, or else in the body."""
    answer = SignedIn(services.presence.dress(found.user), found.session, rfc3339(found.expires_at), found.token)
    headers = {"Cache-Control": "no-store"}
    if cookie:
        answer.token = None
        headers["Set-Cookie"] = set_cookie(found.token, services.session_days, request.scope["state"]["secure"])
    return Response(answer, headers=headers)
