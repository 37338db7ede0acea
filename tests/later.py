"""A later release, as far as its database: this program's migrations, and one more that a test writes."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from hubbub.store.sql import revisions

REVISION = "9999"
Later = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Later:
    """`with later("op.execute(…)", compatible_from="9999"):` the test's own process is a program with that migration.

    Servers in processes of their own are not.
    """

    @contextmanager
    def with_migration(body: str, **names: str) -> Iterator[None]:
        scripts = tmp_path / "later" / "migrations"
        shutil.rmtree(scripts, ignore_errors=True)
        original = revisions.config()
        shutil.copytree(str(original.get_main_option("script_location")), scripts)
        lines = [
            '"""A migration of a test."""',
            "import sqlalchemy as sa",
            "from alembic import op",
            f"revision, down_revision = {REVISION!r}, {revisions.known()[-1]!r}",
            *(f"{name} = {value!r}" for name, value in names.items()),
            "def upgrade() -> None:",
            *(f"    {line}" for line in body.splitlines()),
        ]
        (scripts / "versions" / f"{REVISION}_later.py").write_text("\n".join(lines) + "\n")
        original.set_main_option("script_location", str(scripts))
        with monkeypatch.context() as patched:
            patched.setattr(revisions, "config", lambda: original)
            yield

    return with_migration
