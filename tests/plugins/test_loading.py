"""Which plugins are loaded, what settings they get, and what is refused at the start."""

from pathlib import Path

import pytest

from tests.command import run_hubbub
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.plugins.plugin_files import plugin_file

COMMAND = """
from hubbub.plugins import Answer, SlashCommand, hookimpl

async def run(call):
    return Answer("here")

@hookimpl
def slash_commands():
    return [SlashCommand("{name}", "Says something.", run)]
"""
SETTINGS = """
from msgspec import Struct
from hubbub.plugins import Answer, SlashCommand, hookimpl

class Settings(Struct, frozen=True):
    greeting: str
    words: list[str] = []
    most: int = 3

@hookimpl
def settings():
    return Settings

@hookimpl
def configure(settings):
    global chosen
    if settings.most < 0:
        raise ValueError("most cannot be negative.")
    chosen = settings

async def show(call):
    return Answer(f"{chosen.greeting} {chosen.words} {chosen.most}")

@hookimpl
def slash_commands():
    return [SlashCommand("show", "Shows the settings.", show)]
"""


def start(make_server: MakeServer, *settings: str) -> str:
    """What a server that does not start says."""
    with pytest.raises(RuntimeError) as refused:
        make_server(*settings)
    assert "Traceback" not in str(refused.value)
    return str(refused.value)


REFUSED = {
    "no such file": ("missing.py", None, "Plugin missing.py cannot be loaded: No such file"),
    "no Python": ("words.txt", "words", "plugins cannot be 'words.txt' (command line): it is not a Python file"),
    "bad syntax": ("bad.py", "def (", "Plugin bad.py cannot be loaded: SyntaxError"),
    "raises": ("bad.py", "1 / 0", "Plugin bad.py cannot be loaded: ZeroDivisionError"),
    "ends the process": ("bad.py", "raise SystemExit(0)", "Plugin bad.py cannot be loaded: RuntimeError: SystemExit"),
    "a bad name": ("my-plugin.py", COMMAND, "A plugin cannot be named my-plugin"),
    "no hooks": ("bad.py", "answer = 42", "Plugin bad implements no hook"),
    "an unknown hook": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef compse(draft): pass",
        "unknown hook 'compse'",
    ),
    "an unknown argument": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef compose(draft, store): pass",
        "Plugin bad does not fit this version of Hubbub",
    ),
    "a coroutine that declares": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\nasync def routes(): return []",
        "its hook routes cannot be async",
    ),
    "no settings": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef settings(): return 7",
        "its hook settings must return a struct",
    ),
    "a bad command": ("bad.py", COMMAND.replace("{name}", "Say It"), "a command cannot be named 'Say It'"),
    "no command": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef slash_commands(): return ['say']",
        "must return SlashCommands, not 'say'",
    ),
    "no route": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef routes(): return [print]",
        "must return Litestar handlers",
    ),
    "a bad route": (
        "bad.py",
        "from litestar import get\nfrom litestar.params import FromPath\nfrom hubbub.plugins import hookimpl\n"
        "@get('/{name}')\nasync def words(name: FromPath[str]) -> str: return name\n"
        "@hookimpl\ndef routes(): return [words]",
        "Plugin bad has a route that cannot be served",
    ),
    "the same route twice": (
        "bad.py",
        "from litestar import get\nfrom hubbub.plugins import hookimpl\n"
        "@get('/a')\nasync def one() -> str: return ''\n@get('/a')\nasync def two() -> str: return ''\n"
        "@hookimpl\ndef routes(): return [one, two]",
        "Plugin bad has a route that cannot be served",
    ),
    "the name of another's operation": (
        "bad.py",
        "from litestar import get\nfrom hubbub.plugins import hookimpl\n"
        "@get('/a', operation_id='listRooms')\nasync def one() -> str: return ''\n"
        "@hookimpl\ndef routes(): return [one]",
        "the operation_id listRooms must begin with bad",
    ),
    "no kind of message": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef message_kinds(): return ['dice']",
        "must return MessageKinds, not 'dice'",
    ),
    "a kind of message that there is": (
        "bad.py",
        "from msgspec import Struct\nfrom hubbub.chat.message_kinds import MessageKind\n"
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef message_kinds(): return [MessageKind('text', Struct)]",
        "there is a kind of message named text already",
    ),
    "the kind of answers": (
        "bad.py",
        "from msgspec import Struct\nfrom hubbub.chat.message_kinds import MessageKind\n"
        "from hubbub.plugins import hookimpl\n@hookimpl\n"
        "def message_kinds(): return [MessageKind('command_answer', Struct)]",
        "the kind of messages command_answer is for answers",
    ),
    "no client module": (
        "bad.py",
        "from hubbub.plugins import hookimpl\n@hookimpl\ndef client_modules(): return ['dice.js']",
        "a client module is a pathlib.Path that ends in .js",
    ),
    "a client module that is not there": (
        "bad.py",
        "from pathlib import Path\nfrom hubbub.plugins import hookimpl\n"
        "@hookimpl\ndef client_modules(): return [Path('dice.js')]",
        "dice.js cannot be read: No such file",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_plugin_that_cannot_be_used_is_refused_at_the_start(
    make_server: MakeServer, tmp_path: Path, case: str
) -> None:
    name, source, expected = REFUSED[case]
    if source is not None:
        (tmp_path / name).write_text(source)
    assert expected in start(make_server, f"plugins={name}")


def test_two_of_one_name_or_with_one_command_are_refused(make_server: MakeServer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    files = [plugin_file(tmp_path, "one", COMMAND.replace("{name}", "say"))]
    files += [plugin_file(tmp_path / "other", "one", COMMAND.replace("{name}", "tell"))]
    assert "There are two plugins named one" in start(make_server, f"plugins={','.join(files)}")
    files[1] = plugin_file(tmp_path, "two", COMMAND.replace("{name}", "say"))
    said = start(make_server, f"plugins={','.join(files)}")
    assert "The plugins one and two both have a command /say." in said


async def test_settings_come_from_the_file_and_before_it_from_the_command_line(
    make_server: MakeServer, tmp_path: Path
) -> None:
    plugin_file(tmp_path, "greeter", SETTINGS)
    (tmp_path / "hubbub.toml").write_text(
        'plugins = ["./greeter.py"]\n[plugin.greeter]\ngreeting = "Hello"\nwords = ["a", "b"]\nmost = 5\n'
    )
    server = make_server("plugin.greeter.words=c, d", "plugin.greeter.most=7")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    async with HttpClient(base_url=server.url, headers={"Authorization": f"Bearer {alice.token}"}) as http:
        answer = await http.post("/api/messages", json={"room": room, "content": "/show"})
    assert (answer.status_code, answer.json()["content"]) == (202, "Hello ['c', 'd'] 7")
    assert (answer.json()["seq"], answer.json()["kind"], answer.json()["extra"]) == (
        0, "command_answer", {"command": "show"},
    )  # fmt: skip
    await alice.__aexit__()


def test_bad_settings_of_a_plugin_are_refused(make_server: MakeServer, tmp_path: Path) -> None:
    named = f"plugins={plugin_file(tmp_path, 'greeter', SETTINGS)}"
    assert "Plugin greeter needs the setting greeting: give HUBBUB_PLUGIN_GREETER_GREETING" in start(make_server, named)
    said = start(make_server, named, "plugin.greeter.most=many", "plugin.greeter.greeting=Hello")
    assert "plugin.greeter.most cannot be what HUBBUB_PLUGIN_GREETER_MOST says: Expected `int`" in said
    said = start(make_server, named, "plugin.greeter.most=-1", "plugin.greeter.greeting=Hello")
    assert "Plugin greeter refuses its settings: most cannot be negative." in said
    file = tmp_path / "hubbub.toml"
    file.write_text('[plugin.greeter]\ngreting = "Hello"\n')
    said = start(make_server, named)
    assert "Plugin greeter has no setting named greting. Its settings are: greeting, words, most." in said
    file.write_text('[plugin.gretter]\ngreeting = "Hello"\n')
    assert "There is no plugin named gretter" in start(make_server, named)
    file.write_text("plugin = 7\n")
    assert "plugin cannot be 7" in start(make_server)


def test_settings_come_from_the_environment_too(tmp_path: Path) -> None:
    plugin_file(tmp_path, "greeter", SETTINGS)
    environment = {"HUBBUB_PLUGINS": "greeter.py", "HUBBUB_PLUGIN_GREETER_GREETING": "Hello"}
    said = run_hubbub("serve", cwd=tmp_path, **environment, HUBBUB_PLUGIN_GREETER_MOST="-7").stderr
    assert "most cannot be negative" in said


def test_the_settings_of_plugins_are_not_printed(tmp_path: Path) -> None:
    plugin_file(tmp_path, "greeter", SETTINGS)
    (tmp_path / "hubbub.toml").write_text('plugins = ["./greeter.py"]\n[plugin.greeter]\ngreeting = "psst"\n')
    shown = run_hubbub("config", cwd=tmp_path)
    assert shown.returncode == 0
    assert "greeter" in shown.stdout
    assert "psst" not in shown.stdout + shown.stderr


LATE = """
import time
from hubbub.plugins import Answer, SlashCommand, hookimpl

async def run(call):
    return Answer("here")

@hookimpl
def slash_commands():
    return [SlashCommand("say", "Says something.", run)]

@hookimpl
def {hook}({argument}):
    {failure}
"""
HANGS = """
import asyncio
from hubbub.plugins import hookimpl

@hookimpl
async def stop():
    await asyncio.Event().wait()
"""
HOOKS = {"start": "server", "stop": "", "routes": "", "client_modules": "", "message_kinds": "", "work": "work"}


@pytest.mark.parametrize("hook", HOOKS)
async def test_a_plugin_that_fails_at_the_start_or_the_end_is_named_and_the_server_works(
    make_server: MakeServer, tmp_path: Path, hook: str
) -> None:
    source = LATE.replace("{hook}", hook).replace("{argument}", HOOKS[hook]).replace("{failure}", "1 / 0")
    server = make_server(f"plugins={plugin_file(tmp_path, 'broken', source)}")
    alice = await newcomer(server.url, "alice")
    room = (await alice.create_room("kitchen")).id
    assert (await alice.send("hello", room=room)).seq == 1
    await alice.__aexit__()
    assert server.terminate() == 0
    (line,) = [line for line in server.log.splitlines() if "plugin_failed" in line]
    assert '"broken"' in line
    assert f'"{hook}"' in line
    assert "ZeroDivisionError" in line


def test_a_plugin_that_hangs_at_the_end_does_not_keep_the_server_from_it(
    make_server: MakeServer, tmp_path: Path
) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'hangs', HANGS)}")
    assert server.terminate(60) == 0
    assert [line for line in server.log.splitlines() if "plugin_too_slow" in line and '"hangs"' in line]


async def test_a_plugin_that_hangs_at_the_start_does_not_keep_the_server_from_it(
    make_server: MakeServer, tmp_path: Path
) -> None:
    blocks = LATE.replace("{hook}", "routes").replace("{argument}", "").replace("{failure}", "time.sleep(3600)")
    waits = (
        "import asyncio\nfrom hubbub.plugins import hookimpl\n@hookimpl\n"
        "async def start():\n    await asyncio.Event().wait()"
    )
    files = plugin_file(tmp_path, "blocks", blocks), plugin_file(tmp_path, "waits", waits)
    server = make_server(f"plugins={','.join(files)}")
    alice = await newcomer(server.url, "alice")
    assert [line for line in server.log.splitlines() if "plugin_too_slow" in line and '"blocks"' in line]
    assert [line for line in server.log.splitlines() if "plugin_too_slow" in line and '"waits"' in line]
    await alice.__aexit__()
    assert server.terminate() == 0


CLI = """
import typer
from hubbub.plugins import hookimpl

commands = typer.Typer(help="Counts things.")

@commands.command()
def sheep(number: int) -> None:
    typer.echo(f"{number} sheep")

@commands.callback()
def main() -> None:
    pass

@hookimpl
def cli():
    return commands
"""


def test_a_plugin_adds_commands_to_the_command_line(tmp_path: Path) -> None:
    plugin_file(tmp_path, "count", CLI)
    plugins = {"HUBBUB_PLUGINS": "count.py"}
    counted = run_hubbub("count", "sheep", "7", cwd=tmp_path, **plugins)
    assert (counted.returncode, counted.stdout) == (0, "7 sheep\n")
    assert "Counts things." in run_hubbub("--help", cwd=tmp_path, **plugins).stdout
    plugin_file(tmp_path, "serve", CLI)
    shadowed = run_hubbub("--help", cwd=tmp_path, HUBBUB_PLUGINS="serve.py")
    assert "hubbub serve is a command already" in shadowed.stderr
    assert "Run the server." in shadowed.stdout
    broken = run_hubbub("--help", cwd=tmp_path, HUBBUB_PLUGINS="missing.py")
    assert "Plugin missing.py cannot be loaded" in broken.stderr
    assert "Run the server." in broken.stdout
