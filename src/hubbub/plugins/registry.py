"""The plugins of a server, and what they implement."""

from collections.abc import Callable, Iterator, Mapping
from inspect import iscoroutinefunction
from typing import Any

import pluggy
from msgspec import Struct

from hubbub.plugins.implementation import Implementation
from hubbub.plugins.plugin_settings import variables


class Plugins:
    """`names`: in the order in which their hooks are called."""

    def __init__(self, manager: pluggy.PluginManager, names: list[str]) -> None:
        self._manager = manager
        self.names = names
        self.settings: dict[str, Struct] = {}

    def unknown_variables(self, environment: Mapping[str, str], prefix: str) -> list[str]:
        """Variables that look like the setting of a plugin and are none."""
        known = {name for plugin, its in self.settings.items() for name in variables(plugin, type(its), prefix)}
        return sorted(name for name in environment if name.startswith(prefix) and name not in known)

    def implementations(self, hook: str) -> list[Implementation]:
        """Those of one hook, in the order in which they are called."""
        found = []
        for each in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            function = each.function
            call: Callable[[Any], Any] = function if each.argnames else _without_argument(function)
            required = getattr(function, "required", False) is True
            found.append(Implementation(each.plugin_name, hook, call, required, iscoroutinefunction(function)))
        return found

    def declared(self, hook: str) -> Iterator[tuple[str, Any]]:
        """What each plugin declares by the hook. A plugin whose hook fails is logged and left out."""
        for implementation in self.implementations(hook):
            result = implementation.declare()
            if result is not None:
                yield implementation.plugin, result


def _without_argument(function: Callable[[], Any]) -> Callable[[Any], Any]:
    return lambda argument: function()
