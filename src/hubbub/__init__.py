"""Hubbub: a real-time chat system you can pip install.

`ChatServer` is the chat in one object, in process; `python -m hubbub` (or `hubbub`) serves it to the world.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubbub.errors import WeakPasswordWarning
    from hubbub.surfaces.in_process import ChatServer

__version__ = "0.1.0"
__all__ = ["ChatServer", "WeakPasswordWarning", "__version__"]


def __getattr__(name: str) -> Any:
    # Imported when asked for (PEP 562): every part of the server begins with importing this module.
    if name == "ChatServer":
        from hubbub.surfaces.in_process import ChatServer

        return ChatServer
    if name == "WeakPasswordWarning":
        from hubbub.errors import WeakPasswordWarning

        return WeakPasswordWarning
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
