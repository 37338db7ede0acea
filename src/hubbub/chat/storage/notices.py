"""Notices: what happened in a room besides messages."""

from typing import Protocol

from hubbub.chat.records import NoticeRecord


class NoticeReads(Protocol):
    def page(self, room: int, first: int, last: int, limit: int, newest: bool) -> list[NoticeRecord]:
        """Notices of the versions from `first` to `last`, ascending: the first `limit` of them, or the newest."""

    def after(self, room: int, first: int, last: int, limit: int) -> list[NoticeRecord]:
        """Notices that follow the messages from `first` to `last`, by ascending version: of more, the newest."""


class Notices(NoticeReads, Protocol):
    def add(self, notice: NoticeRecord, kept: int) -> None:
        """Store a notice. Of more than `kept` in the room the oldest are dropped."""

    def purge(self, room: int) -> None:
        """Erase all notices of a room."""
