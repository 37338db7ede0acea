"""Every operation of the published OpenAPI document, fuzzed from the document.

`make fuzz` does the same for longer, with other seeds.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.http import PATIENCE
from tests.http import post as http_post
from tests.server import Server

HERE = Path(__file__).parent
SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))
CASES = os.environ.get("HUBBUB_FUZZ_CASES", "3")
SEED = os.environ.get("HUBBUB_FUZZ_SEED", "1")


@pytest.fixture
def fuzzed(make_server) -> Server:
    """A server with some users, rooms and messages."""
    server = make_server("rate_limits=off", "groups_per_user=100000")
    with httpx.Client(timeout=PATIENCE, base_url=server.url) as http:
        for name in ("alice", "bob", "carol", "dave", "fuzzer"):
            http.post("/register", json={"username": name, "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {sign_in(server, 'alice')}"
        for room in ({"name": "general"}, {"kind": "private", "members": ["fuzzer"]}, {"kind": "private"}):
            number = http.post("/api/rooms", json=room).json()["id"]
            http.post(f"/room/{number}/messages", json={"content": "Hello!"})
        http.post("/messages", json={"to": "fuzzer", "content": "Hello!"})
    return server


def sign_in(server: Server, name: str) -> str:
    answer = http_post(f"{server.url}/login", json={"username": name, "password": PASSWORD})
    token: str = answer.json()["token"]
    return token


@pytest.mark.timeout(3600)
def test_what_is_published_is_what_happens(fuzzed: Server, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "TOKEN": sign_in(fuzzed, "fuzzer"),
        "TOKEN_TO_END": sign_in(fuzzed, "carol"),
        "SCHEMATHESIS_HOOKS": "tests.fuzz.formats",
    }
    done = subprocess.run(
        [SCHEMATHESIS, "--config-file", str(HERE / "schemathesis.toml"), "run", f"{fuzzed.url}/api/openapi.json",
         "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", CASES, "--seed", SEED,
         "--no-color"],
        env=environment, capture_output=True, text=True, cwd=HERE.parent.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert "request_failed" not in fuzzed.log
