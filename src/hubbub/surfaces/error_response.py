"""An error as an ASGI response, for middleware."""

import msgspec
from litestar.types import Message, Send

from hubbub.errors import HubbubError
from hubbub.problem_details import MEDIA_TYPE, headers_of, problem


async def send_error(error: HubbubError, send: Send, close: bool = False) -> None:
    """Send the error as `application/problem+json`. `close`: end the connection, as the body is left unread."""
    body = msgspec.json.encode(problem(error))
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in headers_of(error).items()]
    if close:
        headers.append((b"connection", b"close"))
    start: Message = {"type": "http.response.start", "status": error.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
