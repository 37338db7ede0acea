"""What the plugins of the server add for clients: slash commands, and modules of the web client."""

from litestar import Router, get

from hubbub.surfaces.rest.arguments import AppServices, Caller
from hubbub.surfaces.rest.responses import Command, Commands, Plugin, Plugins


@get("/api/commands", summary="Slash commands", operation_id="listCommands")
async def list_commands(services: AppServices, caller: Caller) -> Commands:
    """By name. A message whose text is `/name arguments` runs the command. Empty on a server without such plugins."""
    return Commands([Command(one.name, one.usage, one.description) for one in services.commands or ()])


@get("/api/plugins", summary="Plugins with parts for clients", operation_id="listPlugins")
async def list_plugins(services: AppServices, caller: Caller) -> Plugins:
    """Those that have modules for the web client, which imports them after the sign-in."""
    modules = services.client_modules
    return Plugins(
        [Plugin(name, [f"/plugins/{name}/{one.name}" for one in modules.of(name)]) for name in modules.plugins]
    )


router = Router("/", route_handlers=[list_commands, list_plugins], tags=["Plugins"])
