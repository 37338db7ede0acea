"""The answer to a sign-in and to a change of password."""

from litestar import Request, Response
from litestar.datastructures import State

from hubbub.chat import credentials
from hubbub.chat.clock import rfc3339
from hubbub.surfaces import cookie
from hubbub.surfaces.rest.responses import SignedIn
from hubbub.surfaces.services import Services


def session_response(
    request: Request[object, object, State], services: Services, found: credentials.SignedIn, in_cookies: bool
) -> Response[SignedIn]:
    """The new session. `in_cookies`: with its token and the device token in cookies, not the body."""
    answer = SignedIn(services.presence.dress(found.user), found.session, rfc3339(found.expires_at), found.token)
    cookies = []
    if in_cookies:
        answer.token = None
        secure = request.scope["state"]["secure"]
        cookies = [cookie.set_session(found, services.session_days, secure), cookie.set_device(found, secure)]
    return Response(answer, headers={"Cache-Control": "no-store"}, cookies=cookies)
