"""A simple reference model of the chat."""

from dataclasses import dataclass, field


@dataclass
class ModelMessage:
    sender: int
    content: str
    deleted: bool = False
    reactions: set[tuple[str, int]] = field(default_factory=set)
    root: int | None = None
    also_in_room: bool = False

    @property
    def in_room(self) -> bool:
        return self.root is None or self.also_in_room


@dataclass
class ModelRoom:
    """`read` has the read marker of each member, which moves when they send."""

    public: bool
    members: set[int]
    owner: int
    messages: list[ModelMessage] = field(default_factory=list)
    read: dict[int, int] = field(default_factory=dict)
    keys: dict[tuple[int, str], int] = field(default_factory=dict)
    places: dict[tuple[int, int], int] = field(default_factory=dict)
    """How far each follower has read a thread, by user and root."""
    notices: list[tuple[str, int, list[int], int]] = field(default_factory=list)
    """What happened, by whom, to whom, after which message."""

    def happened(self, kind: str, actor: int, *users: int) -> None:
        self.notices.append((kind, actor, list(users), len(self.messages)))

    def may_read(self, user: int) -> bool:
        return self.public or user in self.members

    def post(self, user: int, content: str, key: str, root: int | None = None, also_in_room: bool = False) -> int:
        if (user, key) in self.keys:
            return self.keys[user, key]
        begins = root is not None and not self.replies(root)
        self.messages.append(ModelMessage(user, content, root=root, also_in_room=also_in_room))
        seq = self.keys[user, key] = len(self.messages)
        if user in self.members and self.messages[-1].in_room:
            self.read[user] = seq
        if root is not None:
            if user in self.members:
                self.places[user, root] = seq
            asker = self.messages[root - 1].sender
            if begins and asker in self.members:
                self.places.setdefault((asker, root), root)
        return seq

    def may_be_root(self, seq: int) -> bool:
        message = self.messages[seq - 1]
        return message.root is None and (not message.deleted or bool(self.replies(seq)))

    def replies(self, root: int) -> list[int]:
        return [seq for seq, message in enumerate(self.messages, start=1) if message.root == root]

    def unread(self, user: int) -> int:
        return sum(message.in_room and not message.deleted for message in self.messages[self.read[user] :])

    def read_thread(self, user: int, root: int, seq: int) -> None:
        if (user, root) in self.places:
            self.places[user, root] = max(self.places[user, root], seq)

    def unread_replies(self, user: int) -> dict[int, int]:
        """By root, of the threads that the user follows."""
        return {
            root: sum(seq > place and not self.messages[seq - 1].deleted for seq in self.replies(root))
            for (follower, root), place in self.places.items()
            if follower == user
        }

    def join(self, user: int) -> None:
        if user not in self.members:
            self.members.add(user)
            self.read[user] = len(self.messages)

    def state(self) -> list[tuple[int, int, str, bool]]:
        return [
            (seq, message.sender, message.content, message.deleted)
            for seq, message in enumerate(self.messages, start=1)
        ]
