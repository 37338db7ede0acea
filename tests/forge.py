"""A process that has imported Hubbub and forks servers on request, as importing takes longer than most tests.

The forked process runs `hubbub` with its arguments. Run as a program, this module is the forking process.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import IO, NoReturn

_ROOT = Path(__file__).parents[1]
_LARGEST_REQUEST = 1 << 20
_forge: "socket.socket | None" = None


class Forked:
    """The process of a server or another command, with the part of `subprocess.Popen` that tests need."""

    def __init__(
        self, command: list[str], stderr: IO[bytes], env: dict[str, str], cwd: Path, stdin: IO[bytes] | None = None
    ) -> None:
        self.returncode: int | None = None
        # Its id and its exit code are a packet each: a command that ends at once sends both before one is read.
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reading, writing = os.pipe()
        self.stdout = os.fdopen(reading)
        request = json.dumps({"command": command, "env": env, "cwd": str(cwd)}).encode()
        with theirs:
            files = [theirs.fileno(), writing, stderr.fileno(), *([] if stdin is None else [stdin.fileno()])]
            socket.send_fds(_running(), [request], files)
        os.close(writing)
        self.pid = int(self._line.recv(16))

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; negative for the signal that killed it. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("hubbub", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                self.returncode = int(self._line.recv(16))
            except (TimeoutError, BlockingIOError):
                return None
            self._line.close()
            self.stdout.close()
        return self.returncode


def _running() -> socket.socket:
    """The connection to the forking process, which is started on first use and ends with this one."""
    global _forge
    if _forge is None:
        _forge, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(
                [sys.executable, "-m", "tests.forge", str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd=_ROOT
            )
    return _forge


def main(requests: socket.socket) -> None:
    _load()
    # The watching process is not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, files, _, _ = socket.recv_fds(requests, _LARGEST_REQUEST, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            _watch_over(json.loads(request), *files)
        for file in files:
            os.close(file)


def _load() -> None:
    """Import all that a server imports, also what it imports only when it starts."""
    from typer.testing import CliRunner

    import hubbub.server.app  # noqa: F401
    from hubbub.chat.tokens import Tokens
    from hubbub.server.cli import app

    Tokens(["a key that signs nothing"])
    assert CliRunner().invoke(app, ["schema", "openapi"]).exit_code == 0


def _watch_over(wanted: dict[str, object], line: int, stdout: int, stderr: int, stdin: int = 0) -> NoReturn:
    """Fork the command, report its process id, and finally its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.close(line)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _run(wanted, stdout, stderr, stdin)
    os.close(stdout)
    os.close(stderr)
    os.write(line, str(pid).encode())
    _, status = os.waitpid(pid, 0)
    os.write(line, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(wanted: dict[str, object], stdout: int, stderr: int, stdin: int) -> NoReturn:
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.close(stdout)
    os.close(stderr)
    os.chdir(str(wanted["cwd"]))
    os.environ.clear()
    os.environ.update(wanted["env"])  # type: ignore[call-overload]
    sys.argv = list(wanted["command"])  # type: ignore[call-overload]
    from hubbub.server.cli import main as run

    code = 1
    try:
        run()
        code = 0
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
