"""Ends of statuses that were set for a time: each is a job that is due at its time."""

from hubbub.chat.status_end import END_STATUS, ClearStatus, StatusEnd
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work


def register_status_ends(work: Work) -> None:
    work.job_kinds.register(JobKind(END_STATUS, _clear, StatusEnd, at_once=8, timeout_seconds=60))


async def _clear(end: StatusEnd, job: Job) -> ClearStatus:
    return ClearStatus(end)
