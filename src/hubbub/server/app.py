"""The composition root: creates all parts, connects them, runs the server."""

import asyncio
import gc
import socket
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import structlog

from hubbub.chat.accounts import SeenLast
from hubbub.chat.addresses import PerAddress
from hubbub.chat.authenticator import Authenticator
from hubbub.chat.credentials import Credentials
from hubbub.chat.device_tokens import DeviceTokens
from hubbub.chat.events import (
    AccountChanged,
    ActivityNote,
    DeliveredEvent,
    MembershipEvent,
    PresenceNote,
    ReadEvent,
    RoomCommitted,
    SessionsEnded,
    TypingEvent,
)
from hubbub.chat.limits import Limits
from hubbub.chat.presence import Presence
from hubbub.chat.receipts import MarkDelivered
from hubbub.chat.tokens import Tokens
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError
from hubbub.live.cluster.anti_entropy import AntiEntropy
from hubbub.live.rooms.bus import LocalBus
from hubbub.live.rooms.hub import Hub
from hubbub.live.rooms.inboxes import Inboxes
from hubbub.live.rooms.interest import NoInterest
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.feed import Feeds
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.http import RequestBounds
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.timer_wheel import TimerWheel
from hubbub.server import data_folder, open_files, workers
from hubbub.server.database_startup import configured_database, examine_database, lock_database, migrate_database
from hubbub.server.http_server import HttpServer, http_server_config
from hubbub.server.listening import hosts, listen
from hubbub.server.settings import BadSetting, Settings
from hubbub.store.sql.database import Database
from hubbub.surfaces.connection_limits import ConnectionLimits
from hubbub.surfaces.health_checks import HealthChecks
from hubbub.surfaces.images import Images
from hubbub.surfaces.login_throttle import LoginThrottle, no_exchange
from hubbub.surfaces.maintenance import Maintenance
from hubbub.surfaces.null_throttle import NullThrottle
from hubbub.surfaces.password_hasher import ThreadedPasswordHasher
from hubbub.surfaces.purge import resume_purges
from hubbub.surfaces.rate_limited_store import RateLimitedStore
from hubbub.surfaces.rate_limits import RULES, RateLimits, no_rate_limits, rate_limits
from hubbub.surfaces.request_origin import RequestOrigins, loopback_hosts
from hubbub.surfaces.services import Services
from hubbub.surfaces.shared_limits import SharedLimits
from hubbub.surfaces.socket.handler import SUBPROTOCOL, ChatSocket

_SWEEP_SECONDS = 60
_READS_AT_ONCE = {False: 1, True: 4}
"""Of one account: half of the readers there are, on SQLite and on a shared database."""
_log = structlog.get_logger("server")


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises BadSetting when it cannot start."""
    worker = workers.inherited()
    if worker is not None:
        worker.line.end_with_supervisor(settings.drain_seconds + 10)
    open_files.open_many()
    folder = data_folder.prepare(settings)
    database = configured_database(settings, folder)
    if settings.workers > 1 and worker is None:
        if not database.shared or not settings.bus:
            raise BadSetting(
                "More than one worker needs PostgreSQL and NATS, as an SQLite file is written by one process: "
                "set database to postgresql://… and bus to nats://…, or workers to 1."
            )
        gc.enable()
        workers.supervise(settings)
        return
    with ExitStack() as held:
        if database.path is not None:
            # One server on an SQLite file; a shared database has room for many.
            held.enter_context(data_folder.lock(folder))
            held.enter_context(lock_database(database.path))
            was_there = database.path.exists()
            held.enter_context(data_folder.lock_file(database.path))
        keys = data_folder.signing_keys(settings, folder)
        origins = _origins(settings)
        limits = _rate_limits(settings, database.shared)
        if database.path is not None:
            examine_database(database.path, folder)
        migrate_database(database, worker)
        if database.path is not None and not was_there:
            held.enter_context(data_folder.lock_file(database.path))
        listening = listen(settings) if worker is None else worker.listening
        for each in listening:
            held.enter_context(each)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(settings, database, keys, origins, limits, listening, worker))


async def _run(
    settings: Settings,
    database: Database,
    keys: list[str],
    origins: RequestOrigins,
    rate_limits: RateLimits,
    listening: list[socket.socket],
    worker: workers.Inherited | None,
) -> None:
    wheel = TimerWheel()
    bus = _bus(settings)
    store = await database.open(bus.publish)
    presence = Presence()
    limits = Limits(*(getattr(settings, name) for name in Limits.__struct_fields__))
    receipts = Receipts(lambda marks: store.submit(MarkDelivered(marks, limits), _ignore), limits.receipts_room)
    tokens = Tokens(keys)
    devices = DeviceTokens(keys)
    authenticator = Authenticator(store, tokens)
    anti_entropy = AntiEntropy(store, authenticator, wheel, bus) if database.shared else None
    scheduler = FlushScheduler(store.under_way)
    hub = Hub(wheel, presence, receipts, limits.large_room, anti_entropy or NoInterest(), scheduler)
    inboxes = Inboxes(NoInterest() if anti_entropy is None else anti_entropy.inboxes)
    feeds = Feeds(wheel)
    bus.subscribe(authenticator.on_event, SessionsEnded)
    bus.subscribe(hub.on_event, ReadEvent, DeliveredEvent, MembershipEvent, TypingEvent)
    bus.subscribe(hub.on_event, PresenceNote, ActivityNote, SessionsEnded, AccountChanged)
    if anti_entropy is None:
        bus.subscribe(hub.on_event, RoomCommitted)
        bus.subscribe(inboxes.on_event, RoomCommitted)
    else:
        anti_entropy.attach(hub, inboxes)
    hasher = ThreadedPasswordHasher(settings.weak_passwords == "refuse")
    images = Images()
    limited = settings.rate_limits == "on"
    counts = await database.open_counts() if limited else None
    shared = None if counts is None else SharedLimits(rate_limits, counts)
    throttle = LoginThrottle(rate_limits, shared.exchange if shared else no_exchange) if limited else NullThrottle()
    if shared is not None:
        wheel.every_second(shared.tick)
    limited_store = RateLimitedStore(store, rate_limits, _READS_AT_ONCE[database.shared]) if limited else store
    wheel.every_second(lambda second: None if second % _SWEEP_SECONDS else rate_limits.sweep())
    bounds = Bounds(
        frame=settings.frame_bytes,
        waiting=settings.waiting_bytes,
        frames_per_second=settings.frames_per_second if limited else 0,
        burst=settings.frame_burst,
        heartbeat=settings.heartbeat_seconds,
    )
    services = Services(
        store=limited_store,
        authenticator=authenticator,
        credentials=Credentials(
            limited_store,
            hasher,
            tokens,
            devices,
            limits,
            throttle,
            settings.registration,
            settings.session_days,
            structlog.get_logger("sign_in").info,
        ),
        devices=devices,
        presence=presence,
        hub=hub,
        receipts=receipts,
        inboxes=inboxes,
        feeds=feeds,
        connection_limits=ConnectionLimits(
            settings.max_connections_per_user, settings.max_connections_per_address if limited else 0
        ),
        limits=limits,
        rate_limits=rate_limits,
        bounds=bounds,
        origins=origins,
        images=images,
        health_checks=HealthChecks(store),
        secure_cookie=settings.public_url.startswith("https://"),
        strict_transport=settings.strict_transport,
        session_days=settings.session_days,
        public_url=settings.public_url,
    )
    handler = ChatSocket(services, feeds="rooms" in settings.dialects)
    sockets = Registry(bounds, wheel, SUBPROTOCOL, scheduler)
    wheel.every_second(lambda second: _note(authenticator, presence, store))
    maintenance = Maintenance(store, authenticator, hub, settings.session_idle_days)
    wheel.every_second(maintenance.tick)
    requests = RequestBounds(
        wheel,
        settings.header_bytes,
        settings.request_seconds,
        settings.unread_seconds,
        PerAddress(open_files.half_of_them(settings.max_http_connections_per_address) if limited else 0),
        origins.counted,
    )
    server = HttpServer(
        http_server_config(settings, services, handler, sockets, requests), handler, feeds, store, requests, worker
    )
    if worker is not None:
        wheel.every_second(lambda second: worker.line.say("alive"))
    wheel.start()
    # Each of these is done whatever becomes of the others, and of the server: last first.
    async with AsyncExitStack() as ending:
        ending.callback(images.close)
        ending.callback(hasher.close)
        if counts is not None:
            ending.callback(counts.close)
        ending.push_async_callback(store.close)
        ending.callback(lambda: store.submit(SeenLast(presence.seen()), _ignore))
        ending.callback(authenticator.note_use)
        ending.push_async_callback(bus.stop)
        ending.callback(hub.presence_fanout.end)
        ending.callback(wheel.stop)
        await bus.start(lambda: None if anti_entropy is None else anti_entropy.sweep())
        await resume_purges(store)
        await server.serve(listening)
    _log.info("stopped")


def _bus(settings: Settings) -> LocalBus:
    if not settings.bus:
        return LocalBus()
    try:
        # Here, not above: its client is not there unless it was asked for.
        from hubbub.live.cluster.nats import NatsBus
    except ImportError as error:
        raise BadSetting(f"NATS needs more packages: pip install 'hubbub[cluster]' ({error}).") from error
    return NatsBus(settings.bus, settings.bus_prefix)


def _note(authenticator: Authenticator, presence: Presence, store: Store) -> None:
    """Each second: store when sessions and users were last seen."""
    authenticator.note_use()
    if seen := presence.seen():
        store.submit(SeenLast(seen), lambda result: None if isinstance(result, HubbubError) else presence.noted(seen))


def _ignore(result: HubbubError | None) -> None:
    """A lost note is made again later."""


def _origins(settings: Settings) -> RequestOrigins:
    names = settings.allowed_hosts or loopback_hosts(hosts(settings))
    return RequestOrigins(settings.allowed_origins, names, settings.trusted_proxy, settings.public_url or None)


def _rate_limits(settings: Settings, shared: bool) -> RateLimits:
    if settings.rate_limits == "off":
        _log.warning("rate_limits_off", meaning="Anybody may guess passwords and flood as fast as they can.")
        return no_rate_limits()
    return rate_limits({rate: getattr(settings, rate) for rate, _ in RULES.values()}, shared)


def _loop_factory() -> Any:
    """uvloop where it exists: not on Windows."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
