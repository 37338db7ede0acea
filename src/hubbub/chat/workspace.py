"""The workspace: what the server is called and looks like, for everybody who uses it and for those at its door."""

import re
from hashlib import sha256

from msgspec import UNSET, Struct, UnsetType

from hubbub.chat.access import alive
from hubbub.chat.events import WorkspaceEvent
from hubbub.chat.permissions import ServerAction, require_on_server
from hubbub.chat.storage.workspaces import WorkspacePicture, WorkspaceRecord
from hubbub.chat.text import label, storable, visible
from hubbub.chat.transaction import Outcome, Snapshot, Touches, Transaction
from hubbub.chat.workspace_shapes import DEFAULT_NAME, Workspace
from hubbub.errors import InvalidInput, NotFound, checking

PICTURES = "/api/workspace/picture/"
"""Where the picture is served, by digest."""
LONGEST_NAME = 50
LONGEST_WELCOME = 500
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


class ThisWorkspace(Struct, frozen=True):
    """The workspace as it is shown."""

    def answer(self, snapshot: Snapshot) -> Workspace:
        return shown(snapshot.workspaces.get())


class WorkspacePictureOf(Struct, frozen=True):
    """The picture with this digest. Raises NotFound if the workspace has another one, or none."""

    digest: str

    def answer(self, snapshot: Snapshot) -> WorkspacePicture:
        picture = snapshot.workspaces.picture()
        if picture is None or picture.digest != self.digest:
            raise NotFound("There is no such picture.", reason="no_picture")
        return picture


class ChangeWorkspace(Struct, frozen=True):
    """Change the workspace, as an administrator. UNSET leaves a field unchanged, None and blank text restore its
    default."""

    actor: int
    name: str | None | UnsetType = UNSET
    accent: str | None | UnsetType = UNSET
    welcome: str | None | UnsetType = UNSET
    picture: str | None | UnsetType = UNSET

    def touches(self) -> Touches:
        return Touches(kept=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Workspace]:
        _require_admin(tx, self.actor)
        changes: dict[str, str | None] = {}
        with checking() as check:
            if self.name is not UNSET:
                changes["name"] = check(_name, self.name)
            if self.accent is not UNSET:
                changes["accent"] = check(_accent, self.accent)
            if self.welcome is not UNSET:
                changes["welcome"] = check(_welcome, self.welcome)
            if self.picture is not UNSET:
                check(_require_own_picture, self.picture, shown(tx.workspaces.get()).picture)
        # All of it is good: only now, as locking it may store it.
        record = tx.workspaces.to_change()
        before = shown(record)
        for field, value in changes.items():
            setattr(record, field, value)
        if self.picture is None and record.picture is not None:
            record.picture = None
            tx.workspaces.drop_picture()
        return Outcome(before) if shown(record) == before else _save(tx, record)


class SetWorkspacePicture(Struct, frozen=True):
    """Store an uploaded picture, as an administrator. `hubbub.surfaces.images` has checked and resized it."""

    actor: int
    kind: str
    content: bytes

    def touches(self) -> Touches:
        return Touches(kept=(self.actor,))

    def decide(self, tx: Transaction) -> Outcome[Workspace]:
        _require_admin(tx, self.actor)
        record = tx.workspaces.to_change()
        digest = sha256(self.content).hexdigest()[:32]
        if record.picture == digest:
            return Outcome(shown(record))
        record.picture = digest
        tx.workspaces.save_picture(WorkspacePicture(digest, self.kind, self.content))
        return _save(tx, record)


class MayChangeWorkspace(Struct, frozen=True):
    """Raises NotAllowed unless the actor is an administrator: asked before an upload is decoded."""

    actor: int

    def answer(self, snapshot: Snapshot) -> None:
        _require_admin(snapshot, self.actor)


def shown(record: WorkspaceRecord) -> Workspace:
    picture = None if record.picture is None else f"{PICTURES}{record.picture}"
    return Workspace(record.name or DEFAULT_NAME, record.version, picture, record.accent, record.welcome)


def _require_admin(snapshot: Snapshot, actor: int) -> None:
    require_on_server(ServerAction.CHANGE_WORKSPACE, alive(snapshot, actor).admin)


def _save(tx: Transaction, record: WorkspaceRecord) -> Outcome[Workspace]:
    record.version += 1
    tx.workspaces.save(record)
    workspace = shown(record)
    return Outcome(workspace, [WorkspaceEvent(workspace)])


def _name(text: str | None) -> str | None:
    return None if text is None or not text.strip() else label(text, "name", LONGEST_NAME)


def _accent(text: str | None) -> str | None:
    """Any colour is taken: clients move its lightness to where text on it can be read."""
    if text is None or not text.strip():
        return None
    if _COLOUR.fullmatch(text) is None:
        raise InvalidInput("must be a colour such as #3366cc", "accent", "bad_format")
    return text.lower()


def _welcome(text: str | None) -> str | None:
    """A text of several lines, each by the rules of a label."""
    if text is None or not visible(storable(text, "welcome")):
        return None
    lines = [label(line, "welcome", LONGEST_WELCOME) if line.strip() else "" for line in text.strip().splitlines()]
    joined = "\n".join(lines)
    if len(joined) > LONGEST_WELCOME:
        raise InvalidInput(
            f"has {len(joined)} characters; at most {LONGEST_WELCOME} are allowed",
            "welcome",
            "too_long",
            max=LONGEST_WELCOME,
        )
    return joined


def _require_own_picture(sent: str | None, present: str | None) -> None:
    """Clients may send the picture back as it is; another one is uploaded instead."""
    if sent is not None and sent != present:
        raise InvalidInput("is uploaded with PUT /api/workspace/picture; null removes it", "picture", "bad_format")
