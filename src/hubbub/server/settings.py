"""All settings, with their defaults and descriptions."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes are in bytes and times in seconds unless the name or description says otherwise."""

    host: Annotated[
        str,
        Meta(
            description="Addresses to listen on, separated by commas; `::` is all addresses, `unix:/path` a Unix socket"
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0: any free port")] = 8080
    data: Annotated[str, Meta(description="Folder for the database, the signing key and backups")] = "./hubbub-data"
    database: Annotated[
        str, Meta(description="Database URL (sqlite:/// or postgresql://); empty: `hubbub.db` in the data folder")
    ] = ""
    bus: Annotated[
        list[str],
        Meta(description="NATS servers through which the servers of a shared database publish changes to each other"),
    ] = []
    bus_prefix: Annotated[
        str,
        Meta(
            pattern=r"\A[A-Za-z0-9_-]{1,64}\Z", description="First token of the NATS subjects; give each Hubbub its own"
        ),
    ] = "hubbub"
    workers: Annotated[
        int, Meta(ge=1, le=256, description="Processes that share the port; more than 1 needs PostgreSQL and NATS")
    ] = 1
    worker_start_seconds: Annotated[
        int,
        Meta(ge=1, le=86_400, description="Time for a worker to start, not counting migration, before it is given up"),
    ] = 60
    worker_silence_seconds: Annotated[
        int,
        Meta(ge=2, le=86_400, description="Time without a sign of life after which a worker is killed and replaced"),
    ] = 10
    secret_key: Annotated[
        str,
        Meta(
            description="Signing key; older keys that remain valid follow on further lines; empty: created at"
            " the first start in `data/secret.key`"
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(description="The address that users open, such as https://chat.example.org or https://example.org/chat"),
    ] = ""
    allowed_origins: Annotated[
        list[str],
        Meta(
            description="Origins of other sites whose pages may use the API, with a token or the visitor's "
            "cookie; `*`: any origin, with a token only"
        ),
    ] = []
    allowed_hosts: Annotated[
        list[str],
        Meta(description="Host names that are answered; empty: the loopback names when bound to loopback, else any"),
    ] = []
    trusted_proxy: Annotated[
        list[str],
        Meta(
            description="Addresses or networks of proxies whose X-Forwarded-For is used; `unix`: the proxy "
            "behind the Unix socket"
        ),
    ] = []
    strict_transport: Annotated[
        Literal["off", "host", "subdomains"],
        Meta(description="Whether browsers are asked to use https only (HSTS), when `public_url` is https"),
    ] = "host"
    weak_passwords: Annotated[
        Literal["allow", "refuse"],
        Meta(
            description="Whether new passwords that are guessed first (known ones, words, names, patterns) are refused"
        ),
    ] = "allow"
    registration: Annotated[
        Literal["open", "invitation", "closed"],
        Meta(description="Who may create an account: anybody, whoever has an invitation, or nobody"),
    ] = "open"
    invitations: Annotated[
        Literal["members", "admins"], Meta(description="Who may invite people to the server by a link")
    ] = "members"
    invitations_per_user: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Invitations of one account that can be used at the same time")
    ] = 100
    default_rooms: Annotated[
        list[str],
        Meta(
            description="Public rooms that new accounts join (not those registered through the other interfaces); the "
            "first account makes those that do not exist; empty: none"
        ),
    ] = msgspec.field(default_factory=lambda: ["general"])
    first_administrator: Annotated[
        Literal["auto", "token", "anybody"],
        Meta(
            description="Who may create the first account, which becomes the administrator: whoever has the token that "
            "the first start prints, or anybody; auto: anybody when bound to loopback"
        ),
    ] = "auto"
    session_days: Annotated[int, Meta(ge=1, le=3650, description="Days after which a session expires")] = 30
    session_idle_days: Annotated[
        int,
        Meta(ge=0, le=3650, description="Days without use after which a session ends; 0: only `session_days` applies"),
    ] = 14
    max_sessions_per_user: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="Sessions of one account; when one more begins, the one unused for longest ends",
        ),
    ] = 100
    log_format: Annotated[
        Literal["auto", "json", "console"], Meta(description="auto: console on a terminal, else JSON")
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Lowest level that is logged")
    ] = "info"
    dialects: Annotated[
        list[Literal["v1", "conversations", "rooms"]],
        Meta(description="Interfaces beside the native one: `v1`, `conversations`, `rooms`"),
    ] = msgspec.field(default_factory=lambda: ["v1", "conversations", "rooms"])
    rate_limits: Annotated[
        Literal["on", "off"], Meta(description="off: no rate limits, for load tests and trusted networks")
    ] = "on"
    requests_per_user: Annotated[
        str,
        Meta(description="REST calls and frames of one account together; `N/T`: N at once, and N again during each T"),
    ] = "1000/20 seconds"
    requests_per_address: Annotated[str, Meta(description="Requests without a session from one address")] = (
        "10000/20 seconds"
    )
    messages_per_user: Annotated[
        str,
        Meta(
            description="Messages, edits, deletions, reactions, and changes of rooms, members and the "
            "profile, of one account on all interfaces"
        ),
    ] = "600/20 seconds"
    rooms_per_user: Annotated[str, Meta(description="Rooms created by one account")] = "200/hour"
    people_added_per_user: Annotated[str, Meta(description="Users that one account adds to rooms")] = "1000/hour"
    uploads_per_user: Annotated[str, Meta(description="Images uploaded by one account")] = "60/hour"
    sessions_per_user: Annotated[str, Meta(description="Successful sign-ins of one account")] = "200/hour"
    tickets_per_user: Annotated[str, Meta(description="Single-use tickets issued to one account")] = "600/10 minutes"
    registrations_per_address: Annotated[str, Meta(description="Accounts created from one address")] = "200/hour"
    failures_per_address: Annotated[str, Meta(description="Wrong passwords from one address")] = "50/5 minutes"
    failures_per_account: Annotated[str, Meta(description="Wrong passwords for one account from one address")] = (
        "10/5 minutes"
    )
    failures_per_name: Annotated[
        str,
        Meta(
            description="Wrong passwords for one account from any address; from the sixth on, sign-ins from "
            "new places are delayed"
        ),
    ] = "100/hour"
    message_length: Annotated[int, Meta(ge=1, le=16000, description="Longest message, in code points")] = 10_000
    username_length: Annotated[int, Meta(ge=1, le=20, description="Longest user name, in code points")] = 20
    password_min: Annotated[int, Meta(ge=8, le=100, description="Shortest password, in characters")] = 8
    password_max: Annotated[int, Meta(ge=64, le=1000, description="Longest password, in characters")] = 100
    groups_per_user: Annotated[
        int, Meta(ge=1, le=1_000_000_000, description="Private rooms that a user has created and is a member of")
    ] = 100
    edits_per_message: Annotated[
        int, Meta(ge=1, le=10_000, description="Earlier texts kept of a message: the first and the latest")
    ] = 100
    pins_per_room: Annotated[int, Meta(ge=1, le=1_000, description="Pinned messages of a room")] = 100
    saved_per_user: Annotated[int, Meta(ge=1, le=1_000_000, description="Messages that a user has saved")] = 5000
    drafts_per_user: Annotated[int, Meta(ge=1, le=100_000, description="Drafts of a user")] = 200
    scheduled_per_user: Annotated[int, Meta(ge=1, le=1000, description="Scheduled messages of a user")] = 100
    reactions_per_message: Annotated[int, Meta(ge=1, le=500, description="Different emoji on one message")] = 50
    resync_after: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000_000,
            description="Number of changed messages above which a client loads a room anew instead of resuming",
        ),
    ] = 1000
    receipts_room: Annotated[
        int, Meta(ge=0, le=500, description="Number of members above which delivery receipts are not tracked")
    ] = 50
    large_room: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000_000,
            description="Number of members above which a room publishes counts (who joins, types and is on "
            "line) instead of names",
        ),
    ] = 500
    body_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest request body")] = 131_072
    header_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest request head")] = 16384
    request_seconds: Annotated[int, Meta(ge=1, le=86_400, description="Time for a client to send a request")] = 20
    unread_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="Time an HTTP client may take to read nothing of a waiting response")
    ] = 30
    frame_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest WebSocket message")] = 131_072
    frames_per_second: Annotated[
        float, Meta(gt=0, le=1_000_000_000, description="Frames per second of one connection")
    ] = 50
    frame_burst: Annotated[
        float, Meta(ge=1, le=1_000_000_000, description="Frames that one connection may send at once")
    ] = 100
    waiting_bytes: Annotated[
        int,
        Meta(ge=65536, le=1 << 30, description="Bytes that may wait for a slow reader before its connection is closed"),
    ] = 1048576
    heartbeat_seconds: Annotated[int, Meta(ge=1, le=600, description="Time between heartbeats")] = 25
    max_connections_per_user: Annotated[
        int, Meta(ge=0, le=1_000_000_000, description="Open sockets of one account; 0: no limit")
    ] = 0
    max_connections_per_address: Annotated[
        int,
        Meta(ge=0, le=1_000_000_000, description="Open sockets of one address, when rate limits are on; 0: no limit"),
    ] = 2000
    max_http_connections_per_address: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000_000,
            description="Open HTTP connections of one address, at most half of the files that the process may"
            " open, when rate limits are on; 0: no limit",
        ),
    ] = 2000
    plugins: Annotated[
        list[str],
        Meta(description="Files of plugins, such as `./my_plugin.py`; installed packages with plugins need no setting"),
    ] = []
    plugin: Annotated[
        dict[str, dict[str, Any]],
        Meta(
            description="The settings of plugins: in the file, a table `[plugin.NAME]` for each; as variables, "
            "`HUBBUB_PLUGIN_NAME_SETTING`; `--set plugin.NAME.SETTING=VALUE`"
        ),
    ] = {}
    hook_seconds: Annotated[
        float, Meta(gt=0, le=600, description="Time for a hook of a plugin to answer; then it is given up")
    ] = 5
    drain_seconds: Annotated[int, Meta(ge=1, le=60, description="Time for a shutdown to finish pending work")] = 8


class BadSetting(Exception):  # noqa: N818 - reads as what it is
    """A setting cannot be used. The text is for the operator: which, from where, and why."""
