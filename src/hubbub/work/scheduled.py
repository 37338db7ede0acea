"""Scheduled messages: each is a job that is due at its time."""

from collections.abc import Awaitable, Callable

from hubbub.chat.limits import Limits
from hubbub.chat.messages import PostMessage
from hubbub.chat.scheduled import SEND_SCHEDULED, Composed, Due, DueNow, SendScheduled
from hubbub.errors import HubbubError, Unavailable
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work

Compose = Callable[[PostMessage], Awaitable[PostMessage]]
"""The plugins' `compose` hooks. Raises what they refuse a message with."""
_TRIES = 12


def register_scheduled(work: Work, limits: Limits, compose: Compose | None) -> None:
    """`compose`: None where no plugin has the hook."""

    async def send(due: Due, job: Job) -> SendScheduled | None:
        if compose is None:
            return SendScheduled(due, limits)
        post = await work.store.read(DueNow(due, limits))
        if post is None:
            return None
        try:
            composed = Composed(post.content, await compose(post))
        except Unavailable as failure:
            # A plugin that has to agree does not answer: later, perhaps.
            if job.tries < _TRIES:
                raise
            composed = Composed(post.content, failure)
        except HubbubError as refusal:
            composed = Composed(post.content, refusal)
        return SendScheduled(due, limits, composed)

    work.job_kinds.register(JobKind(SEND_SCHEDULED, send, Due, at_once=8, timeout_seconds=60, tries=_TRIES))
