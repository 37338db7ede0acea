"""Plugins for tests, written into files."""

from pathlib import Path


def plugin_file(folder: Path, name: str, source: str) -> str:
    """A file with the source of a plugin; its path, for the setting `plugins`."""
    path = folder / f"{name}.py"
    path.write_text(source)
    return str(path)
