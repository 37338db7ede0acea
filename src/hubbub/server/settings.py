"""All settings with defaults and descriptions. Given on the command line, as `HUBBUB_…`, or in `hubbub.toml`."""

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from hubbub.masking import masked
from hubbub.server import setting_rules


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes are in bytes and times in seconds unless the name or description says otherwise."""

    host: Annotated[
        str, Meta(description="Addresses to listen on, with commas between; `::` is all, `unix:/path` a Unix socket")
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 picks a free one")] = 8080
    data: Annotated[str, Meta(description="Folder for the database, the signing key and backups")] = "./hubbub-data"
    database: Annotated[
        str, Meta(description="Database URL, sqlite:/// or postgresql://; empty: `hubbub.db` in the data folder")
    ] = ""
    bus: Annotated[
        list[str], Meta(description="NATS servers that tell the servers of a shared database of each other's changes")
    ] = []
    bus_prefix: Annotated[
        str,
        Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z", description="First word of NATS subjects; one for each Hubbub"),
    ] = "hubbub"
    workers: Annotated[
        int, Meta(ge=1, le=256, description="Processes that share the port; above 1 with PostgreSQL and NATS only")
    ] = 1
    worker_start_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="Time a worker has to start, beside migrating, before it is given up")
    ] = 60
    worker_silence_seconds: Annotated[
        int, Meta(ge=2, le=86_400, description="Time a worker may do nothing at all before it is killed and replaced")
    ] = 10
    secret_key: Annotated[
        str,
        Meta(
            description="Signing key, and older ones that still hold on lines of their own; empty: made on first "
            "start, kept in `data/secret.key`"
        ),
    ] = ""
    public_url: Annotated[
        str, Meta(description="The address people use, such as https://chat.example.org or https://example.org/chat")
    ] = ""
    allowed_origins: Annotated[
        list[str],
        Meta(
            description="Origins of other sites whose pages may use the API, with a token or the visitor's cookie; "
            "`*`: any, with a token only"
        ),
    ] = []
    allowed_hosts: Annotated[
        list[str], Meta(description="Host names to answer to; empty: loopback's own when bound to it, else any")
    ] = []
    trusted_proxy: Annotated[
        list[str],
        Meta(
            description="Addresses or networks of proxies whose X-Forwarded-For is believed; `unix`: the Unix socket's"
        ),
    ] = []
    strict_transport: Annotated[
        Literal["off", "host", "subdomains"],
        Meta(description="Whether browsers are told to use https only (HSTS), when `public_url` is https"),
    ] = "host"
    weak_passwords: Annotated[
        Literal["allow", "refuse"],
        Meta(description="Whether new passwords may be such as are guessed first: known ones, words, names, patterns"),
    ] = "allow"
    registration: Annotated[Literal["open", "closed"], Meta(description="Whether strangers may make accounts")] = "open"
    session_days: Annotated[int, Meta(ge=1, le=3650, description="Days a session lasts")] = 30
    session_idle_days: Annotated[
        int, Meta(ge=0, le=3650, description="Days after which a session that is not used ends; 0: only session_days")
    ] = 14
    max_sessions_per_user: Annotated[
        int, Meta(ge=1, le=10_000, description="Places where one is signed in at once; the one used longest ago ends")
    ] = 100
    log_format: Annotated[Literal["auto", "json", "console"], Meta(description="auto: console on a terminal")] = "auto"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="What is worth a line")] = (
        "info"
    )
    dialects: Annotated[
        list[Literal["v1", "conversations", "rooms"]],
        Meta(description="The surfaces besides the native one: `v1`, `conversations`, `rooms`"),
    ] = msgspec.field(default_factory=lambda: ["v1", "conversations", "rooms"])
    rate_limits: Annotated[
        Literal["on", "off"], Meta(description="off: no limit on how often, for load tests and trusted networks")
    ] = "on"
    requests_per_user: Annotated[
        str,
        Meta(
            description="REST calls and frames of one account together; `N/T`: N at once, and in each T as many again"
        ),
    ] = "1000/20 seconds"
    requests_per_address: Annotated[str, Meta(description="Requests of one address by nobody who is signed in")] = (
        "10000/20 seconds"
    )
    messages_per_user: Annotated[
        str,
        Meta(
            description="Messages, edits, deletions, reactions, and changes of rooms, members and the profile, of one "
            "account, whichever way they come"
        ),
    ] = "600/20 seconds"
    rooms_per_user: Annotated[str, Meta(description="Rooms one account makes")] = "200/hour"
    people_added_per_user: Annotated[str, Meta(description="People one account brings into rooms")] = "1000/hour"
    uploads_per_user: Annotated[str, Meta(description="Images one account uploads")] = "60/hour"
    sessions_per_user: Annotated[str, Meta(description="Sign-ins of one account that succeed")] = "200/hour"
    tickets_per_user: Annotated[str, Meta(description="One-time tickets one account asks for")] = "600/10 minutes"
    registrations_per_address: Annotated[str, Meta(description="Accounts made from one address")] = "200/hour"
    failures_per_address: Annotated[str, Meta(description="Wrong passwords from one address")] = "50/5 minutes"
    failures_per_account: Annotated[str, Meta(description="Wrong passwords for one account from one address")] = (
        "10/5 minutes"
    )
    failures_per_name: Annotated[
        str,
        Meta(
            description="Wrong passwords for one account from anywhere; from the sixth on sign-ins from new places wait"
        ),
    ] = "100/hour"
    message_length: Annotated[int, Meta(ge=1, le=16000, description="Longest message, in code points")] = 10_000
    username_length: Annotated[int, Meta(ge=1, le=20, description="Longest user name, in code points")] = 20
    password_min: Annotated[int, Meta(ge=8, le=100, description="Shortest password, in characters")] = 8
    password_max: Annotated[int, Meta(ge=64, le=1000, description="Longest password, in characters")] = 100
    groups_per_user: Annotated[
        int, Meta(ge=1, le=1_000_000_000, description="Private rooms a user may have made and be a member of")
    ] = 100
    edits_per_message: Annotated[
        int, Meta(ge=1, le=10_000, description="Earlier versions of a message that are kept: the first, and the latest")
    ] = 100
    reactions_per_message: Annotated[int, Meta(ge=1, le=500, description="Different emoji on one message")] = 50
    resync_after: Annotated[
        int, Meta(ge=1, le=1_000_000_000, description="Changed messages past which a client starts a room over")
    ] = 1000
    receipts_room: Annotated[
        int, Meta(ge=0, le=500, description="Members past which it is not tracked what was delivered to whom")
    ] = 50
    large_room: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000_000,
            description="Members past which a room hears how many come, type and are on line, not who",
        ),
    ] = 500
    body_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest body of a request")] = 131_072
    header_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest head of a request")] = 16384
    request_seconds: Annotated[int, Meta(ge=1, le=86_400, description="Time a client has to send a request")] = 20
    unread_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="Time a client of HTTP may take nothing of an answer that waits for it")
    ] = 30
    frame_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest message on the socket")] = 131_072
    frames_per_second: Annotated[
        float, Meta(gt=0, le=1_000_000_000, description="Frames a connection may send each second")
    ] = 50
    frame_burst: Annotated[float, Meta(ge=1, le=1_000_000_000, description="Frames a connection may send at once")] = (
        100
    )
    waiting_bytes: Annotated[
        int, Meta(ge=65536, le=1 << 30, description="What may wait for a client that reads slowly")
    ] = 1048576
    heartbeat_seconds: Annotated[int, Meta(ge=1, le=600, description="Time between heartbeats")] = 25
    max_connections_per_user: Annotated[
        int, Meta(ge=0, le=1_000_000_000, description="Open sockets of one account; 0: no limit")
    ] = 0
    max_connections_per_address: Annotated[
        int, Meta(ge=0, le=1_000_000_000, description="Open sockets of one address, with rate limits on; 0: no limit")
    ] = 2000
    max_http_connections_per_address: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000_000,
            description="Open connections of HTTP of one address, at most half of the files the process may open, with "
            "rate limits on; 0: no limit",
        ),
    ] = 2000
    drain_seconds: Annotated[int, Meta(ge=1, le=60, description="Time for a shutdown to finish what is under way")] = 8


class BadSetting(Exception):  # noqa: N818 - reads as what it is
    """A setting cannot be used. The text is for the operator: which, from where, and why."""


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
        if name.startswith("HUBBUB_") and name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.8)
            meant = f" Did you mean {near[0]}?" if near else ""
            lines.append(f"The variable {name} is no setting and is not used.{meant}")
    return lines


def from_environment(options: Mapping[str, Any], file: Path | None = None) -> tuple[Settings, dict[str, str]]:
    """`load` with this process's environment."""
    return load(options, os.environ, file)
