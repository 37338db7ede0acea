"""The tables of the store in memory."""

from collections import defaultdict

from hubbub.chat.consumers import ConsumerRecord, CursorRecord
from hubbub.chat.jobs import JobRecord
from hubbub.chat.records import (
    Account,
    DraftRecord,
    FollowRecord,
    InvitationRecord,
    MemberRecord,
    NoticeRecord,
    Picture,
    PinRecord,
    RoomRecord,
    SavedRecord,
    ScheduledRecord,
    SessionRecord,
    StreamEntry,
    ThreadRecord,
    TicketRecord,
)
from hubbub.chat.shapes import Edit, Message
from hubbub.chat.storage.leases import LeaseRecord
from hubbub.chat.storage.workspaces import WorkspacePicture, WorkspaceRecord


class Tables:
    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.by_name: dict[str, int] = {}
        self.looks: dict[str, int] = {}
        self.invitations: dict[int, InvitationRecord] = {}
        self.invitation_joins: dict[int, list[int]] = defaultdict(list)
        self.setup_token: str | None = None
        self.workspace = WorkspaceRecord()
        self.workspace_picture: WorkspacePicture | None = None
        self.pictures: dict[int, Picture] = {}
        self.sessions: dict[int, SessionRecord] = {}
        self.tickets: dict[str, TicketRecord] = {}
        self.rooms: dict[int, RoomRecord] = {}
        self.direct: dict[tuple[int, int], int] = {}
        self.members: dict[int, dict[int, MemberRecord]] = defaultdict(dict)
        self.rooms_of: dict[int, dict[int, MemberRecord]] = defaultdict(dict)
        self.messages: dict[int, list[Message]] = defaultdict(list)
        self.keys: dict[tuple[int, int, str], int] = {}
        self.sources: dict[tuple[int, int], tuple[int, int]] = {}
        """By room and `seq`: where a message was forwarded from."""
        self.reactions: dict[tuple[int, int], dict[str, list[int]]] = defaultdict(dict)
        """By room and `seq`: the users of each emoji, in the order of their reactions."""
        self.edits: dict[tuple[int, int], list[Edit]] = defaultdict(list)
        self.pins: dict[tuple[int, int], PinRecord] = {}
        self.saved: dict[tuple[int, int, int], SavedRecord] = {}
        self.drafts: dict[tuple[int, int, int], DraftRecord] = {}
        self.scheduled: dict[int, ScheduledRecord] = {}
        self.threads: dict[tuple[int, int], ThreadRecord] = {}
        self.follows: dict[tuple[int, int, int], FollowRecord] = {}
        """By room, root and user."""
        self.notices: dict[int, list[NoticeRecord]] = defaultdict(list)
        self.user_streams: dict[int, list[StreamEntry]] = defaultdict(list)
        self.jobs: dict[int, JobRecord] = {}
        self.consumers: dict[str, ConsumerRecord] = {}
        self.cursors: dict[tuple[str, int], CursorRecord] = {}
        self.schedules: dict[str, int] = {}
        self.leases: dict[tuple[str, str], LeaseRecord] = {}
