"""Writes the table of docs/configuration.md from the settings themselves."""

from pathlib import Path

from hubbub.server.setting_sources import described, variable

_HEAD = """# Configuration

Every setting has a default that works. You can set a value in three places. The first one in this list wins:

1. The command line: `--port 9000`, or `--set name=value` for settings without their own option.
2. An environment variable: `HUBBUB_PORT=9000`.
3. A file: the key `port` in `hubbub.toml` in the folder where you start the server, or in another file with
   `--config FILE`.

Outside of TOML, separate the entries of a list by commas. `hubbub config` prints the values in force and where each
comes from.

The options of `hubbub serve` are `--host`, `--port`, `--data`, `--database`, `--bus`, `--workers`, `--trusted-proxy`,
`--config` and `--set`.

Every user of the machine can read command lines (`ps`). Put passwords and `secret_key` into environment variables or
the file.

If a variable begins with `HUBBUB_` but is not a setting, the server ignores it, prints a warning on standard error
and suggests the setting that may be meant. This is not an error, because Kubernetes sets such variables for a service
named hubbub.

| setting | variable | default | meaning |
|---|---|---|---|
"""


def main() -> None:
    rows = []
    for name, default, meaning in described():
        shown = ", ".join(default) if isinstance(default, list | dict) else str(default)
        rows.append(f"| `{name}` | `{variable(name)}` | {f'`{shown}`' if shown else ''} | {meaning} |\n")
    path = Path(__file__).parent.parent / "docs" / "configuration.md"
    path.write_text(_HEAD + "".join(rows), encoding="utf-8")


main()
