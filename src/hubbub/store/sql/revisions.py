"""The revision of a database's schema, and which programs can use it.

Within a release migrations only expand the schema, so the previous release works on the newer one. A migration that
contracts it, after the release that stopped using what it removes, has two names beside `revision`:
`compatible_from`, the first revision whose program can use the contracted schema, and `expanded_in`, its release.
The database keeps the highest `compatible_from`, for programs that do not have the migration yet.
"""

from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, inspect, select
from sqlalchemy.engine import Connection

from hubbub.store.sql.schema import compatibility

_EXPANDING_SINCE = "0011"
"""Programs from this revision on can use what the later migrations made of the schema, if none of them contracts it."""


class Schema(Enum):
    MISSING = "none yet: the next start makes it"
    OLDER = "of an older version, which the next start changes"
    NEWEST = "the newest"
    NEWER = "of a newer version, which this one can use"

    @property
    def is_usable(self) -> bool:
        """Whether this program can use it as it is."""
        return self in (Schema.NEWEST, Schema.NEWER)


class NewerDatabase(Exception):  # noqa: N818 - says what is the case
    """The database is of a later version, which this program cannot use. The text is its revision."""


def config() -> Config:
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    found.set_main_option("path_separator", "os")
    return found


def known() -> list[str]:
    """The revisions that this program knows, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()][::-1]


def present(connection: Connection) -> str | None:
    """The revision of the database; None if it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def state(connection: Connection) -> Schema:
    """Raises NewerDatabase."""
    revision, revisions = present(connection), known()
    if revision is None:
        return Schema.MISSING
    if revision in revisions:
        return Schema.NEWEST if revision == revisions[-1] else Schema.OLDER
    says = inspect(connection).has_table(compatibility.name)
    if says and connection.scalar(select(compatibility.c.revision)) in revisions:
        return Schema.NEWER
    raise NewerDatabase(revision)


def compatible_from() -> str:
    """The first revision whose program can use the newest schema."""
    scripts = ScriptDirectory.from_config(config()).walk_revisions()
    return max(getattr(script.module, "compatible_from", _EXPANDING_SINCE) for script in scripts)


def upgrade(connection: Connection) -> None:
    """To the newest schema, within the transaction of the connection."""
    wanted = config()
    wanted.attributes["connection"] = connection
    command.upgrade(wanted, "head")
    connection.execute(delete(compatibility))
    connection.execute(insert(compatibility).values(revision=compatible_from()))
