"""Scheduled messages: each is a job that is due at its time."""

from hubbub.chat.limits import Limits
from hubbub.chat.scheduled import SEND_SCHEDULED, Due, SendScheduled
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work


def register_scheduled(work: Work, limits: Limits) -> None:
    async def send(due: Due, job: Job) -> SendScheduled:
        return SendScheduled(due, limits)

    work.job_kinds.register(JobKind(SEND_SCHEDULED, send, Due, at_once=8, timeout_seconds=60))
