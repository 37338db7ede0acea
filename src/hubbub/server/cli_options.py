"""Options that several commands have, and how a command reads the settings and ends."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn, Optional

import typer

from hubbub.masking import masked
from hubbub.server import setting_sources
from hubbub.server.settings import BadSetting, Settings

Text = Optional[str]  # noqa: UP045 - typer reads these annotations at run time
ConfigFile = Annotated[Optional[Path], typer.Option("--config", help="A TOML file instead of ./hubbub.toml")]  # noqa: UP045
Data = Annotated[Text, typer.Option(help="Data folder [default: ./hubbub-data]", show_default=False)]
Database = Annotated[Text, typer.Option(help="Database URL [default: SQLite in the data folder]", show_default=False)]


def load(options: dict[str, Any], file: Path | None) -> tuple[Settings, dict[str, str]]:
    """The settings, and where each comes from. Ends the program if one of them cannot be."""
    for line in setting_sources.unknown_variables(os.environ):
        print(f"hubbub: {line}", file=sys.stderr)  # noqa: T201
    try:
        return setting_sources.from_environment(options, file)
    except BadSetting as error:
        fail(str(error))


def fail(text: str) -> NoReturn:
    """End the program with this on standard error and exit code 2."""
    print(f"hubbub: {masked(text)}", file=sys.stderr)  # noqa: T201
    raise typer.Exit(2)
