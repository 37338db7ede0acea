"""The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), in place of the `key` of a message."""

import re
from dataclasses import dataclass

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.spec import OpenAPIType, Operation, Parameter, Schema

from hubbub.errors import InvalidInput
from hubbub.surfaces.rest.conditional import ApiRequest

NAME = "Idempotency-Key"
_SAFE_TO_REPEAT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_KEY = re.compile(r'"[ !#-\[\]-~]{1,64}"|[!#-~]{1,64}')


@dataclass
class Keyed(Operation):
    """The `operation_class` of a call that takes the header.

    Not a parameter of its handler: Litestar would parse all headers again, which takes a fortieth of a send's time.
    """

    def __post_init__(self) -> None:
        key = Parameter(
            name=NAME,
            param_in="header",
            required=False,
            schema=Schema(one_of=[Schema(type=OpenAPIType.STRING, pattern=f"^({_KEY.pattern})$")]),
            description="The same as `key` in the body, as a string of RFC 9651 (in quotation marks) or bare",
        )
        self.parameters = [*(self.parameters or []), key]


def key_of(request: ApiRequest, key: str | None) -> str | None:
    """The key of a message. Raises InvalidInput if the header is malformed, or differs from `key` in the body."""
    header: str | None = request.scope["state"]["headers"].get("idempotency-key")
    if header is None:
        return key
    if not _KEY.fullmatch(header):
        raise InvalidInput(
            "must be 1 to 64 characters of ASCII, bare or in quotation marks", NAME, "bad_format", pattern=_KEY.pattern
        )
    if header.startswith('"'):
        header = header[1:-1]
    if key is not None and key != header:
        raise InvalidInput("is not the same as `key` in the body: give one of the two", NAME, "not_possible")
    return header


def require_supported(handler: BaseRouteHandler, headers: dict[str, str], method: str) -> None:
    """Raises InvalidInput if the header is sent to a call that is not idempotent and stores no keys."""
    if "idempotency-key" not in headers or method in _SAFE_TO_REPEAT:
        return
    if not isinstance(handler, HTTPRouteHandler) or handler.operation_class is not Keyed:
        raise InvalidInput("is for sending messages: this call keeps no keys", NAME, "not_possible")
