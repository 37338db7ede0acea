"""What the surfaces work with, put together once by `app`."""

from typing import NamedTuple

from hubbub.chat.device_tokens import DeviceTokens
from hubbub.chat.gate import Gate
from hubbub.chat.ledger import Store
from hubbub.chat.limits import Limits
from hubbub.chat.presence import Presence
from hubbub.chat.signing import Signing
from hubbub.live.bounds import Bounds
from hubbub.live.feed import Feeds
from hubbub.live.hub import Hub
from hubbub.live.inboxes import Inboxes
from hubbub.live.receipts import Receipts
from hubbub.surfaces.connections import Connections
from hubbub.surfaces.origin import Origins
from hubbub.surfaces.pictures import Pictures
from hubbub.surfaces.probes import Probes
from hubbub.surfaces.rate_limits import RateLimits


class Services(NamedTuple):
    store: Store
    gate: Gate
    signing: Signing
    devices: DeviceTokens
    presence: Presence
    hub: Hub
    receipts: Receipts
    inboxes: Inboxes
    feeds: Feeds
    connections: Connections
    limits: Limits
    rate_limits: RateLimits
    bounds: Bounds
    origins: Origins
    pictures: Pictures
    probes: Probes
    secure_cookie: bool
    strict_transport: str
    session_days: int
    public_url: str
    """Empty: as the request names the server."""

    def is_secure(self, scheme: str) -> bool:
        """Whether people reach this server over https: as `public_url` says, or a trusted proxy of this request. Then
        the cookie is `__Host-` and `Secure`."""
        return self.secure_cookie or scheme == "https"
