"""Slash commands: a message `/name arguments` runs a plugin's function in place of being stored."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hubbub.errors import HubbubError
from hubbub.plugins.filters import refused
from hubbub.plugins.hooks import Answer, Invocation, Post, Refused, SlashCommand
from hubbub.plugins.implementation import Implementation, PluginError

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_-]{0,31})(?:\s+(.*))?", re.DOTALL)
_MOST_REMEMBERED = 1_000
_Key = tuple[int, int | None, int | str | None, str]
"""A user, the room or the person written to, and the key, which is one of a message in that room."""
_FAILED = "This command failed. The operator can see why in the log of the server."


class SlashCommands:
    """`declared`: each plugin's commands. `seconds`: the time of a command. Raises PluginError: a name is taken."""

    def __init__(self, declared: Iterable[tuple[str, object]], seconds: float) -> None:
        self._seconds = seconds
        self._commands: dict[str, tuple[SlashCommand, Implementation]] = {}
        self._answers: dict[_Key, asyncio.Future[Answer | Post]] = {}
        """The latest ones that had a key, the oldest first."""
        for plugin, commands in declared:
            for command in commands if isinstance(commands, list | tuple) else [commands]:
                self._add(plugin, command)

    def __iter__(self) -> Iterator[SlashCommand]:
        return (command for _, (command, _) in sorted(self._commands.items()))

    def __len__(self) -> int:
        return len(self._commands)

    def named(self, content: str) -> tuple[str, str] | None:
        """The name and the arguments, if the text is a command that exists."""
        found = _COMMAND.fullmatch(content)
        if found is None or found[1].lower() not in self._commands:
            return None
        return found[1].lower(), (found[2] or "").strip()

    async def run(self, invocation: Invocation) -> Answer | Post:
        """What the command returns. With the same key again it is not run again, but has the same result.

        Raises:
            InvalidInput: the command refuses.
            HubbubError: as the command raised it.
        """
        if invocation.key is None:
            return await self._run(invocation)
        known = invocation.user, invocation.room, invocation.to, invocation.key
        running = self._answers.get(known)
        if running is None:
            running = self._answers[known] = asyncio.ensure_future(self._run(invocation))
            running.add_done_callback(lambda done: self._forget(known, done))
        # Its caller may go away, and come back with the same key.
        return await asyncio.shield(running)

    async def _run(self, invocation: Invocation) -> Answer | Post:
        _, hook = self._commands[invocation.name]
        try:
            result = await hook.ask(invocation, self._seconds, HubbubError)
        except Refused as refusal:
            raise refused(refusal, hook.plugin, "content") from refusal
        if isinstance(result, Answer | Post) and _fits(result):
            return result
        if result is not None:
            hook.reject(result, "an Answer with a text, or a Post with a text and an extra that is a mapping")
        return Answer(_FAILED)

    def _forget(self, known: _Key, done: asyncio.Future[Answer | Post]) -> None:
        """Forget what failed, so that it can be tried again, and the oldest one above the most."""
        if done.cancelled() or done.exception() is not None:
            self._answers.pop(known, None)
        elif len(self._answers) > _MOST_REMEMBERED:
            self._answers.pop(next(iter(self._answers)))

    def _add(self, plugin: str, command: object) -> None:
        if not isinstance(command, SlashCommand):
            raise PluginError(f"Plugin {plugin}: its hook slash_commands must return SlashCommands, not {command!r}.")
        if not _NAME.fullmatch(command.name):
            raise PluginError(
                f"Plugin {plugin}: a command cannot be named {command.name!r}. A name has 1 to 32 of a-z, 0-9, _ and "
                "-, and begins with a letter."
            )
        if command.name in self._commands:
            other = self._commands[command.name][1].plugin
            raise PluginError(f"The plugins {other} and {plugin} both have a command /{command.name}.")
        hook = Implementation(plugin, f"/{command.name}", command.run, required=False, is_async=True)
        self._commands[command.name] = command, hook


def _fits(result: Answer | Post) -> bool:
    """Whether its fields have the types that they should, which Python does not check, and an answer can be sent."""
    if isinstance(result, Post):
        return _are((result.content, str), (result.kind, str), (result.extra, Mapping | None))
    return _are((result.text, str)) and not any("\ud800" <= character <= "\udfff" for character in result.text)


def _are(*values: tuple[object, Any]) -> bool:
    return all(isinstance(value, kind) for value, kind in values)
