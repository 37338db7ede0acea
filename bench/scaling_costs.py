"""What the simulation of several servers stands on: the measured costs of one, and how many there are of what."""

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Costs:
    """Seconds of a core, as measured; `commit` is time that passes, not time of a core."""

    message: float
    sent: float
    received: float
    delivery: float
    person: float
    commit: float
    row: float
    connection: float
    base_bytes: float
    person_bytes: float


@dataclass(frozen=True)
class Plan:
    """`together`: the share of a room's people that are at the same server. `room`: people on line in a room."""

    people: int
    workers: int
    shards: int
    room: int = 100
    rate: float = 0.05
    together: float = 0.0

    @property
    def messages(self) -> float:
        """A second, in all."""
        return self.people * self.rate

    @property
    def reached(self) -> float:
        """Servers where at least one of a room's people is, on average."""
        strangers = self.room * (1 - self.together)
        return min(self.workers, 1 + (self.workers - 1) * (1 - (1 - 1 / self.workers) ** strangers))


def measured() -> Costs:
    rows = json.loads((ROOT / "docs" / "performance" / "figures.json").read_text())["rows"]

    def figure(row: str, name: str) -> float:
        return float(rows[row]["figures"][name]["median"])

    return Costs(
        message=figure("workers_ingest", "workers_us_each") / 1e6,
        sent=figure("bus", "sent_us") / 1e6,
        received=figure("bus", "received_us") / 1e6,
        delivery=1 / figure("fanout10k", "deliveries_per_second"),
        person=figure("bus", "person_us") / 1e6,
        commit=figure("workers_latency", "workers_delivery_p50_ms") / 1e3,
        row=1 / figure("workers_ingest", "workers_acks_per_second"),
        connection=figure("connections", "server_us_each") / 1e6,
        base_bytes=figure("connections", "MiB_before") * 2**20,
        person_bytes=figure("connections", "KiB_each") * 1024,
    )
