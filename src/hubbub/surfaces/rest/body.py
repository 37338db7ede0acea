"""Strict decoding of JSON bodies, straight into their struct: \"1\" is not 1, as on the socket."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Empty

from hubbub.validation_errors import invalid


class StrictRequest(Request[Any, Any, State]):
    """Litestar by itself would convert strings to numbers."""

    async def json(self) -> Any:
        """The body, decoded as the type of the handler's `data`. Raises InvalidInput with the field."""
        field = self.route_handler.parsed_data_field
        assert field is not None
        try:
            return _decoder(field.annotation).decode(await self.body())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise invalid(error) from error

    async def body(self) -> bytes:
        """The whole body. The middleware has checked a Content-Length, so such a body is read without counting."""
        if self._body is Empty and "content-length" in self.scope["state"]["headers"]:
            body, more = b"", True
            while more:
                part: Any = await self.receive()
                body += part.get("body", b"")
                more = part.get("more_body", False)
            self._body = self._connection_state.body = body
        return await super().body()


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
