"""`/ws` requested over plain HTTP: 426 (RFC 9110, section 15.5.22)."""

from litestar import Router, get

from hubbub.errors import UpgradeRequired


@get("/ws", include_in_schema=False, sync_to_thread=False)
def upgrade_required() -> None:
    raise UpgradeRequired("This is a WebSocket's address. Open it with a WebSocket client: see /api/live-reference.")


router = Router("/", route_handlers=[upgrade_required])
