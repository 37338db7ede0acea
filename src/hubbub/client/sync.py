"""The same client without `async` and `await`, for scripts.

    with SyncClient("http://localhost:8080") as client:
        client.sign_in("alice", "correct horse battery")
        client.send("Hello!", room=1)

The methods are those of `Client`, run in an event loop in a thread of its own, so that a live connection is kept up
while the script does something else.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from hubbub.chat.shapes import TEXT, Extra, Room, User
from hubbub.client.live import Live
from hubbub.client.rest import Client
from hubbub.client.wire import Ack, Event

P = ParamSpec("P")
R = TypeVar("R")


def _blocking(
    method: Callable[Concatenate[Client, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate["SyncClient", P], R]:
    def call(self: "SyncClient", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._wait(method(self._client, *args, **kwargs))

    return update_wrapper(call, method)


class SyncClient:
    """One account at one server; a context manager. Methods raise what those of `Client` raise."""

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
        """The session's token. Another client can be given it."""
        return self._client.token

    @property
    def user(self) -> User | None:
        return self._client.user

    def live(self, since: dict[int, int] | None = None, stream: bool | int = False) -> "SyncLive":
        """A live connection, a context manager. `since`: the last version seen, by room. `stream`: the user's stream
        too, from now on (True) or after a position."""
        return SyncLive(self._client.live(since, stream), self._wait)

    def all_rooms(self, query: str = "", mine: bool = False) -> Iterator[Room]:
        """All rooms, requested a page at a time."""
        page = self.rooms(query, mine)
        yield from page
        while page.has_more:
            page = self.rooms(query, mine, after=page.rooms[-1].id)
            yield from page

    register = _blocking(Client.register)
    sign_in = _blocking(Client.sign_in)
    sign_out = _blocking(Client.sign_out)
    sessions = _blocking(Client.sessions)
    end_session = _blocking(Client.end_session)
    profile = _blocking(Client.profile)
    change_profile = _blocking(Client.change_profile)
    set_avatar = _blocking(Client.set_avatar)
    change_password = _blocking(Client.change_password)
    close_account = _blocking(Client.close_account)
    users = _blocking(Client.users)
    changed_users = _blocking(Client.changed_users)
    create_room = _blocking(Client.create_room)
    room = _blocking(Client.room)
    rooms = _blocking(Client.rooms)
    change_room = _blocking(Client.change_room)
    delete_room = _blocking(Client.delete_room)
    members = _blocking(Client.members)
    join = _blocking(Client.join)
    add_member = _blocking(Client.add_member)
    remove_member = _blocking(Client.remove_member)
    keep_own = _blocking(Client.keep_own)
    set_rank = _blocking(Client.set_rank)
    send = _blocking(Client.send)
    forward = _blocking(Client.forward)
    source = _blocking(Client.source)
    command = _blocking(Client.command)
    commands = _blocking(Client.commands)
    history = _blocking(Client.history)
    message = _blocking(Client.message)
    edit = _blocking(Client.edit)
    replies = _blocking(Client.replies)
    edits = _blocking(Client.edits)
    delete = _blocking(Client.delete)
    react = _blocking(Client.react)
    reactors = _blocking(Client.reactors)
    mark_read = _blocking(Client.mark_read)
    thread = _blocking(Client.thread)
    mark_thread_read = _blocking(Client.mark_thread_read)
    follow_thread = _blocking(Client.follow_thread)
    threads = _blocking(Client.threads)
    changes = _blocking(Client.changes)
    notices = _blocking(Client.notices)
    stream = _blocking(Client.stream)
    pins = _blocking(Client.pins)
    pin = _blocking(Client.pin)
    saved = _blocking(Client.saved)
    save_message = _blocking(Client.save_message)
    forget_saved = _blocking(Client.forget_saved)
    drafts = _blocking(Client.drafts)
    draft = _blocking(Client.draft)
    save_draft = _blocking(Client.save_draft)
    remove_draft = _blocking(Client.remove_draft)
    scheduled = _blocking(Client.scheduled)
    schedule = _blocking(Client.schedule)
    change_scheduled = _blocking(Client.change_scheduled)
    send_scheduled = _blocking(Client.send_scheduled)
    drop_scheduled = _blocking(Client.drop_scheduled)
    activity = _blocking(Client.activity)
    invite = _blocking(Client.invite)
    invitations = _blocking(Client.invitations)
    invitation = _blocking(Client.invitation)
    join_by_invitation = _blocking(Client.join_by_invitation)
    revoke_invitation = _blocking(Client.revoke_invitation)
    workspace = _blocking(Client.workspace)
    change_workspace = _blocking(Client.change_workspace)
    set_workspace_picture = _blocking(Client.set_workspace_picture)
    ticket = _blocking(Client.ticket)

    def _wait(self, work: Coroutine[Any, Any, R]) -> R:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # when the script is interrupted, the call is cancelled too
            raise


class SyncLive:
    """A blocking iterator over events. `send` may be called meanwhile, from any thread."""

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
        """As `Live.versions`."""
        return self._live.versions

    @property
    def position(self) -> int | None:
        """As `Live.position`."""
        return self._live.position

    def __iter__(self) -> Iterator[Event]:
        while True:
            event: Event = self._wait(self._live.__anext__())
            yield event

    def send(
        self,
        content: str,
        room: int | None = None,
        to: int | str | None = None,
        kind: str = TEXT,
        extra: Extra | None = None,
        thread: int | None = None,
        also_in_room: bool = False,
    ) -> Ack:
        """Send a message and wait until it is stored."""
        sending = self._live.send(
            content, room=room, to=to, kind=kind, extra=extra, thread=thread, also_in_room=also_in_room
        )
        ack: Ack = self._wait(sending)
        return ack

    def command(self, text: str, room: int | None = None, to: int | str | None = None) -> Ack:
        """Run a slash command of the server: an Ack with its `answer`, or with the `seq` of what it posted."""
        ack: Ack = self._wait(self._live.command(text, room=room, to=to))
        return ack
