"""Reminders of saved messages: each is a job that is due at its time."""

from hubbub.chat.saved import REMIND, Remind, Reminder
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work


def register_reminders(work: Work) -> None:
    work.job_kinds.register(JobKind(REMIND, _remind, Reminder, at_once=8, timeout_seconds=60))


async def _remind(reminder: Reminder, job: Job) -> Remind:
    return Remind(reminder)
