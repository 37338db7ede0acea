"""A model of a room with threads that counts its messages one by one."""

from dataclasses import dataclass, field


@dataclass
class ModelMessage:
    seq: int
    sender: int
    mentions: set[int]
    root: int | None = None
    also_in_room: bool = False
    deleted: bool = False

    @property
    def in_room(self) -> bool:
        return self.root is None or self.also_in_room


@dataclass
class Place:
    read_seq: int
    following: bool = False


@dataclass
class ModelThreads:
    members: set[int]
    messages: list[ModelMessage] = field(default_factory=list)
    marks: dict[int, int] = field(default_factory=dict)
    places: dict[tuple[int, int], Place] = field(default_factory=dict)
    """By user and root."""

    def replies(self, root: int) -> list[ModelMessage]:
        return [message for message in self.messages if message.root == root]

    def post(self, sender: int, mentions: set[int], root: int | None = None, also_in_room: bool = False) -> int:
        seq = len(self.messages) + 1
        begins = root is not None and not self.replies(root)
        self.messages.append(ModelMessage(seq, sender, set(mentions), root, also_in_room))
        if self.messages[-1].in_room:
            self.marks[sender] = seq
        if root is not None:
            own = self.places.setdefault((sender, root), Place(read_seq=root))
            own.following, own.read_seq = True, seq
            self._call(seq, set(mentions), read_up_to=seq - 1)
            asker = self.messages[root - 1].sender
            if begins and (asker, root) not in self.places:
                self.places[asker, root] = Place(root, following=True)
        return seq

    def edit(self, seq: int, mentions: set[int]) -> None:
        message = self.messages[seq - 1]
        added = set(mentions) - message.mentions
        message.mentions = set(mentions)
        if message.root is not None:
            # What was said since is not unread to whom an edit calls.
            last = self.replies(message.root)[-1].seq
            self._call(seq, added, read_up_to=seq - 1 if seq == last else last)

    def read(self, user: int, seq: int) -> None:
        self.marks[user] = max(self.marks.get(user, 0), seq)

    def read_thread(self, user: int, root: int, seq: int) -> None:
        place = self.places.get((user, root), Place(read_seq=root))
        if self._up_to(root, seq) > self._up_to(root, place.read_seq):
            place.read_seq = seq
            self.places[user, root] = place

    def follow(self, user: int, root: int, on: bool) -> None:
        place = self.places.setdefault((user, root), Place(read_seq=root))
        replies = self.replies(root)
        if on and not place.following and replies:
            place.read_seq = replies[-1].seq
        place.following = on

    def unread(self, user: int) -> tuple[int, int]:
        later = [m for m in self.messages[self.marks.get(user, 0) :] if m.in_room and not m.deleted]
        return len(later), sum(user in message.mentions for message in later)

    def place(self, user: int, root: int) -> tuple[bool, int, int, int]:
        place = self.places.get((user, root), Place(read_seq=root))
        later = [m for m in self.replies(root) if m.seq > place.read_seq and not m.deleted]
        if not place.following:
            later = []
        return place.following, place.read_seq, len(later), sum(user in message.mentions for message in later)

    def followed(self, user: int) -> list[int]:
        """Roots of followed threads with replies, the latest reply first."""
        roots = [root for (who, root), place in self.places.items() if who == user and place.following]
        return sorted((root for root in roots if self.replies(root)), key=lambda root: -self.replies(root)[-1].seq)

    def _up_to(self, root: int, seq: int) -> int:
        return sum(message.seq <= seq for message in self.replies(root))

    def _call(self, seq: int, called: set[int], read_up_to: int) -> None:
        message = self.messages[seq - 1]
        assert message.root is not None
        for user in (called & self.members) - {message.sender}:
            place = self.places.setdefault((user, message.root), Place(read_seq=message.root))
            if not place.following:
                place.following = True
                if self._up_to(message.root, read_up_to) > self._up_to(message.root, place.read_seq):
                    place.read_seq = read_up_to
