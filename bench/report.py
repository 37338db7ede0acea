"""`make bench-report`: what the last runs found, written into `docs/performance.md` and drawn beside it.

Between `<!-- name -->` and `<!-- end -->` the page is written by this program; the rest by hand. All that is known
is kept in `docs/performance/figures.json`: a run of a part renews that part.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from page import ALARM, BARE, OURS, axes, drawn, fill
from rows import ROWS

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
PAGE = ROOT / "docs" / "performance.md"
FOLDER = ROOT / "docs" / "performance"
FIGURES = FOLDER / "figures.json"

UNITS = {
    "ratio": "{:.3f} ×",
    "per_second": "{:,.0f} /s",
    "MiB": "{:.1f} MiB",
    "KiB": "{:.1f} KiB",
    "ms": "{:.2f} ms",
    "us": "{:.3g} µs",
    "s": "{:.1f} s",
    "seconds": "{:.1f} s",
}
NAMES = {
    "KiB_each": "memory each",
    "server_us_each": "server's time each",
    "MiB_before": "without them",
    "MiB_with_them": "with them",
    "deliveries_per_second": "deliveries",
    "bare_limit_per_second": "bare limit",
    "client_takes_per_second": "the client alone takes",
    "framework_alone_per_second": "the framework with nothing behind it",
    "client_busy": "client's core in use",
    "lost_or_doubled": "lost or doubled",
    "opened_s": "all open after",
    "all_reached_ms": "with all of them after",
    "import_ms": "import",
    "bare_per_second": "the least that stores durably",
    "share_of_bare": "share of it",
    "share_of_framework": "share of it",
    "bare_handshakes_per_second": "a handshake alone",
    "bare_p50_ms": "the least that stores durably, p50",
    "bare_p99_ms": "its p99",
    "unread_MiB": "the system kept for it before it was cut off",
    "sent_us": "sending it",
    "received_us": "receiving it",
    "person_us": "another report of somebody on line elsewhere",
    "us_each": "all workers' time each",
    "us_few": "µs with 1,000",
    "us_many": "µs with 1,000,000",
}


def gathered() -> dict[str, Any]:
    """What was known, renewed by the results that are here, oldest first; a run says for each part when and of what."""
    known: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for file in sorted(RESULTS.glob("*.json")):
        run = json.loads(file.read_text())
        machine = run["machine"]
        for kind in ("rows", "curves"):
            for name, found in run.get(kind, {}).items():
                points = found if kind == "curves" else None
                value = {"points": points} if points is not None else found
                known.setdefault(kind, {})[name] = {**value, "machine": machine}
        for kind in ("soak", "peers"):
            if kind in run:
                known[kind] = {"found": run[kind], "missing": run.get("missing", []), "machine": machine}
    return known


def shown(name: str, value: float) -> str:
    if name == "client_busy" or name.startswith("share_of"):
        return f"{value:.0%}"
    for unit, form in UNITS.items():
        if name == unit or name.endswith(f"_{unit}") or unit in name.split("_")[:2]:
            return form.format(value)
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"


def label(name: str) -> str:
    return NAMES.get(name) or re.sub(r"_(ms|s|per_second|MiB)$", "", name).replace("_", " ")


def table(rows: dict[str, Any], order: list[str]) -> str:
    lines = ["| what | must reach | reached: median (lowest to highest) | in the same runs |", "|---|---|---|---|"]
    for name in order:
        if name not in rows:
            continue
        row = rows[name]
        bounds, figures = row["bounds"], row["figures"]
        must = ", ".join(
            f"{label(key) + ' ' if len(bounds) > 1 else ''}{'≥' if sign == '>=' else '≤'} {shown(key, bound)}"
            for key, (sign, bound) in bounds.items()
        )
        reached = ", ".join(
            f"{label(key) + ' ' if len(bounds) > 1 else ''}**{shown(key, figures[key]['median'])}** "
            f"({shown(key, figures[key]['low'])} to {shown(key, figures[key]['high'])})"
            for key in bounds
        )
        rest = ", ".join(
            f"{label(key)} {shown(key, one['median'])}" for key, one in figures.items() if key not in bounds
        )
        runs = len(next(iter(figures.values()))["runs"])
        missed = "" if row["met"] else " **missed**"
        measured = f"{reached}{missed}, " if bounds else ""
        lines.append(f"| {row['title']} | {must} | {measured}{runs} {'run' if runs == 1 else 'runs'} | {rest} |")
    return "\n".join(lines)


def beside(rows: dict[str, Any]) -> str:
    """One process on SQLite and workers on PostgreSQL and NATS, figure by figure."""
    lines = ["| what | | one process, SQLite | two workers, PostgreSQL and NATS |", "|---|---|---|---|"]
    for row in rows.values():
        figures = row["figures"]
        for name in [name.removeprefix("one_") for name in figures if name.startswith("one_")]:
            cells = (f"{shown(name, figures[f'{kind}_{name}']['median'])}" for kind in ("one", "workers"))
            lines.append(f"| {row['title']} | {label(name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def conditions(machine: dict[str, Any]) -> str:
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_GiB']} GiB, {machine['system']}, "
        f"Python {machine['python']}, SQLite {machine['sqlite']}; {machine['date']}, commit {machine['commit']}."
    )


def under(part: dict[str, Any]) -> str:
    return "\n\n" + conditions(part["machine"])


def peers(found: dict[str, Any]) -> str:
    lines = [
        "| server | what it does | N=1,000, 4 in flight | N=10,000, 1 in flight | memory each | connections |",
        "|---|---|---|---|---|---|",
    ]

    def cell(peer: dict[str, Any], key: str) -> str:
        return f"{peer[key]:,.0f} /s" if key in peer else "–"

    for peer in found["found"]:
        memory = f"{peer['KiB_each']:.1f} KiB at {peer['connections']:,.0f}" if "KiB_each" in peer else "–"
        lines.append(
            f"| {peer['name']} | {peer['note']} | {cell(peer, 'fan_out_1000')} | {cell(peer, 'fan_out_10000')} "
            f"| {memory} | {cell(peer, 'connected_per_second')} |"
        )
    if found["missing"]:
        lines.append(f"\nCould not be installed or measured: {', '.join(found['missing'])}.")
    return "\n".join(lines)


def soak(found: dict[str, Any]) -> str:
    run = found["found"]
    end, memory = run["end"], [value for at, value in run["memory"] if at >= 120]
    there = [window["open"] for window in run["windows"]]
    p99 = sorted(window["delivery_p99_ms"] for window in run["windows"])
    grown = f"{memory[-1] - memory[0]:+.1f} MiB from {memory[0]:.0f}" if memory else "not measured"
    return (
        f"{run['minutes']:g} minutes at {run.get('rate', 500)} messages a second: {end['sent']:,.0f} messages, "
        f"{end['deliveries']:,.0f} deliveries, {end['drops']:,.0f} clients dropped, {end['resumed']:,.0f} resumed, "
        f"{end.get('resyncs', 0):,.0f} of them so late that they were told to begin anew, {end['cut']:,.0f} that never "
        f"read were cut off. **Lost {end['lost']:,.0f}, doubled {end['doubled']:,.0f}, behind at the end "
        f"{end['behind']:,.0f}.** "
        f"On line at a time: {min(there):,.0f} to {max(there):,.0f}; the others were on their way back. "
        f"p99 of 5 seconds: median {p99[len(p99) // 2]:.0f} ms, worst {p99[-1]:.0f} ms. Memory after the first two "
        f"minutes: {grown}."
    )


def plots(*names: str) -> str:
    """Pictures of the page, by the names they are drawn under."""
    return "\n".join(["\n", *(f"![{name.replace('-', ' ')}](performance/{name}.svg)" for name in names)])


def draw(known: dict[str, Any]) -> None:
    curves = known.get("curves", {})
    if "by_connections" in curves:
        points = curves["by_connections"]["points"]
        x = [point["connections"] for point in points]

        def y(name: str) -> list[float]:
            return [point[name] for point in points]

        plot = axes("Fan-out, one room, one message in flight", "connections", "deliveries a second")
        plot.plot(x, y("bare_limit_per_second"), "o--", color=BARE, label="the bare limit (C)")
        plot.plot(x, y("deliveries_per_second"), "o-", color=OURS, label="Hubbub")
        plot.set_ylim(bottom=0)
        drawn(plot, FOLDER / "throughput-by-connections.svg")
        plot = axes("From the send to the delivery, the same", "connections", "milliseconds", "xy")
        plot.plot(x, y("p99_ms"), "o-", color=ALARM, label="p99")
        plot.plot(x, y("p50_ms"), "o-", color=OURS, label="p50")
        drawn(plot, FOLDER / "latency-by-connections.svg")
        plot = axes("Resident memory", "connections", "MiB", "")
        plot.plot([0, *x], [points[0]["MiB_before"], *y("MiB")], "o-", color=OURS, label="Hubbub")
        plot.set_ylim(bottom=0)
        drawn(plot, FOLDER / "memory-by-connections.svg")
    if "by_stored" in curves:
        points = curves["by_stored"]["points"]
        x = [point["stored"] for point in points]
        plot = axes("Durable sends, by what is stored already", "messages stored", "acknowledged a second")
        plot.plot(x, [point["acks_per_second"] for point in points], "o-", color=OURS, label="Hubbub")
        plot.set_ylim(bottom=0)
        drawn(plot, FOLDER / "throughput-by-stored.svg")
        plot = axes("p99, by what is stored already", "messages stored", "milliseconds")
        plot.plot(
            x,
            [point["delivery_p99_ms"] for point in points],
            "o-",
            color=ALARM,
            label="to the other end, 1,024 in flight",
        )
        plot.plot(x, [point["history_p99_ms"] for point in points], "o-", color=OURS, label="the last 50 messages")
        plot.set_ylim(bottom=0)
        drawn(plot, FOLDER / "latency-by-stored.svg")
    if "soak" in known:
        run = known["soak"]["found"]
        plot = axes("Soak: from the send to the delivery", "minutes", "milliseconds", "")
        minutes = [window["t"] / 60 for window in run["windows"]]
        plot.plot(minutes, [w["delivery_p99_ms"] for w in run["windows"]], color=ALARM, label="p99 of 5 seconds")
        plot.plot(minutes, [w["delivery_p50_ms"] for w in run["windows"]], color=OURS, label="p50")
        plot.set_ylim(bottom=0)
        drawn(plot, FOLDER / "soak-latency.svg")
        plot = axes("Soak: resident memory", "minutes", "MiB", "")
        plot.plot([at / 60 for at, _ in run["memory"]], [m for _, m in run["memory"]], color=OURS, label="Hubbub")
        plot.set_ylim(bottom=0)
        drawn(plot, FOLDER / "soak-memory.svg")


def write(known: dict[str, Any]) -> None:
    rows = known.get("rows", {})
    parts: dict[str, str] = {}
    if rows:
        workers = {name: rows[name] for name in ROWS if name in rows and name.startswith("workers")}
        parts["rows"] = table(rows, [name for name in ROWS if name not in workers])
        parts["workers"] = beside(workers)
        runs = {conditions(row["machine"]): [] for row in rows.values()}
        for name, row in rows.items():
            runs[conditions(row["machine"])].append(name)
        several = len(runs) > 1
        parts["conditions"] = "\n".join(
            (f"- {', '.join(names)}: " if several else "") + text for text, names in runs.items()
        )
    if "peers" in known:
        parts["peers"] = peers(known["peers"]) + under(known["peers"])
    if "soak" in known:
        parts["soak"] = soak(known["soak"]) + plots("soak-latency", "soak-memory") + under(known["soak"])
    curves = known.get("curves", {})
    for name, drawn_as in {
        "by_connections": ("throughput-by-connections", "latency-by-connections", "memory-by-connections"),
        "by_stored": ("throughput-by-stored", "latency-by-stored"),
    }.items():
        if name in curves:
            parts[name] = plots(*drawn_as) + under(curves[name])
    fill(PAGE, parts)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    known = gathered()
    FIGURES.write_text(json.dumps(known, indent=1) + "\n")
    draw(known)
    write(known)


if __name__ == "__main__":
    main()
