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
    ThreadEvent,
    TypingEvent,
    UserCommitted,
    WorkspaceEvent,
)
from hubbub.chat.limits import Limits
from hubbub.chat.message_kinds import MessageKinds
from hubbub.chat.presence import Presence
from hubbub.chat.receipts import MarkDelivered
from hubbub.chat.tokens import Tokens
from hubbub.chat.transaction import Store
from hubbub.errors import HubbubError
from hubbub.live.cluster.anti_entropy import AntiEntropy
from hubbub.live.rooms.bus import LocalBus
from hubbub.live.rooms.hub import Hub
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.rooms.user_streams import UserStreams
from hubbub.live.sync.interest import NoInterest
from hubbub.live.sync.room_sync import SyncContext
from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.feed import Feeds
from hubbub.live.wire.flush_scheduler import FlushScheduler
from hubbub.live.wire.registry import Registry
from hubbub.live.wire.request_bounds import RequestBounds
from hubbub.live.wire.timer_wheel import TimerWheel
from hubbub.plugins.hooks import PluginServer
from hubbub.server import data_folder, open_files, workers
from hubbub.server.database_startup import configured_database, examine_database, lock_database, migrate_database
from hubbub.server.http_server import HttpServer, http_server_config
from hubbub.server.last_seconds import end_within_seconds
from hubbub.server.listening import listen
from hubbub.server.plugins import Installed, install
from hubbub.server.registration import registration_of, setup_announcement
from hubbub.server.request_checks import configured_rate_limits, request_origins
from hubbub.server.settings import BadSetting, Settings
from hubbub.store.sql.database import Database
from hubbub.surfaces.connection_limits import ConnectionLimits
from hubbub.surfaces.health_checks import HealthChecks
from hubbub.surfaces.images import Images
from hubbub.surfaces.login_throttle import LoginThrottle, no_exchange
from hubbub.surfaces.null_throttle import NullThrottle
from hubbub.surfaces.open_sessions import OpenSessions
from hubbub.surfaces.password_hasher import ThreadedPasswordHasher
from hubbub.surfaces.rate_limited_store import RateLimitedStore
from hubbub.surfaces.rate_limits import RateLimits
from hubbub.surfaces.request_origin import RequestOrigins
from hubbub.surfaces.services import Services
from hubbub.surfaces.shared_limits import SharedLimits
from hubbub.surfaces.socket.handler import SUBPROTOCOL, ChatSocket
from hubbub.work.bundled import register_bundled
from hubbub.work.work import Work

_SWEEP_SECONDS = 60
_READS_AT_ONCE = {False: 1, True: 4}
"""Of one account: half of the readers there are, on SQLite and on a shared database."""
_log = structlog.get_logger("server")


def serve(settings: Settings, kinds: MessageKinds | None = None) -> None:
    """Run until SIGTERM or SIGINT. `kinds` are those of messages beside text.

    Raises BadSetting when it cannot start.
    """
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
        origins = request_origins(settings)
        limits = configured_rate_limits(settings, database.shared)
        kinds = kinds or MessageKinds()
        installed = install(settings, kinds)
        if database.path is not None:
            examine_database(database.path, folder)
        migrate_database(database, worker)
        if database.path is not None and not was_there:
            held.enter_context(data_folder.lock_file(database.path))
        listening = listen(settings) if worker is None else worker.listening
        for each in listening:
            held.enter_context(each)
        with end_within_seconds() as last_seconds, asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(settings, database, keys, origins, limits, kinds, installed, listening, worker))
            last_seconds.start()


async def _run(
    settings: Settings,
    database: Database,
    keys: list[str],
    origins: RequestOrigins,
    rate_limits: RateLimits,
    kinds: MessageKinds,
    installed: Installed,
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
    user_streams = UserStreams(NoInterest() if anti_entropy is None else anti_entropy.user_streams)
    feeds = Feeds(wheel)
    bus.subscribe(authenticator.on_event, SessionsEnded)
    bus.subscribe(hub.on_event, ReadEvent, DeliveredEvent, MembershipEvent, ThreadEvent, TypingEvent)
    bus.subscribe(hub.on_event, PresenceNote, ActivityNote, SessionsEnded, AccountChanged, WorkspaceEvent)
    if anti_entropy is None:
        bus.subscribe(hub.on_event, RoomCommitted)
        bus.subscribe(user_streams.on_event, UserCommitted)
    else:
        anti_entropy.attach(hub, user_streams)
    hasher = ThreadedPasswordHasher(installed.password_rules)
    images = Images()
    limited = settings.rate_limits == "on"
    counts = await database.open_counts() if limited else None
    shared = None if counts is None else SharedLimits(rate_limits, counts)
    throttle = LoginThrottle(rate_limits, shared.exchange if shared else no_exchange) if limited else NullThrottle()
    if shared is not None:
        wheel.every_second(shared.tick)
    composing = installed.composing(store, limits)
    composed = composing or store
    limited_store = RateLimitedStore(composed, rate_limits, _READS_AT_ONCE[database.shared]) if limited else composed
    wheel.every_second(lambda second: None if second % _SWEEP_SECONDS else rate_limits.sweep())
    bounds = Bounds(
        frame=settings.frame_bytes,
        waiting=settings.waiting_bytes,
        frames_per_second=settings.frames_per_second if limited else 0,
        burst=settings.frame_burst,
        heartbeat=settings.heartbeat_seconds,
    )
    credentials = Credentials(
        limited_store,
        hasher,
        tokens,
        devices,
        limits,
        throttle,
        registration_of(settings),
        settings.session_days,
        structlog.get_logger("sign_in").info,
        installed.authenticators,
    )
    services = Services(
        store=limited_store,
        authenticator=authenticator,
        credentials=credentials,
        devices=devices,
        presence=presence,
        hub=hub,
        receipts=receipts,
        sync=SyncContext(
            limited_store, hub.topics, hub.replay_cache, presence, limits, bounds.waiting // 4, receipts.went_live
        ),
        user_streams=user_streams,
        feeds=feeds,
        connection_limits=ConnectionLimits(
            settings.max_connections_per_user, settings.max_connections_per_address if limited else 0
        ),
        limits=limits,
        kinds=kinds,
        rate_limits=rate_limits,
        bounds=bounds,
        origins=origins,
        images=images,
        health_checks=HealthChecks(store),
        secure_cookie=settings.public_url.startswith("https://"),
        strict_transport=settings.strict_transport,
        session_days=settings.session_days,
        commands=installed.commands,
        client_modules=installed.client_modules,
        public_url=settings.public_url,
    )
    handler = ChatSocket(services, feeds="rooms" in settings.dialects)
    sockets = Registry(bounds, wheel, SUBPROTOCOL, scheduler)
    wheel.every_second(lambda second: _note(authenticator, presence, store))
    wheel.every_second(OpenSessions(authenticator, hub).tick)
    work = Work(store, database.shared)
    register_bundled(work, limits, settings.session_idle_days, None if composing is None else composing.composed)
    installed.extend(work)
    requests = RequestBounds(
        wheel,
        settings.header_bytes,
        settings.request_seconds,
        settings.unread_seconds,
        PerAddress(open_files.half_of_them(settings.max_http_connections_per_address) if limited else 0),
        origins.counted,
    )
    server = HttpServer(
        http_server_config(settings, services, handler, sockets, requests, installed.routers),
        handler,
        feeds,
        composing or store,
        requests,
        worker,
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
        work.start(bus.subscribe, bus.publish_to_others)
        ending.push_async_callback(work.stop)
        ending.push_async_callback(installed.stop)
        await installed.start(PluginServer(store, credentials, limits, settings.public_url))
        server.announcement = await setup_announcement(settings, store)
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


def _loop_factory() -> Any:
    """uvloop where it exists: not on Windows."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
