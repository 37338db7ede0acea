"""Whom a request is answered for: set by the guard, for whatever is done on the way to the answer."""

from collections.abc import Hashable
from contextvars import ContextVar

asker: ContextVar[Hashable] = ContextVar("asker", default=None)
"""The id of an account, or an address; None outside of requests."""
