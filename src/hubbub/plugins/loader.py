"""Finds plugins, imports them, registers their hooks and gives them their settings.

A plugin is an installed package with an entry point of the group `hubbub.plugins`, or a file named in the settings.
"""

import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from inspect import isclass, iscoroutinefunction
from pathlib import Path
from typing import Any

import pluggy
from msgspec import Struct

from hubbub.plugins import plugin_settings
from hubbub.plugins.hooks import DECLARING, PROJECT, Hooks
from hubbub.plugins.implementation import DECLARING_SECONDS, PluginError, in_time
from hubbub.plugins.plugin_settings import Sources
from hubbub.plugins.registry import Plugins

GROUP = "hubbub.plugins"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_THREADED = ("check_password", *DECLARING)
"""Hooks that are called outside of the event loop, and so cannot be coroutines."""


def load(files: Sequence[str], bundled: Iterable[tuple[str, object]], sources: Sources) -> Plugins:
    """All plugins: the `bundled` ones, the installed ones by name, and the `files`; hooks are called in this order.

    Raises:
        PluginError: one cannot be imported, has hooks that do not exist, has bad settings, or a name that is taken.
    """
    found: dict[str, object] = {}
    for name, plugin in bundled:
        _add(found, name, plugin)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        _add(found, entry.name, _load(entry.name, partial(_from_package, entry)))
    for file in files:
        path = Path(file).expanduser()
        _add(found, path.stem, _load(file, partial(_from_file, path)))
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    # pluggy calls the last one first.
    for name, plugin in reversed(found.items()):
        _register(manager, name, plugin)
    plugins = Plugins(manager, list(found))
    _configure(plugins, sources)
    return plugins


def _add(found: dict[str, object], name: str, plugin: object) -> None:
    if not _NAME.fullmatch(name):
        raise PluginError(
            f"A plugin cannot be named {name}: a name has 1 to 32 of a-z, 0-9 and _, and begins with a letter."
        )
    if name in found:
        raise PluginError(f"There are two plugins named {name}: rename or remove one of them.")
    found[name] = plugin


def _load(name: str, load: Any) -> object:
    try:
        return in_time(load, DECLARING_SECONDS)
    except TimeoutError:
        raise PluginError(f"Plugin {name} cannot be loaded: it takes more than {DECLARING_SECONDS:g} s.") from None
    except Exception as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        raise PluginError(f"Plugin {name} cannot be loaded: {why}.") from error


def _from_package(entry: EntryPoint) -> object:
    """What the entry point names: a module, an object, or a class, of which an object is made."""
    plugin: object = entry.load()
    return plugin() if isclass(plugin) else plugin


def _from_file(path: Path) -> object:
    """The module, or what it has under the name `plugin`."""
    name = f"hubbub_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is not a Python file, with a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    # Known by its name, which a struct needs to find the types of its fields.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    plugin: object = getattr(module, "plugin", module)
    return plugin() if isclass(plugin) else plugin


def _register(manager: pluggy.PluginManager, name: str, plugin: object) -> None:
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"Plugin {name} does not fit this version of Hubbub: {error}.") from error
    if manager.get_hookcallers(plugin) in (None, []):
        raise PluginError(f"Plugin {name} implements no hook: mark its functions with @hookimpl of hubbub.plugins.")
    for caller in manager.get_hookcallers(plugin) or ():
        for implementation in caller.get_hookimpls():
            is_threaded = implementation.plugin is plugin and caller.name in _THREADED
            if is_threaded and iscoroutinefunction(implementation.function):
                raise PluginError(f"Plugin {name}: its hook {caller.name} cannot be async.")


def _configure(plugins: Plugins, sources: Sources) -> None:
    taken: dict[str, str] = {}
    kinds = dict(plugins.declared("settings"))
    for name in sources.tables:
        if name not in plugins.names:
            raise PluginError(f"There is no plugin named {name}, but a table [plugin.{name}] with settings for one.")
    for name in plugins.names:
        kind = kinds.get(name)
        if kind is None:
            if sources.tables.get(name):
                raise PluginError(f"Plugin {name} has no settings, but there is a table [plugin.{name}].")
            continue
        if not (isclass(kind) and issubclass(kind, Struct)):
            raise PluginError(f"Plugin {name}: its hook settings must return a struct of msgspec, as a class.")
        for variable in plugin_settings.variables(name, kind, sources.prefix):
            if taken.setdefault(variable, name) != name:
                raise PluginError(f"The plugins {taken[variable]} and {name} both have a setting {variable}.")
        _give(plugins, name, plugin_settings.read(name, kind, sources))


def _give(plugins: Plugins, name: str, settings: Struct) -> None:
    plugins.settings[name] = settings
    for implementation in plugins.implementations("configure"):
        if implementation.plugin == name:
            try:
                in_time(partial(implementation.call, settings), DECLARING_SECONDS)
            except TimeoutError:
                raise PluginError(f"Plugin {name} takes more than {DECLARING_SECONDS:g} s for its settings.") from None
            except Exception as error:
                raise PluginError(f"Plugin {name} refuses its settings: {error}") from error
