"""Where settings come from: the command line, `HUBBUB_…` variables, `hubbub.toml`; checked, with clear errors."""

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Meta

from hubbub.masking import masked
from hubbub.server import setting_rules
from hubbub.server.settings import BadSetting, Settings

PLUGIN_PREFIX = "HUBBUB_PLUGIN_"
"""Of the variables with the settings of plugins, which are read when the plugins are loaded."""


def load(
    options: Mapping[str, Any], environment: Mapping[str, str], file: Path | None
) -> tuple[Settings, dict[str, str]]:
    """The settings in force, and where each comes from.

    `options` are those given on the command line, None meaning not given. `file` None: `hubbub.toml`, if it is there.

    Raises:
        BadSetting: an unknown name or a value that does not fit.
    """
    values: dict[str, Any] = {}
    sources = dict.fromkeys(Settings.__struct_fields__, "default")
    for source, found in (
        *_from_file(file),
        ("environment", _from_environment(environment)),
        ("command line", options),
    ):
        for name, value in found.items():
            if value is None:
                continue
            if name not in sources:
                raise BadSetting(f"There is no setting named {name} ({source}). `hubbub config` lists them all.")
            values[name] = _fit(name, value, source)
            sources[name] = source
    loaded = msgspec.convert(values, Settings)
    if loaded.password_min > loaded.password_max:
        raise BadSetting(
            f"password_min cannot be {loaded.password_min} where password_max is {loaded.password_max}: none would do."
        )
    return loaded, sources


def variable(name: str) -> str:
    return f"HUBBUB_{name.upper()}"


def described() -> list[tuple[str, Any, str]]:
    """Name, default and meaning of every setting."""
    rows = []
    for field in msgspec.structs.fields(Settings):
        meta = next(extra for extra in get_args(field.type) if isinstance(extra, Meta))
        default = getattr(Settings(), field.name)
        rows.append((field.name, default, meta.description or ""))
    return rows


def _from_file(file: Path | None) -> list[tuple[str, dict[str, Any]]]:
    path = file or Path("hubbub.toml")
    if file is None and not path.exists():
        return []
    try:
        return [(str(path), tomllib.loads(path.read_text("utf-8")))]
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} is not TOML: {error}.") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    # What the service behind `/v1` was configured with before; our own name goes before it.
    names = {"FLASK_SECRET_KEY": "secret_key"}
    names |= {variable(name): name for name in Settings.__struct_fields__}
    return {setting: environment[key] for key, setting in names.items() if key in environment}


def _fit(name: str, value: Any, source: str) -> Any:
    wanted = next(field.type for field in msgspec.structs.fields(Settings) if field.name == name)
    plain = get_args(wanted)[0] if get_origin(wanted) is Annotated else wanted
    if get_origin(plain) is list and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        fitting = msgspec.convert(value, wanted, strict=False)
        if (read := setting_rules.ONE.get(name)) is not None:
            return read(fitting)
    except (msgspec.ValidationError, OverflowError) as error:
        raise _cannot_be(name, value, source, str(error)) from error
    except ValueError as error:
        raise _cannot_be(name, value, source, f"it {error}") from error
    if (read := setting_rules.EACH.get(name)) is not None:
        return [_part(name, part, source, read) for part in fitting]
    return fitting


def _part(name: str, part: str, source: str, read: Callable[[str], str]) -> str:
    try:
        return read(part.strip())
    except ValueError as error:
        raise _cannot_be(name, part, source, f"it {error}") from error


def _cannot_be(name: str, value: Any, source: str, why: str) -> BadSetting:
    shown = "(hidden)" if name == "secret_key" else masked(repr(value))
    return BadSetting(f"{name} cannot be {shown} ({source}): {why}.")


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A line for each variable that looks like a setting and is none.

    Not an error: Kubernetes puts variables such as HUBBUB_SERVICE_HOST beside ours by itself.
    """
    known = {variable(name) for name in Settings.__struct_fields__}
    lines = []
    for name in sorted(environment):
        # The settings of plugins are known once the plugins are loaded.
        if name.startswith("HUBBUB_") and not name.startswith(PLUGIN_PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.8)
            meant = f" Did you mean {near[0]}?" if near else ""
            lines.append(f"The variable {name} is no setting and is not used.{meant}")
    return lines


def from_environment(options: Mapping[str, Any], file: Path | None = None) -> tuple[Settings, dict[str, str]]:
    """`load` with this process's environment."""
    return load(options, os.environ, file)
