"""`hubbub serve --workers 2` with injected faults, observed from outside by its processes."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.http import HttpClient
from tests.raw import PATIENCE
from tests.server import HUBBUB, SHARED_SECRET

WORKERS = 2
_MISCHIEF = """
import os, sys, time
if "_HUBBUB_WORKER_LINE" in os.environ:
    if os.path.exists(os.environ["MISCHIEF"] + "/hang"):
        time.sleep(3600)
    if os.path.exists(os.environ["MISCHIEF"] + "/noise"):
        print("Hubbub is listening on nothing\\n" * 20000 + "ready http://nowhere", end="", flush=True)
    if os.path.exists(os.environ["MISCHIEF"] + "/fail"):
        sys.exit("no")
"""


class Supervised:
    """A supervisor. Its workers hang, print, or fail at their start while that is requested."""

    def __init__(self, folder: Path, database: str, bus: str, *settings: str, mischief: str = "") -> None:
        folder.mkdir()
        self.folder = folder
        # A module that Python imports at its start, standing for a plug-in or a broken package.
        (folder / "sitecustomize.py").write_text(_MISCHIEF)
        self.mischief = mischief
        if mischief:
            (folder / mischief).touch()
        self._log = (folder / "log").open("w")
        command = [HUBBUB, "serve", "--port", "0", "--data", f"{folder}/data", "--workers", str(WORKERS)]
        for setting in (f"database={database}", f"bus={bus}", "rate_limits=off", "worker_silence_seconds=5", *settings):
            command += ["--set", setting]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        environment |= {
            "HUBBUB_DEFAULT_ROOMS": "",
            "HUBBUB_SECRET_KEY": SHARED_SECRET,
            "PYTHONPATH": str(folder),
            "MISCHIEF": str(folder),
        }
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=self._log, cwd=folder, start_new_session=True
        )
        self.url = ""

    def well(self) -> None:
        """Inject no more faults."""
        (self.folder / self.mischief).unlink()

    async def listening(self) -> "Supervised":
        assert self.process.stdout is not None
        line = (await asyncio.to_thread(self.process.stdout.readline)).decode()
        assert line.startswith("Hubbub is listening on "), line + self.log
        self.url = line.split()[-1]
        return self

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def said(self, event: str) -> list[int]:
        """The workers for which the supervisor logged this event."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line["worker"] for line in lines if line["event"] == event]

    def workers(self) -> set[int]:
        """Every worker process that was started here and still runs."""
        found = set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid and self._is_ours(entry):
                found.add(int(entry.name))
        return found

    def _is_ours(self, entry: Path) -> bool:
        try:
            return f"{self.folder}/data".encode() in (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    async def answers(self, connections: int = 20) -> None:
        """Whether each new connection is answered, so that its worker is running."""

        async def ask() -> None:
            async with HttpClient(base_url=self.url, timeout=PATIENCE) as http:
                assert (await http.get("/healthz")).status_code == 200

        await asyncio.gather(*[ask() for _ in range(connections)])

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait, PATIENCE)

    def stop(self) -> None:
        """Kill everything that is left."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for worker in self.workers():
            os.kill(worker, signal.SIGKILL)
        self._log.close()


async def until(holds: Callable[[], bool], what: str, describe: Callable[[], str] = str) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"never came: {what}\n{describe()}") from None


Trial = Callable[..., Awaitable[None]]
