"""Rows of clients that stall or ask for as much as they can: what everybody else notices of them."""

import http.client
import subprocess
import sys
import threading
import time
from pathlib import Path

from load import Figures, figures, load, silent
from server import LOAD_CORE, serving

HERE = Path(__file__).parent


def stalled() -> Figures:
    """Two runs of the same load, one with a member that never reads until it is over: the most memory in each."""
    peaks, held = [], 0
    for with_one in (False, True):
        with serving(1, 3, public=False) as (server, tokens, _):
            lines = tokens.read_text().splitlines()
            tokens.write_text("\n".join(lines[:2]) + "\n")
            load("chat_load", server.port, tokens, 1, 2, "closed", 64, 3)
            idle = silent(server.port, lines[2]) if with_one else None
            server.forget_peak()  # or what the first load took would hide what this one holds
            load("chat_load", server.port, tokens, 1, 2, "closed", 64, 6)
            peaks.append(server.peak)
            if idle is not None:
                with idle, idle.makefile("rb") as unread:
                    held = len(unread.read())  # to the end: it was cut off
    return {"MiB": (peaks[1] - peaks[0]) / 2**20, "unread_MiB": held / 2**20}


def hostile(*settings: str) -> Figures:
    """500 people in 50 rooms of 10; then the same while one account more asks for as much as it can.

    It does so over 20 sockets, and 20 connections with calls in advance.
    """
    found: Figures = {}
    with serving(51, 10, settings=("rate_limits=on", *settings)) as (server, tokens, _):
        lines = tokens.read_text().splitlines()
        for name, with_one in (("without", False), ("with", True)):
            attacker = _attack(server.port, lines[500], 51) if with_one else None
            times: list[float] = []
            asking = threading.Thread(target=_ask, args=(server.port, lines[0], 1, times, 15))
            asking.start()
            used = server.cpu
            measured = load("chat_load", server.port, tokens, 50, 10, "open", 100, 15)
            used = server.cpu - used
            asking.join()
            times.sort()
            for figure in ("delivery_p50_ms", "delivery_p99_ms", "lost"):
                found[f"{name}_{figure}"] = measured[figure]
            found[f"{name}_get_p50_ms"] = times[len(times) // 2]
            found[f"{name}_get_p99_ms"] = times[len(times) * 99 // 100]
            found[f"{name}_server_busy"] = used / 15
            if attacker is not None:
                found |= {f"hostile_{key}": value for key, value in figures(attacker.communicate()[0]).items()}
    return found


def _attack(port: int, token: str, room: int) -> subprocess.Popen[str]:
    # On the load's core, and behind it: it must not slow down those who measure.
    client = HERE / "clients" / "hostile_load.py"
    command = ["taskset", "-c", str(LOAD_CORE), "nice", "-n", "10", sys.executable, str(client)]
    attacker = subprocess.Popen([*command, str(port), token, str(room), "20"], stdout=subprocess.PIPE, text=True)
    time.sleep(3)
    return attacker


def _ask(port: int, token: str, room: int, times: list[float], seconds: float) -> None:
    """The last page of a room, twenty times a second, over one connection: how long each took."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        path = f"/api/rooms/{room}/messages?limit=50"
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        answer.read()
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
