"""The plugin: one object whose marked methods are its hooks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from hubbub.chat.message_kinds import MessageKind
from hubbub.plugins import Draft, SlashCommand, hookimpl
from hubbub.work.work import Work
from hubbub_example import dice
from hubbub_example.counter import WordCounter
from hubbub_example.filter import WordFilter


class Settings(Struct, frozen=True):
    """In hubbub.toml: the table [plugin.example]. As variables: HUBBUB_PLUGIN_EXAMPLE_WORDS …"""

    words: list[str] = []
    """That may not be in a message."""
    most_dice: int = 20


class ExamplePlugin:
    def __init__(self) -> None:
        self._settings = Settings()
        self._filter = WordFilter([])
        self._counter = WordCounter()

    @hookimpl
    def settings(self) -> type[Settings]:
        return Settings

    @hookimpl
    def configure(self, settings: Settings) -> None:
        if settings.most_dice < 1:
            raise ValueError("most_dice must be at least 1.")
        self._settings = settings
        self._filter = WordFilter(settings.words)

    @hookimpl
    def compose(self, draft: Draft) -> None:
        self._filter.check(draft.content)

    @hookimpl
    def slash_commands(self) -> Sequence[SlashCommand]:
        return [dice.command(self._settings.most_dice)]

    @hookimpl
    def message_kinds(self) -> Sequence[MessageKind[Any]]:
        return [dice.KIND]

    @hookimpl
    def client_modules(self) -> Sequence[Path]:
        return [Path(__file__).with_name("dice.js")]

    @hookimpl
    def work(self, work: Work) -> None:
        work.consumers.add(self._counter.consumer())

    @hookimpl
    def routes(self) -> Sequence[HTTPRouteHandler]:
        return [self._counter.route()]
