"""The time-outs of the tests: a hanging test is ended and named, and the others continue."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_KEEPS = """
import asyncio, os, subprocess, threading

async def keeps_it(stopped):
    # Like a client that retries after any exception. The time-out is raised here, not in the loop between two steps.
    while True:
        try:
            while not stopped:
                pass
            while True:
                for _ in range(1000):
                    pass
                await asyncio.sleep(0)
        except BaseException as error:
            stopped.append(error)

async def waits_in_vain():
    await asyncio.get_running_loop().create_future()  # HERE
"""
_HANGS = {
    "task": _KEEPS
    + """
async def test_hangs():
    task = asyncio.create_task(keeps_it([]))
    await waits_in_vain()
""",
    "callback": _KEEPS
    + """
async def test_hangs():
    loop = asyncio.get_running_loop()
    struck = []
    def again():
        loop.call_soon(again)
        try:
            while not struck:
                pass
        except BaseException:
            struck.append(True)
            raise
    loop.call_soon(again)
    await waits_in_vain()
""",
    "thread": """
import threading
def test_hangs():
    while True:
        try:
            threading.Event().wait()  # HERE
        except BaseException:
            pass
""",
    "teardown": """
import threading, pytest
@pytest.fixture
def server():
    yield
    while True:
        try:
            threading.Event().wait()  # HERE
        except BaseException:
            pass
def test_hangs(server):
    assert False
""",
    "child": _KEEPS
    + """
async def test_hangs():
    child = subprocess.Popen(["sleep", "4711"])
    open("child", "w").write(str(child.pid))
    task = asyncio.create_task(keeps_it([]))
    await waits_in_vain()
""",
}


@pytest.mark.parametrize("how", _HANGS)
def test_a_time_out_ends_the_test_and_says_where_it_was(tmp_path: Path, how: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\nasyncio_mode = "auto"\n')
    (tmp_path / "conftest.py").write_text("from tests.timeouts import pytest_runtest_protocol, pytest_runtest_setup\n")
    (tmp_path / "test_a.py").write_text(_HANGS[how] + "\ndef test_after():\n    pass\n")
    (tmp_path / "test_b.py").write_text("".join(f"def test_{number}():\n    pass\n" for number in range(5)))
    command = [
        sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--timeout", "4", "-v",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}", "HUBBUB_TEST_GRACE": "2"},
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "crashed while running 'test_a.py::test_hangs'" in said
    assert "test_a.py::test_hangs did not end" in said
    assert "# HERE" in said, "where it was"
    assert "6 passed" in said, "the others went on"
    if how == "child":
        assert not Path(f"/proc/{(tmp_path / 'child').read_text()}").exists(), "what it started was ended too"
