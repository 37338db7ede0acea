"""An error as a whole ASGI answer, for those who stand before the application."""

import msgspec
from litestar.types import Message, Send

from hubbub.errors import HubbubError
from hubbub.problem_details import MEDIA_TYPE, headers_of, problem


async def refuse(error: HubbubError, send: Send, close: bool = False) -> None:
    """`close`: end the connection, as nobody will read the body of the request."""
    body = msgspec.json.encode(problem(error))
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in headers_of(error).items()]
    if close:
        headers.append((b"connection", b"close"))
    start: Message = {"type": "http.response.start", "status": error.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
