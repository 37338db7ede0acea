"""The commands that plugins add to the command line: `hubbub NAME …`."""

import os
import sys
from collections.abc import Sequence

import typer

from hubbub.masking import masked
from hubbub.server import setting_sources
from hubbub.server.settings import BadSetting


def add_plugin_commands(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Add them, unless the arguments begin with a command of Hubbub's own, which then starts without loading plugins.

    The plugins are those of `hubbub.toml` and the environment. One that cannot be used is reported, and the rest works.
    """
    own = set(typer.main.get_group(app).commands)
    if next((argument for argument in arguments if not argument.startswith("-")), None) in own:
        return
    from hubbub.server.plugins import load_plugins

    try:
        settings, _ = setting_sources.load({}, os.environ, None)
        plugins = load_plugins(settings)
    except BadSetting as error:
        _warn(str(error))
        return
    for name, commands in plugins.declared("cli"):
        if name in own:
            _warn(f"The commands of plugin {name} are left out: hubbub {name} is a command already.")
        elif not isinstance(commands, typer.Typer):
            _warn(f"The commands of plugin {name} are left out: its hook cli must return a typer.Typer.")
        else:
            app.add_typer(commands, name=name)


def _warn(text: str) -> None:
    print(f"hubbub: {masked(text)}", file=sys.stderr)  # noqa: T201
