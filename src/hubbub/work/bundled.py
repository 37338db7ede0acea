"""The jobs and scheduled tasks of the server itself."""

from hubbub.chat.limits import Limits
from hubbub.work.reminders import register_reminders
from hubbub.work.room_purge import register_room_purge
from hubbub.work.scheduled import Compose, register_scheduled
from hubbub.work.session_retention import register_session_retention
from hubbub.work.status_ends import register_status_ends
from hubbub.work.work import Work


def register_bundled(work: Work, limits: Limits, session_idle_days: int, compose: Compose | None = None) -> None:
    register_room_purge(work)
    register_reminders(work)
    register_scheduled(work, limits, compose)
    register_status_ends(work)
    register_session_retention(work, session_idle_days)
