"""Which requests are taken, as the settings say: by where they come from, and by how many there are."""

import structlog

from hubbub.server.listening import hosts
from hubbub.server.settings import Settings
from hubbub.surfaces.rate_limits import RULES, RateLimits, no_rate_limits, rate_limits
from hubbub.surfaces.request_origin import RequestOrigins, loopback_hosts

_log = structlog.get_logger("server")


def request_origins(settings: Settings) -> RequestOrigins:
    names = settings.allowed_hosts or loopback_hosts(hosts(settings))
    return RequestOrigins(settings.allowed_origins, names, settings.trusted_proxy, settings.public_url or None)


def configured_rate_limits(settings: Settings, shared: bool) -> RateLimits:
    if settings.rate_limits == "off":
        _log.warning("rate_limits_off", meaning="Anybody may guess passwords and flood as fast as they can.")
        return no_rate_limits()
    return rate_limits({rate: getattr(settings, rate) for rate, _ in RULES.values()}, shared)
