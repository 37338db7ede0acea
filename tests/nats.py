"""A real NATS server, from a wheel."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

BINARY = str(Path(sys.executable).with_name("nats-server"))


class Nats:
    """A server on a free port, which it keeps across restarts."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [BINARY, "--addr", "127.0.0.1", "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None, "nats-server did not start"
                time.sleep(0.02)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
