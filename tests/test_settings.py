"""Invalid settings are refused at the start, with a hint."""

from pathlib import Path

import pytest

from hubbub.server.setting_rules import RATES
from hubbub.server.setting_sources import load
from hubbub.server.settings import BadSetting, Settings
from hubbub.surfaces.rate_limits import RULES
from tests.command import run_hubbub
from tests.conftest import MakeServer
from tests.http import HttpClient

_IDN = "b\u00fccher.example"
_HUGE = "9" * 40

REFUSED = {
    "host": [
        "", " ", ",", "http://127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "127.0.0.1/8", "unix:", "unix:run/s",
        "256.1.1.1", "*", "a b", "127.0.0.1,http://x", _IDN, "user@host", "-", "1.2.3",
    ],
    "port": ["", " ", "-1", "65536", "8080/tcp", "http", "\uff18\uff10", "1.5", "nan", _HUGE, "true"],
    "data": ["", "  ", "a\0b", "/", "/.", "//", "~nobody-of-that-name/x"],
    "database": [
        "sqlite:///:memory:", "sqlite:///x.db?mode=ro", "sqlite:///folder/", "sqlite:///", "sqlite:///a\0b",
        "sqlite:///file:x.db",
    ],
    "bus": ["nats1:4222", "http://nats1:4222", "nats://", "nats://h:port", "nats://h/path", "nats://a b", "nats://h:0",
            "nats://h?tls=1"],
    "bus_prefix": ["", "a.b", "a b", "hubbub\n", "*", "x" * 65],
    "workers": ["0", "-1", "257", "1.5", "", "auto"],
    "public_url": [
        "chat.example.org", "//chat.example.org", "https://", "https:chat.example.org", "ftp://chat.example.org",
        "https://me@chat.example.org", "https://me:pw@chat.example.org", "https://chat.example.org?x=1",
        "https://chat.example.org/?", "https://chat.example.org/#top", "https://chat.example.org:port",
        "https://chat.example.org:99999", "https://chat.example.org:0", "https://chat.example.org:", " https://a.example",
        "https://a.example ", "https://a .example", "https://a.example/..", "https://a.example//team",
        "https://a.example/te am", "https://a.example/te%20am", "https://a.example\\team", "https://*.example.org",
        "https://[::1", "https://[dead", "https://::1/", f"https://{_IDN}", "https://a..example", "https://1.2.3",
        "javascript:alert(1)", "a.example,b.example",
    ],
    "allowed_origins": [
        "app.example.org", "//app.example.org", "https://app.example.org/app", "https://me@app.example.org",
        "https://app.example.org?x", "https://app.example.org#x", "null", "https://*.example.org", "ws://app.example.org",
        f"https://{_IDN}", "https://a.example,b.example", "https://[::1", "https://", "https://a.example:x",
    ],
    "allowed_hosts": [
        "https://chat.example.org", "chat.example.org/", "chat.example.org/team", "chat.example.org:443",
        "localhost:8080", "::1", "[::1]:80", "[::1", "[chat]", "*", "*.example.org", "me@chat.example.org", _IDN,
        "a b.example", "a..example", "-a.example", "1.2.3", "a.example,b/c",
    ],
    "trusted_proxy": ["everyone", "10.0.0.0/33", "proxy.example.org", "[::1]", "10.0.0.1:80", "http://10.0.0.1",
                      "10.0.0.0-10.0.0.9", "::ffff:10.0.0.1", "unix:/run/s", "*"],
    "secret_key": ["short", "fifteen letters", " " * 40, "\n", "a key that is long enough\nand short"],
    **{rate: ["", "often", "0/hour", "-1/hour", "1/0 hours", "1/week", "1", "1/", "1.5/hour", "1e3/hour",
              f"{_HUGE}/hour", "\u0661/hour"] for rate in RATES},
    **{name: ["", "0", "-1", "0.5", "nan", "inf", _HUGE, "10 MB", "1,000", "1_000", "+2048", " 2048"] for name in (
        "body_bytes", "header_bytes", "frame_bytes", "waiting_bytes", "request_seconds", "unread_seconds",
        "worker_start_seconds", "worker_silence_seconds", "heartbeat_seconds", "drain_seconds", "session_days",
        "max_sessions_per_user", "message_length", "username_length", "password_min", "password_max", "groups_per_user",
        "edits_per_message", "reactions_per_message", "resync_after", "large_room", "pins_per_room", "saved_per_user",
        "drafts_per_user", "scheduled_per_user")},
    **{name: ["", "-1", "0.5", "nan", _HUGE, "1,000"] for name in (
        "session_idle_days", "receipts_room", "max_connections_per_user", "max_connections_per_address",
        "max_http_connections_per_address", "invitations_per_user")},
    **{name: ["", "0", "-1", "nan", "inf", "-inf", _HUGE, "fast"] for name in ("frames_per_second", "frame_burst")},
    **{name: ["", "yes", "ON", "off "] for name in (
        "rate_limits", "strict_transport", "weak_passwords", "registration", "invitations",
        "first_administrator", "log_format", "log_level")},
    "hook_seconds": ["", "0", "-1", "nan", "inf", "601", _HUGE, "fast"],
    "default_rooms": ["x" * 81, "a\u202eb", "general,a\0b"],
    "plugins": ["words", "words.txt", "a\0b.py", "one.py,two", ".py"],
    "plugin": ["", "7", "words", "[]"],
    "dialects": ["v2", "v1 rooms", "all"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_what_nothing_can_come_of(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refused:
        load({name: value}, {}, None)
    text = str(refused.value)
    assert text.startswith(f"{name} cannot be "), text
    assert "\n" not in text
    # The same in the environment or, for lists, as a list in a file.
    with pytest.raises(BadSetting):
        load({}, {f"HUBBUB_{name.upper()}": value}, None)


def test_every_setting_is_in_the_table() -> None:
    assert set(REFUSED) == set(Settings.__struct_fields__)
    assert {rate for rate, _ in RULES.values()} == set(RATES)


@pytest.mark.parametrize("name", ["allowed_hosts", "allowed_origins", "trusted_proxy", "bus"])
@pytest.mark.parametrize("value", ['[""]', '[" "]', '["*x"]', "[1]", "1", "true", "{}"])
def test_lists_in_a_file(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "hubbub.toml"
    file.write_text(f"{name} = {value}\n")
    with pytest.raises(BadSetting, match=name):
        load({}, {}, file)


def test_a_shortest_password_longer_than_the_longest() -> None:
    with pytest.raises(BadSetting, match="password_min"):
        load({"password_min": "100", "password_max": "64"}, {}, None)


TAKEN = [
    ("host", "::1", "::1"),
    ("host", "127.0.0.1,", "127.0.0.1,"),
    ("host", "fe80::1%lo", "fe80::1%lo"),
    ("host", "unix:/run/hubbub.sock,localhost", "unix:/run/hubbub.sock,localhost"),
    ("public_url", "", ""),
    ("public_url", "https://Chat.Example.org/", "https://chat.example.org/"),
    ("public_url", "HTTPS://chat.example.org:443/Team", "https://chat.example.org/Team"),
    ("public_url", "http://[::1]:8080", "http://[::1]:8080"),
    ("public_url", "http://my_host:8080/a/b/", "http://my_host:8080/a/b/"),
    ("allowed_origins", "https://App.example.org/, http://localhost:80,", ["https://app.example.org", "http://localhost"]),
    ("allowed_origins", "*", ["*"]),
    ("allowed_origins", "", []),
    ("allowed_hosts", "Chat.Example.org, [::1],xn--bcher-kva.example,192.0.2.1",
     ["chat.example.org", "[::1]", "xn--bcher-kva.example", "192.0.2.1"]),
    ("allowed_hosts", ",", []),
    ("trusted_proxy", "10.0.0.1/8,2001:db8::/32,unix,", ["10.0.0.1/8", "2001:db8::/32", "unix"]),
    ("bus", "nats://me:p@one:4222,tls://two", ["nats://me:p@one:4222", "tls://two"]),
    ("database", "sqlite:////srv/chat data/hubbub.db", "sqlite:////srv/chat data/hubbub.db"),
    ("dialects", "", []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "read"), TAKEN)
def test_what_can_be_meant(name: str, value: str, read: object) -> None:
    settings, _ = load({name: value}, {}, None)
    assert getattr(settings, name) == read


@pytest.mark.parametrize("setting", ["allowed_hosts=https://chat.example.org", "public_url=chat.example.org"])
def test_the_server_does_not_start(tmp_path: Path, setting: str) -> None:
    for command in ("serve", "config"):
        done = run_hubbub(command, "--data", f"{tmp_path}/data", "--set", setting)
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr
        assert setting.partition("=")[0] in done.stderr
    assert not (tmp_path / "data").exists(), "looked at before anything is made"


async def test_names_in_capitals_are_those_that_browsers_send(make_server: MakeServer) -> None:
    server = make_server("allowed_hosts=LOCALHOST,127.0.0.1", "allowed_origins=HTTPS://App.Example.ORG:443/")
    async with HttpClient(base_url=server.url) as http:
        answer = await http.get("/api/rooms", headers={"Origin": "https://app.example.org", "Host": "LocalHost:1"})
        assert answer.headers["access-control-allow-origin"] == "https://app.example.org"
