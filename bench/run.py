"""`make bench`: what Hubbub does on this machine, beside the bare limit of the machine, in one run.

Every row is measured several times; the median is what counts, with the lowest and the highest beside it. The figures
go to `bench/results/` as JSON, and from there into `docs/performance.md` and its plots (`make bench-report`).
`--only rows`, `--only crowd,curves` and so on run a part.
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from curves import CURVES
from load import build
from rows import ROWS, Row
from server import CORES
from soak import soak

RESULTS = Path(__file__).parent / "results"
ALL = [*ROWS, *CURVES, "soak"]
GROUPS = {
    "rows": list(ROWS),
    "curves": list(CURVES),
    "fanout": ["fanout10k", "fanout1k"],
    "work": [name for name in ROWS if name.startswith("work_")],
    "threads": ["threads", "threads_on_postgres"],
    "client": [name for name in ROWS if name.startswith("client")],
    "workers": [name for name in ROWS if name.startswith("workers_")],
}


def measured(row: Row, runs: int) -> dict[str, object]:
    """The row's figures: median, lowest, highest, every run; and whether the bounds are kept."""
    found = [row.measure() for _ in range(runs)]
    figures = {
        name: {
            "median": statistics.median(values),
            "low": min(values),
            "high": max(values),
            "runs": values,
        }
        for name in found[0]
        for values in ([run[name] for run in found],)
    }
    met = all(
        figures[name]["median"] >= bound if sign == ">=" else figures[name]["median"] <= bound  # type: ignore[operator]
        for name, (sign, bound) in row.bounds.items()
    )
    return {"title": row.title, "bounds": row.bounds, "figures": figures, "met": met}


def summary(name: str, result: dict[str, object]) -> str:
    figures: dict[str, dict[str, float]] = result["figures"]  # type: ignore[assignment]
    parts = [f"{key} {f['median']:.4g} ({f['low']:.4g}-{f['high']:.4g})" for key, f in figures.items()]
    return f"{name:12} {'met   ' if result['met'] else 'MISSED'} {', '.join(parts)}"


def machine() -> dict[str, object]:
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run(["git", "status", "--porcelain", "src"], capture_output=True, text=True).stdout.strip()
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit + ("+" if changed else ""),
        "processor": model[0].partition(": ")[2] if model else platform.machine(),
        "cores": len(CORES),
        "memory_GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names of rows, curves, 'rows', 'curves', 'fanout', 'soak'")
    parser.add_argument("--runs", type=int, default=3, help="how often each row is measured")
    parser.add_argument("--minutes", type=float, default=10, help="how long the soak takes")
    parser.add_argument("--rate", type=int, default=500, help="messages a second in the soak")
    options = parser.parse_args()
    names = [each for name in options.only.split(",") if name for each in GROUPS.get(name, [name])] or ALL
    if unknown := [name for name in names if name not in ALL]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join([*ALL, *GROUPS])}")
    build()
    results: dict[str, object] = {"machine": machine(), "rows": {}, "curves": {}}
    print(", ".join(f"{key} {value}" for key, value in machine().items()), flush=True)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    for name in names:
        if name in ROWS:
            found = results["rows"][name] = measured(ROWS[name], options.runs)  # type: ignore[index]
            print(summary(name, found), flush=True)
        elif name in CURVES:
            results["curves"][name] = CURVES[name]()  # type: ignore[index]
        else:
            results["soak"] = soak(options.minutes, options.rate)
        file.write_text(json.dumps(results, indent=1))
    print(f"written to {file}")


if __name__ == "__main__":
    main()
