"""What the surfaces do with a text that is a slash command: run it, and post what it gives to post."""

from typing import NamedTuple

from hubbub.chat import clock, may_post, messages
from hubbub.chat.accounts import AccountOf
from hubbub.chat.messages import Posted, PostMessage
from hubbub.chat.requests import Who
from hubbub.chat.shapes import TEXT, Message
from hubbub.plugins.hooks import Answer, Invocation
from hubbub.plugins.slash_commands import SlashCommands
from hubbub.surfaces.services import Services

ANSWER = "command_answer"
"""The kind of what a slash command answers over REST. No stored message has it."""


class CommandText(NamedTuple):
    """A slash command on its way, with its name and its arguments."""

    commands: SlashCommands
    name: str
    arguments: str


def command_in(services: Services, posting: PostMessage, as_text: bool) -> CommandText | None:
    """The slash command that a message is, if it is one and is not to be taken `as_text`."""
    if services.commands is None or as_text or posting.kind != TEXT or not posting.content.startswith("/"):
        return None
    found = services.commands.named(posting.content)
    return None if found is None else CommandText(services.commands, *found)


async def run(text: CommandText, posting: PostMessage, services: Services) -> str | Posted:
    """Run a command in place of storing the message it came as: the answer to its caller, or what was posted.

    Raises HubbubError: the caller may not post there or does too much, or the command or a plugin refuses.
    """
    limits = services.rate_limits.messages
    limits.hit(posting.actor)
    await services.store.read(
        may_post.MayPost(posting.actor, posting.room, posting.to, posting.reply_to, posting.thread)
    )
    place: tuple[int | None, Who | None] = posting.room, posting.to
    result = await text.commands.run(Invocation(text.name, text.arguments, posting.actor, *place, posting.key))
    if isinstance(result, Answer):
        return result.text
    command = messages.compose(
        posting.actor,
        result.content,
        services.limits,
        posting.room,
        posting.to,
        posting.key,
        posting.reply_to,
        thread=posting.thread,
        also_in_room=posting.also_in_room,
        kind=result.kind,
        extra=None if result.extra is None else dict(result.extra),
        kinds=services.kinds,
        from_client=False,
    )
    # The store counts what is posted.
    limits.give_back(posting.actor)
    return await services.store.write(command)


async def as_message(text: CommandText, answer: str, posting: PostMessage, services: Services) -> Message:
    """The answer in the shape of a message that is not stored: its `seq` is 0, and its kind says what it is."""
    account = await services.store.read(AccountOf(posting.actor))
    return Message(
        room=posting.room or 0,
        seq=0,
        version=0,
        sender=account.sender(),
        content=answer,
        at=clock.rfc3339(clock.now()),
        deleted=False,
        mentions=[],
        reactions=[],
        kind=ANSWER,
        extra={"command": text.name},
    )
