"""`/roll 2d6`: posts a message of a kind of its own, with the dice that were rolled."""

import re
from secrets import randbelow

from msgspec import Struct, to_builtins

from hubbub.chat.message_kinds import MessageKind
from hubbub.plugins import Invocation, Post, Refused, SlashCommand

_DICE = re.compile(r"([1-9][0-9]{0,3})?d([1-9][0-9]{0,3})")


class Roll(Struct, forbid_unknown_fields=True):
    """The `extra` of the message."""

    sides: int
    dice: list[int]


def text_of(roll: Roll) -> str:
    """For clients that do not know the kind, such as the terminal."""
    return f"🎲 {len(roll.dice)}d{roll.sides}: {' + '.join(map(str, roll.dice))} = {sum(roll.dice)}"


# Not from clients: they would choose what they have rolled.
KIND = MessageKind("example.roll", Roll, text=text_of, from_clients=False)


def command(most: int) -> SlashCommand:
    """`most`: how many dice may be rolled at once."""

    async def run(call: Invocation) -> Post:
        found = _DICE.fullmatch(call.arguments or "1d6")
        if found is None:
            raise Refused("Say how many dice with how many sides, such as /roll 2d6.", reason="bad_dice")
        number, sides = int(found[1] or 1), int(found[2])
        if number > most:
            raise Refused(f"At most {most} dice can be rolled at once.", reason="too_many_dice")
        roll = Roll(sides, [1 + randbelow(sides) for _ in range(number)])
        return Post(text_of(roll), KIND.name, to_builtins(roll))

    return SlashCommand("roll", "Rolls dice", run, "[2d6]")
