"""Writes the table of docs/configuration.md from the settings themselves."""

from pathlib import Path

from hubbub.server.settings import described, variable

_HEAD = """# Configuration

Every setting has a default that works. Give it on the command line (`--port 9000`, or `--set name=value` for those
without an option of their own), as an environment variable, or as a key in `hubbub.toml` in the folder the server is
started from (`--config FILE` for another); the command line wins over the environment, and that over the file. Lists
are separated by commas outside of TOML. `hubbub config` prints what is in force and where each comes from.

Everybody on the machine can read command lines (`ps`): passwords and `secret_key` belong into variables or the file. A
variable that begins with `HUBBUB_` and is no setting is told on standard error, with the one that may be meant, and not
used; it is no error, as Kubernetes makes such variables for a service named hubbub.

The options of `hubbub serve` are `--host`, `--port`, `--data`, `--database`, `--bus`, `--workers`, `--trusted-proxy`,
`--config` and `--set`.

| setting | variable | default | meaning |
|---|---|---|---|
"""


def main() -> None:
    rows = []
    for name, default, meaning in described():
        shown = ", ".join(default) if isinstance(default, list) else str(default)
        rows.append(f"| `{name}` | `{variable(name)}` | {f'`{shown}`' if shown else ''} | {meaning} |\n")
    path = Path(__file__).parent.parent / "docs" / "configuration.md"
    path.write_text(_HEAD + "".join(rows), encoding="utf-8")


main()
