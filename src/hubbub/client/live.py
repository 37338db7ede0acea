"""The live side of the client: events as they happen, resumed by itself after a lost connection."""

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

from hubbub.chat.events import MemberEvent, MessageEvent, NoticeEvent, ReactionEvent, RoomEvent
from hubbub.client.failures import failure
from hubbub.client.wire import Ack, Connected, Disconnected, Event, Pong, Refused, Resync, Synced, decode
from hubbub.errors import HubbubError, NotAuthenticated, RateLimited, Unavailable

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 10.0
_FINAL_CODES = {4401, 4403}


def _fresh_key() -> str:
    """The time in milliseconds, then 64 random bits: keys that grow lie together in the server's index."""
    return f"{time_ns() // 1_000_000:x}-{token_hex(8)}"


class Live:
    """Iterate over it for events.

    `versions` holds, by room, the version one has come to: that of the greeting (from `ready()` on), then of what has
    been iterated over. Give it to `since` later on, and it goes on from there: nothing is told twice, and nothing
    missed but what a `Resync` stands for.
    Frames sent through it are answered by an `Ack` or raise what the server refused them with. While the connection is
    lost they wait, and are sent again after it is back; messages carry a key, so none is stored twice. What the server
    asks to be sent later (`rate_limited`) is sent later. If the connection ends for good, be it by a fault of this
    client, whoever waits for it is told by an exception: in `send`, in `ready`, while iterating.
    """

    def __init__(self, url: str, token: Callable[[], str], since: dict[int, int] | None = None) -> None:
        parts = urlsplit(url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        self._url = urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/ws", "", ""))
        self._token = token
        self.versions: dict[int, int] = dict(since or {})
        # What has come may still wait to be iterated over.
        self._come = dict(self.versions)
        self.reconnects = 0
        self._me = 0
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._pending: dict[int, tuple[bytes, asyncio.Future[Ack]]] = {}
        self._refs = count(1)
        self._socket: ClientConnection | None = None
        self._greeted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told = False
        """Whether the server has said why this connection ends."""
        self._over: BaseException | None = None

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
        """Wait until the server has greeted this connection. Raises when it refuses it for good."""
        greeted = asyncio.ensure_future(self._greeted.wait())
        assert self._task is not None
        await asyncio.wait({greeted, self._task}, return_when=asyncio.FIRST_COMPLETED)
        greeted.cancel()
        if self._over is not None:
            raise self._over
        return self

    def drop(self) -> None:
        """Cut the connection as a failing network would; it comes back by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        event = await self._events.get()
        if event is None:
            # For the next who asks.
            self._events.put_nowait(None)
            assert self._over is not None
            raise self._over
        _advance(self.versions, event, self._me)
        return event

    # Frames

    async def send(
        self,
        content: str,
        room: int | None = None,
        to: int | str | None = None,
        reply_to: int | None = None,
        key: str | None = None,
    ) -> Ack:
        """Send a message; back when it is stored."""
        return await self.frame(
            "message", content=content, room=room, to=to, reply_to=reply_to, key=key or _fresh_key()
        )

    async def frame(self, type_: str, **fields: Any) -> Ack:
        """Send any frame and wait for its answer; again after a while, if there were too many."""
        ref = next(self._refs)
        data = msgspec.json.encode({"type": type_, "ref": ref, **{k: v for k, v in fields.items() if v is not None}})
        while True:
            try:
                return await self._ask(ref, data)
            except RateLimited as error:
                # Those who were refused together do not come back together.
                await asyncio.sleep(error.retry_after * random.uniform(1, 1.5))  # noqa: S311

    async def _ask(self, ref: int, data: bytes) -> Ack:
        if self._over is not None:
            raise self._over
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
                        wait = await self._converse(self._socket)
                        attempts = 0
                except InvalidStatus as error:
                    if error.response.status_code in (401, 403):
                        raise NotAuthenticated("The server refused the connection.") from error
                except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                    pass  # tried again below
                self._socket = None
                if self._greeted.is_set() and not self._told:
                    # Nobody said why: what RFC 6455, section 7.1.5, has a number for.
                    self._take(Disconnected(1006, "The connection was lost."))
                self._greeted.clear()
                self._told = False
                self.reconnects += 1
                attempts += 1
                # Full jitter: clients that were cut off together do not come back together.
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
            # Such as a time-out of a test: not for this task to keep to itself.
            self._finish(error)
            raise

    async def _converse(self, socket: ClientConnection) -> float | None:
        """Read until the connection ends; the seconds the server asked to wait, if it did."""
        hello = {"type": "hello", "token": self._token(), "since": {str(k): v for k, v in self._come.items()}}
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
                    self._told = True
                    if event.code in _FINAL_CODES:
                        raise NotAuthenticated(event.reason)
                if isinstance(event, Connected):
                    self._greeted.set()
                    for unanswered, _ in list(self._pending.values()):
                        await socket.send(unanswered, text=True)
                self._take(event)
        if socket.close_code in _FINAL_CODES:
            raise NotAuthenticated(socket.close_reason or "The session has ended.")
        return wait

    def _take(self, event: Event) -> None:
        if isinstance(event, Ack | Pong | Refused) and self._answers(event):
            return
        if isinstance(event, Connected):
            self._me = event.user.id
            # What there is to hold is held as of this greeting, be it iterated over yet or not.
            _advance(self.versions, event, self._me)
        if _advance(self._come, event, self._me):
            self._events.put_nowait(event)

    def _answers(self, event: Ack | Pong | Refused) -> bool:
        """Whether the event is the answer somebody waits for."""
        pending = self._pending.get(event.ref) if isinstance(event.ref, int) else None
        if pending is None or pending[1].done():
            return isinstance(event, Ack)
        if isinstance(event, Refused):
            pending[1].set_exception(failure(event.code, event.detail, event.retry_after, event.errors, event.reason))
        else:
            pending[1].set_result(event if isinstance(event, Ack) else Ack(event.ref))
        return True

    def _finish(self, error: BaseException) -> None:
        self._over = error
        for _, future in self._pending.values():
            if not future.done():
                future.set_exception(error)
        self._events.put_nowait(None)


def _advance(versions: dict[int, int], event: Event, me: int) -> bool:
    """Take note of an event in what is known by room. False: it is known already."""
    match event:
        case MessageEvent() | ReactionEvent() | MemberEvent() | NoticeEvent():
            if event.version <= versions.get(event.room, 0):
                return False
            versions[event.room] = event.version
            if isinstance(event, MemberEvent) and event.rank is None and event.user.id == me:
                del versions[event.room]
        case Synced() | Resync():
            versions[event.room] = event.version
        case Connected():
            for room in event.rooms:
                versions.setdefault(room.id, room.version)
        case RoomEvent(deleted=True):
            versions.pop(event.id, None)
        case RoomEvent():
            versions[event.id] = max(event.version, versions.get(event.id, 0))
        case Refused(room=int(room)):
            versions.pop(room, None)
        case _:
            pass
    return True
