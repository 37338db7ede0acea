"""Bodies decoded straight into their struct, and strictly: "1" is not 1, as on the socket."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Empty

from hubbub.surfaces.validation_errors import invalid


class StrictRequest(Request[Any, Any, State]):
    """Litestar by itself would take text for a number wherever the text reads like one."""

    async def json(self) -> Any:
        """The body as what the handler takes. Raises InvalidInput, naming the field."""
        field = self.route_handler.parsed_data_field
        assert field is not None
        try:
            return _decoder(field.annotation).decode(await self.body())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise invalid(error) from error

    async def body(self) -> bytes:
        """All of the body. What told its length was found short enough by the guard, and is no longer."""
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
