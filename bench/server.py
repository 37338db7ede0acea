"""A Hubbub server to measure: started as a user would start it, with its data on disk, pinned to one core."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import seed

BUILD = Path(__file__).parent / "build"
BIN = Path(sys.executable).parent
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


class Hubbub:
    """A running server on a seeded folder: everything on but the rate limits; on one core unless said otherwise."""

    def __init__(self, data: Path, *settings: str, cores: Sequence[int] = (SERVER_CORE,)) -> None:
        command = ["taskset", "-c", ",".join(map(str, cores)), str(BIN / "hubbub"), "serve", "--port", "0"]
        command += ["--data", str(data)]
        for setting in ("rate_limits=off", "log_level=warning", "default_rooms=", *settings):
            command += ["--set", setting]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        found = re.search(r":(\d+)", self.process.stdout.readline())
        assert found is not None, "the server did not start"
        self.port = int(found[1])

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return resident(self.process.pid)

    @property
    def peak(self) -> int:
        """The most resident bytes there were since `forget_peak`."""
        return resident(self.process.pid, "VmHWM")

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")  # proc(5)

    @property
    def cpu(self) -> float:
        """Seconds of processor time used so far, by its workers too."""
        pid = self.process.pid
        return used(pid) + sum(map(used, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def used(pid: int | str) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int, which: str = "VmRSS") -> int:
    """A process's resident bytes: now, or as `VmHWM` the most there were (proc(5))."""
    found = re.search(rf"{which}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@contextmanager
def serving(
    rooms: int,
    members: int,
    public: bool = True,
    stored: int = 0,
    settings: Sequence[str] = (),
    prepare: Callable[[Path], None] | None = None,
) -> Iterator[tuple[Hubbub, Path, Path]]:
    """A server on a folder of its own, with people in rooms and `stored` messages: it, their tokens, the folder.

    `prepare` is called with the folder before the server starts.
    """
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        data = Path(folder) / "data"
        tokens = seed.seed(data, rooms, members, public)
        if stored:
            seed.messages(data, stored, rooms)
        if prepare is not None:
            prepare(data)
        server = Hubbub(data, *settings)
        try:
            yield server, tokens, data
        finally:
            server.stop()
