"""The store with the plugins' `compose` hooks in front: no message reaches the store around them, from any surface."""

import asyncio
from collections.abc import Callable
from typing import Any

from hubbub.chat.limits import Limits
from hubbub.chat.messages import EditMessage, PostMessage, with_content
from hubbub.chat.transaction import Command, Query, Result, Store
from hubbub.errors import HubbubError, RateLimited
from hubbub.plugins.filters import Filters
from hubbub.plugins.hooks import Draft

_COMPOSED: tuple[type, ...] = (PostMessage, EditMessage)
_MOST_WAITING = 200
"""Changes of one account: each holds a message, which may be as large as messages get."""


class _Queue:
    """The changes of one account that wait for plugins, or for those before them."""

    __slots__ = ("last", "waiting")

    def __init__(self) -> None:
        self.last: asyncio.Task[None] | None = None
        self.waiting = 0


class ComposingStore:
    """A `hubbub.chat.transaction.Store` over another one. A server without such hooks has none of these."""

    def __init__(self, store: Store, filters: Filters, limits: Limits) -> None:
        self._store = store
        self._filters = filters
        self._limits = limits
        self._queues: dict[int, _Queue] = {}
        """By account, of those whose messages are with a plugin: their other changes wait in turn."""

    def submit(self, command: Command[Result], done: Callable[[Result | HubbubError], None]) -> None:
        actor: int | None = getattr(command, "actor", None)
        composed = type(command) in _COMPOSED
        queue = None if actor is None else self._queues.get(actor)
        if queue is None and (not composed or self._filters.immediate):
            if composed:
                try:
                    command = self._filtered_now(command)
                except HubbubError as error:
                    done(error)
                    return
            self._store.submit(command, done)
            return
        assert actor is not None
        if queue is None:
            queue = self._queues[actor] = _Queue()
        if queue.waiting >= _MOST_WAITING:
            done(RateLimited("Too many of your changes are still under way. Wait for their answers.", 1))
            return
        queue.waiting += 1
        queue.last = asyncio.get_running_loop().create_task(self._in_turn(command, done, queue.last))
        queue.last.add_done_callback(lambda ended: self._ended(actor, queue))

    async def write(self, command: Command[Result]) -> Result:
        if getattr(command, "actor", None) is None:
            # The server's own: as on any store, what was submitted before is stored before.
            await self.settled()
        if type(command) in _COMPOSED:
            command = await self.composed(command)
        return await self._store.write(command)

    async def read(self, query: Query[Result]) -> Result:
        return await self._store.read(query)

    async def settled(self) -> None:
        """Wait until every change that was submitted before has reached the store."""
        if last := [queue.last for queue in self._queues.values() if queue.last is not None]:
            await asyncio.wait(last)

    async def _in_turn(self, command: Any, done: Callable[[Any], None], before: asyncio.Task[None] | None) -> None:
        """Plugins look at several messages at once; they are stored in the order in which they came."""
        refusal: HubbubError | None = None
        if type(command) in _COMPOSED:
            try:
                command = await self.composed(command)
            except HubbubError as error:
                refusal = error
        if before is not None:
            await asyncio.wait([before])
        if refusal is None:
            self._store.submit(command, done)
        else:
            done(refusal)

    def _ended(self, actor: int, queue: _Queue) -> None:
        queue.waiting -= 1
        if queue.waiting == 0:
            del self._queues[actor]

    async def composed(self, command: Any) -> Any:
        """The command as the plugins leave it. Raises what they refuse it with."""
        draft = _draft(command)
        return self._with(command, draft, await self._filters.apply(draft))

    def _filtered_now(self, command: Any) -> Any:
        draft = _draft(command)
        return self._with(command, draft, self._filters.apply_now(draft))

    def _with(self, command: Any, draft: Draft, content: str) -> Any:
        return command if content == draft.content else with_content(command, content, self._limits)


def _draft(command: PostMessage | EditMessage) -> Draft:
    if isinstance(command, PostMessage):
        return Draft(
            command.actor,
            command.content,
            command.room,
            command.to,
            reply_to=command.reply_to,
            thread=command.thread,
            kind=command.kind,
            extra=command.extra,
        )
    return Draft(command.actor, command.content, command.room, seq=command.seq, kind=command.kind, extra=command.extra)
