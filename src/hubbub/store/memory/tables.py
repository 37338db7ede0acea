"""The tables of the store in memory."""

from collections import defaultdict

from hubbub.chat.records import (
    Account,
    InboxEntry,
    MemberRecord,
    NoticeRecord,
    Picture,
    RoomRecord,
    SessionRecord,
    TicketRecord,
)
from hubbub.chat.shapes import Edit, Message


class Tables:
    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.by_name: dict[str, int] = {}
        self.looks: dict[str, int] = {}
        self.pictures: dict[int, Picture] = {}
        self.sessions: dict[int, SessionRecord] = {}
        self.tickets: dict[str, TicketRecord] = {}
        self.rooms: dict[int, RoomRecord] = {}
        self.direct: dict[tuple[int, int], int] = {}
        self.members: dict[int, dict[int, MemberRecord]] = defaultdict(dict)
        self.rooms_of: dict[int, dict[int, MemberRecord]] = defaultdict(dict)
        self.messages: dict[int, list[Message]] = defaultdict(list)
        self.keys: dict[tuple[int, int, str], int] = {}
        self.edits: dict[tuple[int, int], list[Edit]] = defaultdict(list)
        self.notices: dict[int, list[NoticeRecord]] = defaultdict(list)
        self.inboxes: dict[int, list[InboxEntry]] = defaultdict(list)
