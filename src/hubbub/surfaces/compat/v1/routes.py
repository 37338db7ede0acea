"""The router of `/v1`, with its status codes for errors."""

from typing import Any

from litestar import Request, Response, Router

from hubbub.errors import HubbubError
from hubbub.problem_details import Problem
from hubbub.surfaces.compat.v1 import accounts, group_chats, messages
from hubbub.surfaces.rest import errors

_AS_BAD_REQUEST = {404, 409, 422}


def on_error(request: Request[Any, Any, Any], error: HubbubError) -> Response[Problem]:
    """The error with the status that this interface has for it."""
    return errors.answer(error, 400 if error.status in _AS_BAD_REQUEST else error.status)


router = Router(
    "/v1",
    route_handlers=[
        accounts.register,
        accounts.login,
        accounts.logout,
        group_chats.create_group_chat,
        group_chats.add_participant,
        group_chats.remove_participant,
        messages.send,
        messages.list_all,
        messages.list_group,
        messages.list_p2p,
    ],
    exception_handlers={HubbubError: on_error},
    tags=["Text messaging v1"],
)
