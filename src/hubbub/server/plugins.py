"""The plugins of a server: loaded by its settings, and put where their hooks are called."""

import os
from typing import NamedTuple

import structlog
from litestar import Router

from hubbub.chat.limits import Limits
from hubbub.chat.message_kinds import MessageKind, MessageKinds
from hubbub.chat.transaction import Store
from hubbub.plugins import loader, weak_passwords
from hubbub.plugins.accounts import Authenticators, PasswordRules
from hubbub.plugins.client_modules import ClientModules
from hubbub.plugins.filters import Filters
from hubbub.plugins.hooks import PluginServer
from hubbub.plugins.implementation import PluginError
from hubbub.plugins.plugin_settings import Sources
from hubbub.plugins.registry import Plugins
from hubbub.plugins.slash_commands import SlashCommands
from hubbub.server.setting_sources import PLUGIN_PREFIX
from hubbub.server.settings import BadSetting, Settings
from hubbub.surfaces.composing_store import ComposingStore
from hubbub.surfaces.plugin_routes import plugin_routers
from hubbub.surfaces.slash_commands import ANSWER
from hubbub.work.work import Work

_START_SECONDS, _STOP_SECONDS = 10.0, 3.0
"""For the hooks `start` and `stop` of each plugin."""
_log = structlog.get_logger("plugins")


class Installed(NamedTuple):
    """What the plugins add. None: no plugin implements the hook, and nothing is called for it."""

    plugins: Plugins
    filters: Filters | None
    authenticators: Authenticators | None
    password_rules: PasswordRules | None
    commands: SlashCommands | None
    client_modules: ClientModules
    routers: list[Router]

    def composing(self, store: Store, limits: Limits) -> ComposingStore | None:
        return None if self.filters is None else ComposingStore(store, self.filters, limits)

    def extend(self, work: Work) -> None:
        """Register what the plugins do after a commit. A plugin that fails is logged, and left out of it."""
        for hook in self.plugins.implementations("work"):
            hook.declare(work)

    async def start(self, server: PluginServer) -> None:
        for hook in self.plugins.implementations("start"):
            await hook.ask(server, _START_SECONDS)

    async def stop(self) -> None:
        """The last one that was started first."""
        for hook in reversed(self.plugins.implementations("stop")):
            await hook.ask(None, _STOP_SECONDS)


def load_plugins(settings: Settings) -> Plugins:
    """Import the plugins and give them their settings. Raises BadSetting: one cannot be used."""
    bundled = [("weak_passwords", weak_passwords)] if settings.weak_passwords == "refuse" else []
    try:
        plugins = loader.load(settings.plugins, bundled, Sources(settings.plugin, os.environ, PLUGIN_PREFIX))
    except PluginError as error:
        raise BadSetting(str(error)) from error
    for name in plugins.unknown_variables(os.environ, PLUGIN_PREFIX):
        _log.warning("unknown_variable", name=name, meaning="It is a setting of no plugin and is not used.")
    return plugins


def install(settings: Settings, kinds: MessageKinds) -> Installed:
    """Load the plugins and ask them what they add; their kinds of messages go into `kinds`. Raises BadSetting."""
    plugins = load_plugins(settings)
    compose, authenticate = plugins.implementations("compose"), plugins.implementations("authenticate")
    rules = plugins.implementations("check_password")
    seconds = settings.hook_seconds
    try:
        _register_kinds(plugins, kinds)
        commands = SlashCommands(plugins.declared("slash_commands"), seconds)
        installed = Installed(
            plugins,
            Filters(compose, seconds) if compose else None,
            Authenticators(authenticate, seconds) if authenticate else None,
            PasswordRules(rules, seconds) if rules else None,
            commands if len(commands) else None,
            ClientModules(plugins.declared("client_modules")),
            plugin_routers(plugins.declared("routes")),
        )
    except PluginError as error:
        raise BadSetting(str(error)) from error
    if plugins.names:
        _log.info("plugins", names=plugins.names)
    return installed


def _register_kinds(plugins: Plugins, kinds: MessageKinds) -> None:
    for plugin, declared in plugins.declared("message_kinds"):
        for kind in declared if isinstance(declared, list | tuple) else [declared]:
            if not isinstance(kind, MessageKind):
                raise PluginError(f"Plugin {plugin}: its hook message_kinds must return MessageKinds, not {kind!r}.")
            if kind.name == ANSWER:
                raise PluginError(f"Plugin {plugin}: the kind of messages {ANSWER} is for answers of slash commands.")
            try:
                kinds.register(kind)
            except ValueError as error:
                raise PluginError(f"Plugin {plugin} cannot have its kind of messages: {error}.") from error
