"""Pages that are written by a program between `<!-- name -->` and `<!-- end -->`, and how their plots look."""

import re
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "hubbub"
from matplotlib import pyplot as plt  # noqa: E402

INK, OURS, BARE, ALARM = "#57534e", "#5b3fd6", "#a8a29e", "#b3401e"


def axes(title: str, x: str, y: str, log: str = "x") -> Any:
    _, plot = plt.subplots(figsize=(7, 3.6), layout="constrained")
    plot.set_title(title, loc="left", color=INK, fontsize=11)
    plot.set_xlabel(x, color=INK)
    plot.set_ylabel(y, color=INK)
    plot.set_xscale("log" if "x" in log else "linear")
    plot.set_yscale("log" if "y" in log else "linear")
    plot.grid(alpha=0.25)
    plot.spines[["top", "right"]].set_visible(False)
    return plot


def drawn(plot: Any, file: Path) -> None:
    plot.legend(frameon=False, labelcolor=INK)
    file.parent.mkdir(exist_ok=True)
    plot.figure.savefig(file, metadata={"Date": None})
    plt.close(plot.figure)


def fill(file: Path, parts: dict[str, str]) -> None:
    """Write each part to its place in the page."""
    page = file.read_text()
    for name, text in parts.items():
        page, count = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda found, text=text: f"{found[1]}{text}\n{found[2]}",  # type: ignore[misc]
            page, flags=re.DOTALL,
        )  # fmt: skip
        if not count:
            sys.exit(f"{file} has no place for {name}")
    file.write_text(page)
