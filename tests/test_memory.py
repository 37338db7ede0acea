"""Clients that leave leave no objects behind, even without the garbage collector, which rarely collects old objects."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_nothing_is_held_of_connections_that_ended(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.leaking", str(tmp_path / "data")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {}
