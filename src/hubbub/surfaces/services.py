"""The dependencies of the surfaces, built once by `hubbub.server.app`."""

from typing import NamedTuple

from hubbub.chat.authenticator import Authenticator
from hubbub.chat.credentials import Credentials
from hubbub.chat.device_tokens import DeviceTokens
from hubbub.chat.limits import Limits
from hubbub.chat.message_kinds import MessageKinds
from hubbub.chat.presence import Presence
from hubbub.chat.transaction import Store
from hubbub.live.rooms.hub import Hub
from hubbub.live.rooms.receipts import Receipts
from hubbub.live.rooms.user_streams import UserStreams
from hubbub.live.sync.room_sync import SyncContext
from hubbub.live.wire.bounds import Bounds
from hubbub.live.wire.feed import Feeds
from hubbub.plugins.client_modules import ClientModules
from hubbub.plugins.slash_commands import SlashCommands
from hubbub.surfaces.connection_limits import ConnectionLimits
from hubbub.surfaces.health_checks import HealthChecks
from hubbub.surfaces.images import Images
from hubbub.surfaces.rate_limits import RateLimits
from hubbub.surfaces.request_origin import RequestOrigins


class Services(NamedTuple):
    store: Store
    authenticator: Authenticator
    credentials: Credentials
    devices: DeviceTokens
    presence: Presence
    hub: Hub
    receipts: Receipts
    sync: SyncContext
    user_streams: UserStreams
    feeds: Feeds
    connection_limits: ConnectionLimits
    limits: Limits
    kinds: MessageKinds
    rate_limits: RateLimits
    bounds: Bounds
    origins: RequestOrigins
    images: Images
    health_checks: HealthChecks
    secure_cookie: bool
    strict_transport: str
    session_days: int
    commands: SlashCommands | None
    """None where no plugin has any."""
    client_modules: ClientModules
    public_url: str
    """Empty: derived from each request."""

    def is_secure(self, scheme: str) -> bool:
        """Whether clients use https, by `public_url` or by a trusted proxy of this request: cookies are then `Secure`
        and have the prefix `__Host-`."""
        return self.secure_cookie or scheme == "https"
