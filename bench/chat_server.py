"""ChatServer in process: the time its import takes, and whether sending stays O(1)."""

import json
import statistics
import subprocess
import sys
import time

FEW, MANY, ROUND = 1_000, 1_000_000, 1_000


def started(code: str) -> float:
    """Seconds a fresh Python takes for this: the quickest of ten."""
    best = float("inf")
    for _ in range(10):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        best = min(best, time.perf_counter() - began)
    return best


def main() -> None:
    import_ms = (started("from hubbub import ChatServer") - started("pass")) * 1000
    from hubbub import ChatServer

    server = ChatServer()
    for name in ("alice", "bob"):
        server.register_user(name, "password123")
    alice = server.login("alice", "password123")

    def rounds(number: int) -> list[float]:
        """Microseconds a send, by rounds of a thousand."""
        times = []
        for _ in range(number):
            began = time.perf_counter()
            for _ in range(ROUND):
                server.send_message(alice, "bob", "a message of an ordinary length")
            times.append((time.perf_counter() - began) / ROUND * 1e6)
        return times

    rounds(FEW // ROUND)
    few = statistics.median(rounds(10))
    rounds((MANY - FEW) // ROUND - 10)
    many = statistics.median(rounds(10))
    print(
        json.dumps(
            {
                "import_ms": round(import_ms),
                "us_few": round(few, 1),
                "us_many": round(many, 1),
                "ratio": round(many / few, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
