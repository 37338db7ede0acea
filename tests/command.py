"""`hubbub` with arguments, run to its end."""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.forge import Forked
from tests.server import HUBBUB

_SECONDS = 300
_ROOT = Path(__file__).parents[1]


def run_hubbub(
    *arguments: str, cwd: Path = _ROOT, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it in a folder, with variables beside those of this process that are not Hubbub's own.

    Raises subprocess.TimeoutExpired after five minutes.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    command = [HUBBUB, *arguments]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(stdin.encode())
        given.seek(0)
        process = Forked(command, errors, {**clean, **environment}, cwd, given)
        output = process.stdout.read()
        code = process.wait(_SECONDS)
        errors.seek(0)
        return subprocess.CompletedProcess(command, code, output, errors.read().decode())
