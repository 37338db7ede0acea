"""What a new session is answered with, be it of a sign-in or of a changed password."""

from litestar import Request, Response
from litestar.datastructures import State

from hubbub.chat import credentials
from hubbub.chat.clock import rfc3339
from hubbub.surfaces import cookie
from hubbub.surfaces.rest.responses import SignedIn
from hubbub.surfaces.services import Services


def signed_in(
    request: Request[object, object, State], services: Services, found: credentials.SignedIn, in_cookies: bool
) -> Response[SignedIn]:
    """With the token in a cookie, and one that makes the browser known; or else in the body."""
    answer = SignedIn(services.presence.dress(found.user), found.session, rfc3339(found.expires_at), found.token)
    kept = []
    if in_cookies:
        answer.token = None
        secure = request.scope["state"]["secure"]
        kept = [cookie.session(found, services.session_days, secure), cookie.device(found, secure)]
    return Response(answer, headers={"Cache-Control": "no-store"}, cookies=kept)
