"""The ES modules that plugins add to the web client, read once at the start."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from hubbub.plugins.implementation import PluginError


class ClientModule(NamedTuple):
    plugin: str
    name: str
    """Of the file."""
    content: bytes


class ClientModules:
    """`declared`: each plugin's paths. Raises PluginError: a file cannot be read, or is no `.js` file."""

    def __init__(self, declared: Iterable[tuple[str, object]]) -> None:
        self._modules: dict[tuple[str, str], ClientModule] = {}
        for plugin, paths in declared:
            for path in paths if isinstance(paths, list | tuple) else [paths]:
                self._add(plugin, path)

    def of(self, plugin: str) -> list[ClientModule]:
        return [module for module in self._modules.values() if module.plugin == plugin]

    @property
    def plugins(self) -> list[str]:
        """The plugins that have any."""
        return list(dict.fromkeys(plugin for plugin, _ in self._modules))

    def find(self, plugin: str, name: str) -> ClientModule | None:
        return self._modules.get((plugin, name))

    def _add(self, plugin: str, path: object) -> None:
        if not isinstance(path, Path) or path.suffix != ".js":
            raise PluginError(f"Plugin {plugin}: a client module is a pathlib.Path that ends in .js, not {path!r}.")
        if (plugin, path.name) in self._modules:
            raise PluginError(f"Plugin {plugin} has two client modules named {path.name}.")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise PluginError(f"Plugin {plugin}: {path} cannot be read: {error.strerror}.") from error
        self._modules[plugin, path.name] = ClientModule(plugin, path.name, content)
