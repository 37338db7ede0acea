"""A simple reference model of the chat."""

from dataclasses import dataclass, field


@dataclass
class ModelMessage:
    sender: int
    content: str
    deleted: bool = False
    reactions: set[tuple[str, int]] = field(default_factory=set)


@dataclass
class ModelRoom:
    """`read` has the read marker of each member, which moves when they send."""

    public: bool
    members: set[int]
    owner: int
    messages: list[ModelMessage] = field(default_factory=list)
    read: dict[int, int] = field(default_factory=dict)
    keys: dict[tuple[int, str], int] = field(default_factory=dict)
    notices: list[tuple[str, int, list[int], int]] = field(default_factory=list)
    """What happened, by whom, to whom, after which message."""

    def happened(self, kind: str, actor: int, *users: int) -> None:
        self.notices.append((kind, actor, list(users), len(self.messages)))

    def may_read(self, user: int) -> bool:
        return self.public or user in self.members

    def post(self, user: int, content: str, key: str) -> int:
        if (user, key) in self.keys:
            return self.keys[user, key]
        self.messages.append(ModelMessage(user, content))
        seq = self.keys[user, key] = len(self.messages)
        if user in self.members:
            self.read[user] = seq
        return seq

    def unread(self, user: int) -> int:
        return sum(not message.deleted for message in self.messages[self.read[user] :])

    def join(self, user: int) -> None:
        if user not in self.members:
            self.members.add(user)
            self.read[user] = len(self.messages)

    def state(self) -> list[tuple[int, int, str, bool]]:
        return [
            (seq, message.sender, message.content, message.deleted)
            for seq, message in enumerate(self.messages, start=1)
        ]
