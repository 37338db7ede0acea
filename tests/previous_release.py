"""The previous release: its code out of the repository's history, run by this environment's Python."""

import asyncio
import json
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.raw import PATIENCE

COMMIT = "735dd108b06957f57eb692a66076404811363759"
"""Of the last release, or, before the first one, the last commit with the schema before this one's. Each release sets
it to its own commit: `git rev-parse HEAD`."""
_ROOT = Path(__file__).parents[1]


def unpack(folder: Path) -> Path:
    """Its sources, in a folder for PYTHONPATH.

    Raises RuntimeError: the history is not there.
    """
    done = subprocess.run(["git", "archive", "--format=tar", COMMIT, "src"], cwd=_ROOT, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(
            f"The previous release, commit {COMMIT}, is not in this repository's history: run the tests in a clone "
            f"that has all of it (git fetch --unshallow). git says: {done.stderr.decode().strip()}"
        )
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


def prefix(sources: Path) -> tuple[str, ...]:
    """In front of a command that is to run with these sources."""
    return ("env", f"PYTHONPATH={sources}")


class PreviousClient:
    """The previous release's Python client, in a process of its own. `events` are those it iterated over."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._told = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.events: list[dict[str, Any]] = []

    @classmethod
    async def open(cls, sources: Path, url: str, token: str) -> "PreviousClient":
        process = await asyncio.create_subprocess_exec(
            *prefix(sources), sys.executable, "-P", str(_ROOT / "tests" / "previous_client.py"), url, token,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        client = cls(process)
        ready = await client._answer()
        assert ready["ready"].startswith(str(sources)), ready
        return client

    async def call(self, method: str, on: str = "client", **arguments: Any) -> Any:
        """The answer of a method of its `Client` or `Live`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"on": on, "method": method, "arguments": arguments}).encode() + b"\n")
        answer = await self._answer()
        assert "answer" in answer, answer
        return answer["answer"]

    async def until(self, **fields: Any) -> dict[str, Any]:
        """The first event, of those there were or come, that has these fields."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events if fields.items() <= event.items()), None)

        async with self._told:
            try:
                await asyncio.wait_for(self._told.wait_for(found), PATIENCE)
            except TimeoutError:
                raise AssertionError(f"never came: {fields}; last: {self.events[-5:]}") from None
        event = found()
        assert event is not None
        return event

    async def close(self) -> None:
        """Ends as it does without more calls. Raises AssertionError if the process failed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert await asyncio.wait_for(self._process.wait(), PATIENCE) == 0
        await self._reading

    async def _answer(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._answers.get(), PATIENCE)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "event" not in said:
                await self._answers.put(said)
                continue
            async with self._told:
                self.events.append(said["event"])
                self._told.notify_all()
