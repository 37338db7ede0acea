"""The settings of a plugin: a struct that it declares, read from where the server's own settings come from."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Struct

from hubbub.plugins.implementation import PluginError


class Sources(Struct, frozen=True):
    """Where the settings of plugins come from: `tables` of the file, by plugin; then the environment, which wins."""

    tables: Mapping[str, Mapping[str, Any]]
    environment: Mapping[str, str]
    prefix: str
    """Of the variables: then come the plugin and the setting, `PREFIX_PLUGIN_SETTING`."""


def variable(plugin: str, field: str, prefix: str) -> str:
    return f"{prefix}{plugin}_{field}".upper()


def read(plugin: str, kind: type[Struct], sources: Sources) -> Struct:
    """The plugin's settings. Raises PluginError: an unknown name, a value that does not fit, or one that is missing."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in sources.tables.get(plugin, {}).items():
        if name not in fields:
            known = ", ".join(fields) or "none"
            raise PluginError(f"Plugin {plugin} has no setting named {name}. Its settings are: {known}.")
        values[name] = _fit(plugin, name, fields[name].type, value, "the file")
    for name, field in fields.items():
        key = variable(plugin, name, sources.prefix)
        if (text := sources.environment.get(key)) is not None:
            values[name] = _fit(plugin, name, field.type, text, key)
    missing = [name for name, field in fields.items() if field.required and name not in values]
    if missing:
        raise PluginError(
            f"Plugin {plugin} needs the setting {missing[0]}: give {variable(plugin, missing[0], sources.prefix)}, or "
            f"{missing[0]} in the table [plugin.{plugin}] of the configuration file."
        )
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise PluginError(f"The settings of plugin {plugin} do not fit: {error}.") from error


def variables(plugin: str, kind: type[Struct], prefix: str) -> set[str]:
    """The names of its settings in the environment."""
    return {variable(plugin, field.name, prefix) for field in msgspec.structs.fields(kind)}


def _fit(plugin: str, name: str, wanted: Any, value: Any, source: str) -> Any:
    plain = get_args(wanted)[0] if get_origin(wanted) is Annotated else wanted
    if isinstance(value, str) and get_origin(plain) in (list, tuple, set, frozenset):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, wanted, strict=False)
    except (msgspec.ValidationError, OverflowError) as error:
        # Without the value: it may be a secret.
        raise PluginError(f"plugin.{plugin}.{name} cannot be what {source} says: {error}.") from error
