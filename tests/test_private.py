"""What only the operator may read: files, passwords in URLs, keys."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from hubbub.masking import masked
from tests.command import run_hubbub
from tests.conftest import newcomer
from tests.server import Server

SECRET = "s3cr3t"


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))
    }


@pytest.mark.parametrize("existed", [False, True], ids=["new", "existed"])
async def test_nobody_else_reads_the_data(tmp_path: Path, existed: bool) -> None:
    data = tmp_path / "data"
    if existed:
        first = Server(data)
        first.stop()  # killed, so that its WAL remains
        for path in (data, *data.rglob("*")):
            path.chmod(0o777)
    before = os.umask(0)
    try:
        # Not the forking process, which has a umask of its own.
        server = Server(data, prefix=("env",))
        alice = await newcomer(server.url, "alice")
        made = run_hubbub("backup", "--data", str(data), "--to", str(tmp_path / "kept"))
        assert made.returncode == 0, made.stderr
    finally:
        os.umask(before)
    for folder in (data, tmp_path / "kept"):
        for name, mode in modes(folder).items():
            kind = "0o700" if (folder / name).is_dir() else "0o600"
            assert mode == kind, f"{name} is {mode}"
    assert {"hubbub.db-wal", "hubbub.db-shm", "secret.key"} <= set(modes(data))
    await alice.__aexit__()
    server.stop()


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@db/chat",
        f"postgresql://me:{SECRET}@{SECRET}@db/chat",
        f"postgresql://me:a/{SECRET}@db/chat",
        f"postgrsql://me:{SECRET}@db/chat",
        f"postgresql://db/chat?user=me&password={SECRET}",
        f"postgresql://db/chat?password={SECRET}&sslmode=require",
        f"postgresql://db/chat?sslpassword={SECRET}",
        f"nats://{SECRET}@one:4222,tls://me:{SECRET}@two",
        f"nats://one?auth_token={SECRET}",
        f"wss://one/ws?ticket=1&token={SECRET}#x",
        f"could not connect to 'postgresql://me:{SECRET}@db' (try again)",
    ],
)
def test_addresses_are_shown_without_their_secrets(url: str) -> None:
    assert SECRET not in masked(url)
    assert "***" in masked(url)


@pytest.mark.parametrize("text", ["https://chat.example.org/a?b=c", "sqlite:////a/b.db", "me@example.org", "a = b"])
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "arguments",
    [
        ("--database", f"postgrsql://me:{SECRET}@127.0.0.1:1/chat"),
        ("--database", f"postgresql://me:{SECRET}@127.0.0.1:1/chat"),
        ("--database", f"postgresql://127.0.0.1:1/chat?user=me&password={SECRET}"),
        ("--database", f"postgresql://me:{SECRET}@:x:/chat"),
        ("--database", f"me:{SECRET}@db"),
        ("--bus", f"nats://me:{SECRET}@127.0.0.1:1"),
        ("--port", f"postgresql://me:{SECRET}@db/chat"),
        ("--set", f"nosuch=postgresql://me:{SECRET}@db/chat"),
        ("--set", f"public_url=https://me:{SECRET}@example.org"),
    ],
)
def test_no_command_prints_them(tmp_path: Path, arguments: tuple[str, str]) -> None:
    environment = {"HUBBUB_SECRET_KEY": "a key that is long enough"}
    for command in ("config", "serve", "check"):
        if command == "serve" and "public_url" in arguments[1]:
            continue  # it would start a server
        if command == "check" and arguments[0] not in ("--database",):
            continue
        done = run_hubbub(command, "--data", f"{tmp_path}/data", *arguments, cwd=tmp_path, **environment)
        assert SECRET not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_the_log_masks_them_too() -> None:
    code = (
        "import structlog; from hubbub.server import logs; logs.configure('json', 'info')\n"
        f"url = 'nats://me:{SECRET}@one'\n"
        "structlog.get_logger().info('lost', url=url, error=f'no answer from {url}')\n"
        "try:\n raise OSError(f'no {url}')\n"
        "except OSError:\n structlog.get_logger().exception('failed')\n"
    )
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert SECRET not in done.stderr
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["lost", "failed"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("HUBBUB_DATABSE", "Did you mean HUBBUB_DATABASE?"),
        ("HUBBUB_SECRETKEY", "Did you mean HUBBUB_SECRET_KEY?"),
        ("HUBBUB_PORT_8080_TCP", "is no setting"),
    ],
)
def test_a_mistyped_variable_is_told(tmp_path: Path, name: str, says: str) -> None:
    done = run_hubbub("config", cwd=tmp_path, **{name: "x"})
    assert done.returncode == 0, "Kubernetes sets such variables by itself"
    assert name in done.stderr
    assert says in done.stderr
