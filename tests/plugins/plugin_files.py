"""Plugins for tests, written into files."""

import os
import subprocess
from pathlib import Path

from tests.server import HUBBUB


def plugin_file(folder: Path, name: str, source: str) -> str:
    """A file with the source of a plugin; its path, for the setting `plugins`."""
    path = folder / f"{name}.py"
    path.write_text(source)
    return str(path)


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`hubbub` with these arguments, in a folder, with variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    return subprocess.run([HUBBUB, *arguments], capture_output=True, text=True, env={**clean, **environment}, cwd=cwd)
