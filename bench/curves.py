"""How figures change with the number of connections and with what is stored."""

from collections.abc import Callable

from load import Figures, bare_limit, hold, load
from rows import history_times
from server import serving

CONNECTIONS = (100, 300, 1_000, 3_000, 10_000, 18_000)
STORED = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
DELIVERIES = 600_000
"""By each point of a curve, so that each takes some seconds."""

Curve = list[Figures]


def by_connections() -> Curve:
    """One room, one message in flight: deliveries a second, how long they take, the bare limit; and memory."""
    points = []
    for number in CONNECTIONS:
        messages = max(20, DELIVERIES // number)
        with bare_limit() as port:
            limit = load("fanout_client", port, number, 1, messages, 300)["deliveries_per_second"]
        with serving(1, number) as (server, tokens, _):
            found = load("chat_load", server.port, tokens, 1, number, "closed", 1, 6)
        with serving(1, number) as (server, tokens, _):
            held = hold(server, tokens, number)
        points.append(
            {
                "connections": number,
                "deliveries_per_second": found["deliveries_per_second"],
                "bare_limit_per_second": limit,
                "p50_ms": found["delivery_p50_ms"],
                "p99_ms": found["delivery_p99_ms"],
                "MiB": held["MiB_with_them"],
                "MiB_before": held["MiB_before"],
                "connected_per_second": held["per_second"],
            }
        )
        print("by_connections", _told(points[-1]), flush=True)
    return points


def by_stored() -> Curve:
    """100 rooms with so much in them: durable sends a second and how long they take, and reading the last page."""
    points = []
    for number in STORED:
        with serving(100, 2, public=False, stored=number) as (server, tokens, _):
            token = tokens.read_text().splitlines()[0]
            mine = history_times(server.port, token, rooms=1)
            found = load("chat_load", server.port, tokens, 64, 2, "closed", 16, 6)
        points.append(
            {
                "stored": number,
                "acks_per_second": found["acks_per_second"],
                "delivery_p99_ms": found["delivery_p99_ms"],
                "history_p50_ms": mine["p50_ms"],
                "history_p99_ms": mine["p99_ms"],
            }
        )
        print("by_stored", _told(points[-1]), flush=True)
    return points


def _told(point: Figures) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in point.items())


CURVES: dict[str, Callable[[], Curve]] = {"by_connections": by_connections, "by_stored": by_stored}
