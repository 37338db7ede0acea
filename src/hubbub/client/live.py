"""The WebSocket API: events as they happen. The connection is reopened and resumed by itself."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import count
from secrets import token_hex
from time import time_ns
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from hubbub.chat.events import EntryEvent
from hubbub.chat.shapes import TEXT, Extra
from hubbub.client.message_fields import as_text, in_thread, of_kind
from hubbub.client.server_errors import exception_for
from hubbub.client.versions import advance
from hubbub.client.wire import Ack, Connected, Disconnected, Event, Pong, Refused, StreamSynced, decode
from hubbub.errors import HubbubError, NotAuthenticated, RateLimited, Unavailable

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 10.0
_FINAL_CODES = {4401, 4403}


def _fresh_key() -> str:
    """The time in milliseconds, then 64 random bits: ascending keys are adjacent in the server's index."""
    return f"{time_ns() // 1_000_000:x}-{token_hex(8)}"


class Live:
    """An async iterator over events.

    `versions` maps each room to the version of its latest event: those of the `connect` event (from `ready()` on), then
    those of the events that were iterated over. Pass it as `since` to a later connection to resume there. Each event
    comes once, and all of them come, except for those that a `Resync` stands for. `position` is the same for the user's
    stream, if it was asked for: pass it as `stream`.

    A frame is answered by an `Ack`, or raises the exception for the server's error. While the connection is lost,
    frames wait and are sent again after it is back; messages carry a key, so that none is stored twice. Frames refused
    as `rate_limited` are sent again after `retry_after`.

    Reconnecting backs off exponentially from 0.2 to 10 seconds with full jitter. If the connection ends for good,
    `send`, `ready` and the iteration raise: NotAuthenticated if the session has ended, Unavailable after `__aexit__`,
    HubbubError for a fault of this client.
    """

    def __init__(
        self, url: str, token: Callable[[], str], since: dict[int, int] | None = None, stream: bool | int = False
    ) -> None:
        parts = urlsplit(url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        self._url = urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/ws", "", ""))
        self._token = token
        self.versions: dict[int, int] = dict(since or {})
        # Ahead of `versions` by the events that wait to be iterated over.
        self._received = dict(self.versions)
        self._with_stream = stream is not False
        self.position: int | None = None if isinstance(stream, bool) else stream
        self._received_position = self.position
        self.reconnects = 0
        self._me = 0
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._pending: dict[int, tuple[bytes, asyncio.Future[Ack]]] = {}
        self._refs = count(1)
        self._socket: ClientConnection | None = None
        self._greeted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._announced = False
        """Whether the server has sent `disconnect` on the current connection."""
        self._error: BaseException | None = None
        """Why the connection ended for good."""

    async def __aenter__(self) -> "Live":
        self._task = asyncio.create_task(self._keep_connected())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._socket is not None:
            await self._socket.close()

    async def ready(self) -> "Live":
        """Wait for the `connect` event. Raises NotAuthenticated if the server refuses the session."""
        greeted = asyncio.ensure_future(self._greeted.wait())
        assert self._task is not None
        await asyncio.wait({greeted, self._task}, return_when=asyncio.FIRST_COMPLETED)
        greeted.cancel()
        if self._error is not None:
            raise self._error
        return self

    def drop(self) -> None:
        """Abort the TCP connection, as a network failure would; it is reopened by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        event = await self._events.get()
        if event is None:
            # For the next iteration, which raises too.
            self._events.put_nowait(None)
            assert self._error is not None
            raise self._error
        advance(self.versions, event, self._me)
        if isinstance(event, EntryEvent | StreamSynced):
            self.position = event.position
        return event

    # Frames

    async def send(
        self,
        content: str,
        room: int | None = None,
        to: int | str | None = None,
        reply_to: int | None = None,
        key: str | None = None,
        kind: str = TEXT,
        extra: Extra | None = None,
        thread: int | None = None,
        also_in_room: bool = False,
    ) -> Ack:
        """Send a message and wait until it is stored. `to`: a user's id or name, instead of `room`. `thread`: the `seq`
        of the message in whose thread it is a reply.

        A text that begins with a slash command is sent as it is; `command` runs it.
        """
        fields = {**of_kind(kind, extra), **in_thread(thread, also_in_room), **as_text(content)}
        return await self.frame(
            "message", content=content, room=room, to=to, reply_to=reply_to, key=key or _fresh_key(), **fields
        )

    async def command(
        self, text: str, room: int | None = None, to: int | str | None = None, key: str | None = None
    ) -> Ack:
        """Run a slash command of the server: an Ack with its `answer`, or with the `seq` of what it posted."""
        return await self.frame("message", content=text, room=room, to=to, key=key or _fresh_key())

    async def frame(self, type_: str, **fields: Any) -> Ack:
        """Send any frame and wait for its answer; sent again if it was refused as `rate_limited`."""
        ref = next(self._refs)
        data = msgspec.json.encode({"type": type_, "ref": ref, **{k: v for k, v in fields.items() if v is not None}})
        while True:
            try:
                return await self._request(ref, data)
            except RateLimited as error:
                # Jitter: clients that were refused together must not retry together.
                await asyncio.sleep(error.retry_after * random.uniform(1, 1.5))  # noqa: S311

    async def _request(self, ref: int, data: bytes) -> Ack:
        if self._error is not None:
            raise self._error
        future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._pending[ref] = (data, future)
        try:
            if self._socket is not None and self._greeted.is_set():
                with suppress(ConnectionClosed):
                    await self._socket.send(data, text=True)
            return await future
        finally:
            self._pending.pop(ref, None)

    # The connection

    async def _keep_connected(self) -> None:
        attempts = 0
        wait: float | None = None
        try:
            while True:
                try:
                    async with connect(
                        self._url,
                        subprotocols=[Subprotocol("hubbub.v1")],
                        max_size=None,
                        ping_interval=30,
                    ) as self._socket:
                        wait = await self._read(self._socket)
                        attempts = 0
                except InvalidStatus as error:
                    if error.response.status_code in (401, 403):
                        raise NotAuthenticated("The server refused the connection.") from error
                except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                    pass  # retried below
                self._socket = None
                if self._greeted.is_set() and not self._announced:
                    # Closed without a close frame: 1006 (RFC 6455, section 7.1.5).
                    self._receive(Disconnected(1006, "The connection was lost."))
                self._greeted.clear()
                self._announced = False
                self.reconnects += 1
                attempts += 1
                # Full jitter: clients that were disconnected together must not reconnect together.
                longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0**attempts)
                await asyncio.sleep(random.uniform(0, longest) if wait is None else wait)  # noqa: S311
                wait = None
        except HubbubError as error:
            self._finish(error)
        except asyncio.CancelledError:
            self._finish(Unavailable("The connection was closed."))
            raise
        except Exception as error:
            failed = HubbubError(f"The live connection ended by a fault of the client: {type(error).__name__}: {error}")
            failed.__cause__ = error
            self._finish(failed)
        except BaseException as error:
            # Such as KeyboardInterrupt: this task must not swallow it.
            self._finish(error)
            raise

    async def _read(self, socket: ClientConnection) -> float | None:
        """Send `hello` and read until the connection ends. Returns the server's `retry_after` (seconds), if any."""
        since = {str(room): version for room, version in self._received.items()}
        hello: dict[str, object] = {"type": "hello", "token": self._token(), "since": since}
        if self._with_stream:
            hello["stream"] = {} if self._received_position is None else {"since": self._received_position}
        await socket.send(msgspec.json.encode(hello), text=True)
        wait = None
        with suppress(ConnectionClosed):
            async for data in socket:
                try:
                    event = decode(data)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise HubbubError(f"The server sent what this client cannot read: {error}") from error
                if event is None:
                    continue
                if isinstance(event, Disconnected):
                    wait = event.retry_after
                    self._announced = True
                    if event.code in _FINAL_CODES:
                        raise NotAuthenticated(event.reason)
                if isinstance(event, Connected):
                    self._greeted.set()
                    for unanswered, _ in list(self._pending.values()):
                        await socket.send(unanswered, text=True)
                self._receive(event)
        if socket.close_code in _FINAL_CODES:
            raise NotAuthenticated(socket.close_reason or "The session has ended.")
        return wait

    def _receive(self, event: Event) -> None:
        if isinstance(event, Ack | Pong | Refused) and self._resolve(event):
            return
        if isinstance(event, Connected):
            self._me = event.user.id
            # Rooms are known as of `connect`, even before it is iterated over.
            advance(self.versions, event, self._me)
        if isinstance(event, EntryEvent | StreamSynced):
            if isinstance(event, EntryEvent) and event.position <= (self._received_position or 0):
                return  # a duplicate
            self._received_position = event.position
        if advance(self._received, event, self._me):
            self._events.put_nowait(event)

    def _resolve(self, event: Ack | Pong | Refused) -> bool:
        """Pass an answer on to the frame that waits for it. False: it is an event for the iteration."""
        pending = self._pending.get(event.ref) if isinstance(event.ref, int) else None
        if pending is None or pending[1].done():
            return isinstance(event, Ack)
        if isinstance(event, Refused):
            pending[1].set_exception(
                exception_for(event.code, event.detail, event.retry_after, event.errors, event.reason)
            )
        else:
            pending[1].set_result(event if isinstance(event, Ack) else Ack(event.ref))
        return True

    def _finish(self, error: BaseException) -> None:
        self._error = error
        for _, future in self._pending.values():
            if not future.done():
                future.set_exception(error)
        self._events.put_nowait(None)
