"""Two consumers that do nothing, and a kind of job that does nothing."""

from hubbub.chat.changes import Changed
from hubbub.chat.records import RoomRecord
from hubbub.plugins import hookimpl
from hubbub.work.consumers.consumer import Consumer
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work


async def follow(room: RoomRecord, changed: Changed) -> None:
    """Reading the changes and moving the cursor is what is measured."""


async def do_nothing(payload: int, job: Job) -> None:
    """Likewise: being claimed and removed."""


@hookimpl
def work(work: Work) -> None:
    work.job_kinds.register(JobKind("nothing", do_nothing, int))
    work.consumers.add(Consumer("first", follow))
    work.consumers.add(Consumer("second", follow))
