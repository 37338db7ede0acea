"""The sessions in the documentation, run against a fresh server: they show the real output."""

import doctest
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs" / "interfaces"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "-- end of block --"


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in _BLOCK.findall(page.read_text("utf-8"))]


def same(shown: object, real: object) -> bool:
    """Whether the two are equal, with … in the shown text as a wildcard."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return shown.keys() == real.keys() and all(same(shown[name], real[name]) for name in shown)
    if isinstance(shown, list) and isinstance(real, list):
        return len(shown) == len(real) and all(map(same, shown, real))
    if isinstance(shown, str) and isinstance(real, str):
        return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), real, re.DOTALL) is not None
    return type(shown) is type(real) and shown == real


@pytest.mark.parametrize(
    "page",
    [
        "native", "v1", "conversations", "rooms", "../client-python",
        "../integrators/rest", "../integrators/live", "../integrators/bots", "../plugins",
    ],
)  # fmt: skip
def test_the_session_of_a_page(page: str, make_server, tmp_path: Path) -> None:
    server = make_server(default_rooms=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shell = subprocess.Popen(
        ["bash", "-e"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "HUBBUB": server.url, "PORT": str(port),
             "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert shell.stdin is not None
    assert shell.stdout is not None
    compared, printed = 0, None
    for kind, text in blocks(DOCS / f"{page}.md"):
        if kind in ("js", "toml", "py"):
            continue  # for a browser (tests/web/test_event_source.py), or parts of something
        if kind in ("sh", "python"):
            command = text if kind == "sh" else f"python3 - <<'END'\n{text}END\n"
            shell.stdin.write(f"{command}\necho\necho '{_END}'\n")
            shell.stdin.flush()
            lines = []
            for line in shell.stdout:
                if line.strip() == _END:
                    break
                lines.append(line)
            else:
                raise AssertionError(f"this block ended the session: {text}")
            printed = "".join(lines).strip()
        elif kind == "json":
            assert same(json.loads(text), json.loads(printed or "")), f"shown {text}, printed {printed}"
            compared += 1
        else:
            assert same(text.strip(), printed), f"shown {text}, printed {printed}"
            compared += 1
    assert compared >= 3
    shell.stdin.close()
    assert shell.wait() == 0
    shell.stdout.close()


def test_the_session_of_chat_server() -> None:
    failed, tried = doctest.testfile(
        str(DOCS / "chat-server.md"),
        module_relative=False,
        optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL,
    )
    assert tried > 15
    assert failed == 0


def test_the_docstring_of_chat_server() -> None:
    from hubbub.surfaces import in_process

    failed, tried = doctest.testmod(in_process)
    assert tried > 3
    assert failed == 0


def test_every_interface_has_its_page() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index
