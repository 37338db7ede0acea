"""Ten minutes of a busy day: people talk, type, come and go; some drop and resume, some never read."""

import subprocess
import threading
import time

from load import figures, pinned
from server import serving


def soak(minutes: float, rate: int) -> dict[str, object]:
    """With `rate` messages a second in all: what the client saw by 5 seconds, the server's memory, the end."""
    memory: list[tuple[float, float]] = []
    with serving(100, 100) as (server, tokens, _):
        client = subprocess.Popen(
            pinned("chat_load", server.port, tokens, 100, 100, "soak", rate, minutes * 60),
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert client.stdout is not None
        print(client.stdout.readline().strip(), flush=True)  # all are there
        began = time.monotonic()
        done = threading.Event()

        def watch() -> None:
            while not done.wait(1):
                memory.append((time.monotonic() - began, server.memory / 2**20))

        watcher = threading.Thread(target=watch)
        watcher.start()
        windows = []
        try:
            for line in client.stdout:
                windows.append(figures(line))
                print(f"{line.strip()} MiB={memory[-1][1] if memory else 0:.1f}", flush=True)
        finally:
            done.set()
            watcher.join()
        client.wait()
    return {"minutes": minutes, "rate": rate, "windows": windows[:-1], "end": windows[-1], "memory": memory}
