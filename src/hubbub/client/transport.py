"""HTTP requests to the server's REST API: JSON in both directions, errors as the exceptions of `hubbub.errors`."""

from typing import TypeVar

import httpx
import msgspec

from hubbub.client.server_errors import exception_for
from hubbub.client.wire import RefusedField
from hubbub.errors import HubbubError, NotFound, Unavailable

Shape = TypeVar("Shape")


class Problem(msgspec.Struct):
    """An error's body (RFC 9457), as far as this client reads it."""

    code: str = "internal"
    detail: str = "The server gave no reason."
    errors: list[RefusedField] = []
    reason: str | None = None


class Transport:
    """A pool of connections to one server. `timeout` is in seconds."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout, headers={"User-Agent": "hubbub.client"})

    async def close(self) -> None:
        await self._http.aclose()

    async def call(
        self, method: str, path: str, shape: type[Shape] | None, body: object = None, token: str | None = None
    ) -> Shape:
        """The answer's body, decoded as `shape`; with None the body is ignored.

        Raises:
            Unavailable: the server cannot be reached.
            NotFound: the answer is not one of this API.
            HubbubError: the server answered with an error.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        try:
            response = await self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._url} cannot be reached: {str(error) or type(error).__name__}.") from error
        if response.is_error:
            raise _exception(response)
        if shape is None:
            return None  # type: ignore[return-value]
        try:
            return msgspec.json.decode(response.content, type=shape)
        except msgspec.MsgspecError as error:
            raise NotFound(f"What answers at {self._url} is no Hubbub, or one of another version: {error}.") from error


def _exception(response: httpx.Response) -> HubbubError:
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        problem = Problem(detail=f"The server answered {response.status_code}.")
    wait = response.headers.get("retry-after", "")
    return exception_for(
        problem.code, problem.detail, float(wait) if wait.isdigit() else None, problem.errors, problem.reason
    )
