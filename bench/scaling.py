"""`make bench-scaling`: how far several servers go, simulated with what was measured of one.

A discrete-event simulation (SimPy) of one worker and the database shard it writes to; the others are like it, so what
they publish on the bus arrives here at the rate of all of them. Figures of one worker come from
`docs/performance/figures.json`; the tables and plots go to `docs/scaling.md`.
"""

import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import simpy

sys.path.insert(0, str(Path(__file__).parent))
from page import ALARM, BARE, INK, OURS, axes, drawn, fill
from scaling_costs import ROOT, Costs, Plan, measured

PAGE = ROOT / "docs" / "scaling.md"
FOLDER = ROOT / "docs" / "scaling"

SECONDS = 10.0
REPEAT_SECONDS = 10
"""How often each server reports everybody on line there to the others (`live/rooms/presence_fanout.py`)."""


def shares(plan: Plan, costs: Costs) -> dict[str, float]:
    """What part of one worker's core goes where."""
    own = plan.messages / plan.workers
    received = plan.messages * (plan.reached - 1) / plan.workers
    return {
        "own messages": own * (costs.message + costs.sent),
        "messages of other servers": received * costs.received,
        "deliveries": plan.messages * plan.room / plan.workers * costs.delivery,
        "who is on line elsewhere": plan.people / REPEAT_SECONDS * costs.person,
    }


class Simulated:
    """One worker: its core, its writer, and what comes from outside."""

    def __init__(self, plan: Plan, costs: Costs, seed: int = 1) -> None:
        self._plan, self._costs = plan, costs
        self._chance = random.Random(seed)
        self._env = simpy.Environment()
        self._core = simpy.Resource(self._env, 1)
        self._waiting: list[float] = []
        self._something = self._env.event()
        self.here: list[float] = []
        """From a message's arrival here to its delivery here."""
        self.there: list[float] = []
        """From its arrival on the bus to its delivery here."""
        # The shard is shared: what others write there passes before.
        self._row = costs.row * max(1.0, plan.workers / plan.shards)

    def run(self) -> float:
        """The median and 99th percentile come from `here` and `there`; the core's use is returned."""
        self._busy = 0.0
        self._env.process(self._messages())
        self._env.process(self._bus())
        self._env.process(self._presence())
        self._env.process(self._writer())
        self._env.run(SECONDS)
        return self._busy / SECONDS

    def _work(self, seconds: float) -> Iterator[simpy.Event]:
        with self._core.request() as turn:
            yield turn
            yield self._env.timeout(seconds)
            self._busy += seconds

    def _listeners(self) -> int:
        """Of a room that is listened to here."""
        per_server = self._plan.room / self._plan.reached
        return max(1, round(self._chance.expovariate(1 / per_server)))

    def _messages(self) -> Iterator[simpy.Event]:
        rate = self._plan.messages / self._plan.workers
        while True:
            yield self._env.timeout(self._chance.expovariate(rate))
            self._env.process(self._take(self._env.now))

    def _take(self, came: float) -> Iterator[simpy.Event]:
        yield from self._work(self._costs.message)
        self._waiting.append(came)
        if not self._something.triggered:
            self._something.succeed()

    def _writer(self) -> Iterator[simpy.Event]:
        while True:
            yield self._something
            batch, self._waiting, self._something = self._waiting, [], self._env.event()
            yield self._env.timeout(self._costs.commit + len(batch) * self._row)
            for came in batch:
                self._env.process(self._deliver(came, self._costs.sent, self.here))

    def _bus(self) -> Iterator[simpy.Event]:
        rate = self._plan.messages * (self._plan.reached - 1) / self._plan.workers
        if rate <= 0:
            return
        while True:
            yield self._env.timeout(self._chance.expovariate(rate))
            self._env.process(self._deliver(self._env.now, self._costs.received, self.there))

    def _deliver(self, since: float, first: float, found: list[float]) -> Iterator[simpy.Event]:
        yield from self._work(first + self._listeners() * self._costs.delivery)
        found.append(self._env.now - since)

    def _presence(self) -> Iterator[simpy.Event]:
        """Each other server reports its people, a thousand at once."""
        notes = self._plan.people / 1000 / REPEAT_SECONDS
        while True:
            yield self._env.timeout(self._chance.expovariate(notes))
            self._env.process(self._work(1000 * self._costs.person))


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[int(part * (len(values) - 1))] if values else 0.0


def latencies(plan: Plan, costs: Costs) -> tuple[float, float, float]:
    """Median and 99th percentile (ms) of a delivery at another server, and the use of a core."""
    simulated = Simulated(plan, costs)
    used = simulated.run()
    chance = random.Random(2)
    there = simulated.there or [0.0]
    pairs = [chance.choice(simulated.here) + chance.choice(there) for _ in range(5000)] if simulated.here else [0.0]
    return statistics.median(pairs) * 1e3, percentile(pairs, 0.99) * 1e3, used


def gigabytes(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 2e9 else f"{size / 1e6:,.0f} MB"


SPREADS = ((0.0, ALARM, "rooms at any server"), (0.9, OURS, "rooms kept together"))
PEOPLE = [10_000, 30_000, 100_000, 300_000, 1_000_000]
PER_WORKER = 5_000
PER_SHARD = 100_000
NOTE_BYTES = 330
"""A message on the bus with a text of ordinary length."""
ELSEWHERE_BYTES = 430
"""What a worker remembers of each person who is on line at another (`tracemalloc` over `Presence.apply`)."""


def planned(people: int, together: float = 0.0) -> Plan:
    return Plan(people, max(2, people // PER_WORKER), max(1, people // PER_SHARD), together=together)


def arithmetic(costs: Costs) -> str:
    lines = [
        "| people on line | messages/s | deliveries/s | workers | memory | bus: received/s | bus traffic | shards "
        "| a worker's core: own, bus, deliveries, presence |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for together in (0.0, 0.9):
        name = f"rooms at {'any server' if together == 0 else 'one server, but for a tenth of their people'}"
        lines.append(f"| *{name}* | | | | | | | | |")
        for people in PEOPLE:
            plan = planned(people, together)
            parts = shares(plan, costs)
            memory = plan.workers * (costs.base_bytes + people * ELSEWHERE_BYTES) + people * costs.person_bytes
            bus = plan.messages * (plan.reached - 1)
            lines.append(
                f"| {people:,} | {plan.messages:,.0f} | {plan.messages * plan.room:,.0f} | {plan.workers} "
                f"| {gigabytes(memory)} | {bus:,.0f} | {bus * NOTE_BYTES * 8 / 1e9:.2f} Gbit/s | {plan.shards} "
                f"| {', '.join(f'{part:.0%}' for part in parts.values())} = **{sum(parts.values()):.0%}** |"
            )
    return "\n".join(lines)


def simulated(costs: Costs) -> str:
    found: dict[float, list[tuple[float, float, float]]] = {}
    for together in (0.0, 0.9):
        for people in PEOPLE:
            found.setdefault(together, []).append(latencies(planned(people, together), costs))
            print(people, together, found[together][-1], flush=True)
    lines = [
        "| people on line | rooms at any server: p50, p99, core | rooms kept together: p50, p99, core |",
        "|---|---|---|",
    ]
    for at, people in enumerate(PEOPLE):
        cells = (f"{p50:,.1f} ms, {p99:,.1f} ms, {used:.0%}" for p50, p99, used in (found[0.0][at], found[0.9][at]))
        lines.append(f"| {people:,} | {' | '.join(cells)} |")
    plot = axes("From the send to the delivery at another server", "people on line", "milliseconds")
    for together, color, name in SPREADS:
        plot.plot(PEOPLE, [p99 for _, p99, _ in found[together]], color=color, marker="o", label=f"p99, {name}")
        plot.plot(PEOPLE, [p50 for p50, _, _ in found[together]], color=color, linestyle=":", label=f"p50, {name}")
    plot.set_ylim(bottom=0)
    drawn(plot, FOLDER / "latency.svg")
    return "\n".join(lines)


def parts(costs: Costs) -> None:
    """Where a worker's core goes as there are more servers."""
    plot = axes("Where a worker's core goes", "people on line, 5,000 a worker", "% of a core", "")
    heights = [shares(planned(people), costs) for people in PEOPLE]
    bottom = [0.0] * len(PEOPLE)
    for name, color in zip(heights[0], (OURS, ALARM, BARE, "#d97706"), strict=True):
        values = [100 * each[name] for each in heights]
        plot.bar([f"{people:,}" for people in PEOPLE], values, bottom=bottom, color=color, label=name, width=0.6)
        bottom = [a + b for a, b in zip(bottom, values, strict=True)]
    plot.axhline(100, color=INK, linewidth=0.8)
    drawn(plot, FOLDER / "core.svg")


def needed(costs: Costs) -> None:
    """How many people a worker can have at 70 % of its core, by the number of workers."""
    plot = axes("People that a worker can have at 70 % of its core", "workers", "people a worker")
    for together, color, name in SPREADS:
        counts = [2, 4, 8, 16, 32, 64, 128, 256, 512]
        plot.plot(counts, [fits(Plan(0, count, 1, together=together), costs) for count in counts], color=color,
                  marker="o", label=name)  # fmt: skip
    plot.set_ylim(bottom=0)
    drawn(plot, FOLDER / "people.svg")


def fits(plan: Plan, costs: Costs) -> float:
    low, high = 1.0, 100_000.0
    while high - low > 10:
        middle = (low + high) / 2
        used = sum(shares(replace(plan, people=int(middle * plan.workers)), costs).values())
        low, high = (middle, high) if used < 0.7 else (low, middle)
    return low


def costs_table(costs: Costs) -> str:
    rows = [
        (
            "a message at the worker it is sent to: read, stored, acknowledged",
            "µs of its core",
            costs.message * 1e6,
            "workers_ingest",
        ),
        ("to send it on the bus", "µs", costs.sent * 1e6, "bus"),
        ("to receive it", "µs", costs.received * 1e6, "bus"),
        ("each delivery to a connection", "µs", costs.delivery * 1e6, "fanout10k"),
        ("another report of somebody who is on line elsewhere", "µs", costs.person * 1e6, "bus"),
        ("a commit, there and back", "ms", costs.commit * 1e3, "workers_latency"),
        (
            "rows that one PostgreSQL takes, sharing two cores with all else",
            "a second",
            1 / costs.row,
            "workers_ingest",
        ),
        ("a connection, once", "µs", costs.connection * 1e6, "connections"),
        ("a connection, while it stands", "KiB", costs.person_bytes / 1024, "connections"),
        ("somebody who is on line at another worker", "bytes", ELSEWHERE_BYTES, "tracemalloc"),
        ("a worker with nobody", "MiB", costs.base_bytes / 2**20, "connections"),
    ]
    lines = ["| what | cost | measured by |", "|---|---|---|"]
    lines += [f"| {what} | {value:,.{0 if value >= 100 else 1}f} {unit} | `{row}` |" for what, unit, value, row in rows]
    return "\n".join(lines)


def main() -> None:
    costs = measured()
    parts(costs)
    needed(costs)
    fill(PAGE, {"costs": costs_table(costs), "arithmetic": arithmetic(costs), "simulated": simulated(costs)})


if __name__ == "__main__":
    main()
