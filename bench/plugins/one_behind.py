"""A consumer that does nothing, from the beginning."""

from hubbub.chat.changes import Changed
from hubbub.chat.records import RoomRecord
from hubbub.plugins import hookimpl
from hubbub.work.consumers.consumer import Consumer
from hubbub.work.work import Work


async def follow(room: RoomRecord, changed: Changed) -> None:
    """Reading the changes and moving the cursor is what is measured."""


@hookimpl
def work(work: Work) -> None:
    work.consumers.add(Consumer("behind", follow, starts="beginning"))
