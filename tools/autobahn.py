"""`make autobahn`: the Autobahn WebSocket test suite against the server's socket class; writes docs/autobahn.md.

The suite runs on Python 2.7 only: name one with PYTHON27, or let it be found on the path or with pyenv. A convenience
for maintainers, not part of the tests.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORK = ROOT / ".autobahn"
GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}
GROUPS = {
    "1": "Framing", "2": "Pings and pongs", "3": "Reserved bits", "4": "Opcodes", "5": "Fragmentation",
    "6": "UTF-8 handling", "7": "Close handling", "9": "Limits and performance", "10": "Miscellaneous",
    "12": "Compression (different payloads)", "13": "Compression (different parameters)",
}  # fmt: skip


def suite() -> str:
    """The suite's program, installed into a virtual environment of its own when it is not there."""
    program = WORK / "python27" / "bin" / "wstest"
    if not program.exists():
        pyenv = sorted(Path.home().glob(".pyenv/versions/2.7.*/bin/python2.7"))
        # pyenv's own word for it may be there for a version that is not chosen, and then does nothing.
        python = os.environ.get("PYTHON27") or (str(pyenv[-1]) if pyenv else shutil.which("python2.7"))
        if python is None:
            sys.exit("Autobahn's test suite needs a Python 2.7: name one with PYTHON27=/path/to/python2.7.")
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--target", WORK / "virtualenv", "virtualenv<20.22"], check=True
        )
        environment = {**os.environ, "PYTHONPATH": str(WORK / "virtualenv")}
        subprocess.run([python, "-m", "virtualenv", "--quiet", WORK / "python27"], env=environment, check=True)
        subprocess.run([program.with_name("pip"), "install", "--quiet", "autobahntestsuite==0.8.2"], check=True)
    return str(program)


def run(program: str) -> dict[str, dict[str, str]]:
    """Behaviour by case."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, ROOT / "tools" / "echo_server.py", str(port)])
    reports = WORK / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    spec = {
        "outdir": str(reports), "servers": [{"agent": "Hubbub", "url": f"ws://127.0.0.1:{port}"}],
        "cases": os.environ.get("CASES", "*").split(","), "exclude-cases": [], "exclude-agent-cases": {},
    }  # fmt: skip
    (WORK / "spec.json").write_text(json.dumps(spec))
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        subprocess.run(
            [program, "-m", "fuzzingclient", "-s", WORK / "spec.json"], check=True, stdout=subprocess.DEVNULL
        )
    finally:
        server.terminate()
        server.wait()
    found: dict[str, dict[str, str]] = json.loads((reports / "index.json").read_text())["Hubbub"]
    return found


def page(cases: dict[str, dict[str, str]]) -> str:
    rows = []
    for number, name in GROUPS.items():
        group = [case for key, case in cases.items() if key.split(".")[0] == number]
        counts = Counter(case["behavior"] for case in group)
        counted = [str(counts[behavior]) for behavior in ("OK", "NON-STRICT", "INFORMATIONAL")]
        others = str(len(group) - sum(map(int, counted)))
        rows.append("| " + " | ".join([number, name, str(len(group)), *counted, others]) + " |")
    versions = f"autobahntestsuite 0.8.2, websockets {_version('websockets')}, uvicorn {_version('uvicorn')}"
    table = "\n".join(rows)
    return f"""# Autobahn

The [Autobahn test suite](https://github.com/crossbario/autobahn-testsuite) against the very socket class the server
uses, with a handler that sends everything back. `make autobahn` runs it and writes this page.

{datetime.now(UTC):%Y-%m-%d}, {versions}.

| group | | cases | OK | non-strict | informational | other |
|---|---|---|---|---|---|---|
{table}

Non-strict: a text that is not UTF-8 closes the connection when its message is whole, not in the middle of it.
"""


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def main() -> None:
    WORK.mkdir(exist_ok=True)
    cases = run(suite())
    bad = {
        key: case for key, case in cases.items() if case["behavior"] not in GOOD or case["behaviorClose"] not in GOOD
    }
    for key, case in sorted(bad.items()):
        print(f"{key}: {case['behavior']}, close {case['behaviorClose']}")
    print(f"{len(cases)} cases, {len(bad)} failed")
    if "CASES" not in os.environ:
        (ROOT / "docs" / "autobahn.md").write_text(page(cases))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
