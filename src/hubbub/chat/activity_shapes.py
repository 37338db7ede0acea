"""The shape of what others did that concerns a user."""

from msgspec import Struct

from hubbub.chat.shapes import Message


class Activity(Struct):
    """A message, as it is now. `position`: that of its last change in the user's stream."""

    position: int
    room: int
    message: Message
