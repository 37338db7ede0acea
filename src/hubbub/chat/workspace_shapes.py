"""Shapes of the workspace."""

from msgspec import Struct

DEFAULT_NAME = "Hubbub"


class Workspace(Struct, omit_defaults=True):
    """What a server is called and looks like. `version` grows by one with each change."""

    name: str
    version: int
    picture: str | None = None
    accent: str | None = None
    welcome: str | None = None
