"""The same client for scripts that wait for each answer: no `async`, no `await`.

    with SyncClient("http://localhost:8080") as client:
        client.sign_in("alice", "correct horse battery")
        client.send("Hello!", room=1)

The methods are those of `Client`, run in an event loop in a thread of its own; so a live connection is kept up while
the script does something else.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from hubbub.chat.shapes import Room, User
from hubbub.client.live import Live
from hubbub.client.rest import Client
from hubbub.client.wire import Ack, Event

P = ParamSpec("P")
R = TypeVar("R")


def _waited(
    method: Callable[Concatenate[Client, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate["SyncClient", P], R]:
    def call(self: "SyncClient", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._wait(method(self._client, *args, **kwargs))

    return update_wrapper(call, method)


class SyncClient:
    """One account at one server; use it with `with`. Methods raise what those of `Client` raise."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 30.0) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hubbub client", daemon=True)
        self._thread.start()
        self._client = Client(url, token, timeout)

    def __enter__(self) -> "SyncClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._client.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def token(self) -> str | None:
        """What the server knows the session by; kept, it can be given to another client."""
        return self._client.token

    @property
    def user(self) -> User | None:
        return self._client.user

    def live(self, since: dict[int, int] | None = None) -> "SyncLive":
        """A live connection; use it with `with`."""
        return SyncLive(self._client.live(since), self._wait)

    def all_rooms(self, query: str = "", mine: bool = False) -> Iterator[Room]:
        """Every one of them, asked for a page at a time."""
        page = self.rooms(query, mine)
        yield from page
        while page.has_more:
            page = self.rooms(query, mine, after=page.rooms[-1].id)
            yield from page

    register = _waited(Client.register)
    sign_in = _waited(Client.sign_in)
    sign_out = _waited(Client.sign_out)
    sessions = _waited(Client.sessions)
    end_session = _waited(Client.end_session)
    profile = _waited(Client.profile)
    change_profile = _waited(Client.change_profile)
    set_avatar = _waited(Client.set_avatar)
    change_password = _waited(Client.change_password)
    close_account = _waited(Client.close_account)
    users = _waited(Client.users)
    changed_users = _waited(Client.changed_users)
    create_room = _waited(Client.create_room)
    room = _waited(Client.room)
    rooms = _waited(Client.rooms)
    change_room = _waited(Client.change_room)
    delete_room = _waited(Client.delete_room)
    members = _waited(Client.members)
    join = _waited(Client.join)
    add_member = _waited(Client.add_member)
    remove_member = _waited(Client.remove_member)
    keep_own = _waited(Client.keep_own)
    set_rank = _waited(Client.set_rank)
    send = _waited(Client.send)
    history = _waited(Client.history)
    message = _waited(Client.message)
    edit = _waited(Client.edit)
    replies = _waited(Client.replies)
    edits = _waited(Client.edits)
    delete = _waited(Client.delete)
    react = _waited(Client.react)
    mark_read = _waited(Client.mark_read)
    changes = _waited(Client.changes)
    notices = _waited(Client.notices)
    ticket = _waited(Client.ticket)

    def _wait(self, work: Coroutine[Any, Any, R]) -> R:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # an interrupted script waits no longer, and neither does the call
            raise


class SyncLive:
    """Iterate over it for events, which is waiting for them; `send` meanwhile, from this thread or another one."""

    def __init__(self, live: Live, wait: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self._live = live
        self._wait = wait

    def __enter__(self) -> "SyncLive":
        self._wait(self._live.__aenter__())
        try:
            self._wait(self._live.ready())
        except BaseException:
            self._wait(self._live.__aexit__())
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._live.__aexit__())

    @property
    def versions(self) -> dict[int, int]:
        """As those of `Live`."""
        return self._live.versions

    def __iter__(self) -> Iterator[Event]:
        while True:
            event: Event = self._wait(self._live.__anext__())
            yield event

    def send(self, content: str, room: int | None = None, to: int | str | None = None) -> Ack:
        """Send a message; back when it is stored."""
        ack: Ack = self._wait(self._live.send(content, room=room, to=to))
        return ack
