"""The principal of the current request, set by the middleware: what work is accounted to."""

from collections.abc import Hashable
from contextvars import ContextVar

current_principal: ContextVar[Hashable] = ContextVar("current_principal", default=None)
"""The id of an account, or a network (`hubbub.chat.addresses.network`); None outside of requests."""
