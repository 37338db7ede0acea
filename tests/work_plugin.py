"""A plugin with work, which leaves notes in the folder that it lies in.

Whoever writes "ask WHAT" in a room is answered "answer WHAT" there, once: a consumer gives each question to a job, and
the job returns the command that posts the answer.
"""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from hubbub.chat import messages
from hubbub.chat.changes import Changed
from hubbub.chat.jobs import NewJob
from hubbub.chat.limits import Limits
from hubbub.chat.records import RoomRecord
from hubbub.chat.transaction import Command
from hubbub.plugins import hookimpl
from hubbub.work.consumers.consumer import Consumer
from hubbub.work.jobs.commands import AddJobs
from hubbub.work.jobs.kinds import Job, JobKind
from hubbub.work.work import Work


class Question(Struct):
    room: int
    asked_by: int
    text: str


class Answers:
    """`asked`, `begun` and `done` in the folder have a line for each time that something happened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def ask(self, room: RoomRecord, changed: Changed) -> Command[None] | None:
        """The consumer. It raises in a room that is poisoned."""
        new = [message for message in changed.messages if message.content.startswith("ask ") and not message.edited_at]
        if any(message.content == "ask poison" for message in new):
            self._note("asked", f"poison {room.id}")
            if not (self._folder / "cured").exists():
                raise ValueError("poisoned")
        questions = [Question(room.id, message.sender.id, message.content[4:]) for message in new]
        return AddJobs([NewJob("answer", question) for question in questions]) if questions else None

    async def answer(self, question: Question, job: Job) -> Command[messages.Posted] | None:
        """The job. Questions that begin with "wait" take until the file "go" is there; those with "fail" never end
        well."""
        self._note("begun", f"{job.id} {question.text}")
        while question.text.startswith("wait") and not (self._folder / "go").exists():
            await asyncio.sleep(0.01)
        if question.text == "stuck":
            await self._ignore_the_end()
        if question.text == "thread":
            await asyncio.to_thread(time.sleep, 3600)
        if question.text.startswith("fail"):
            raise ValueError(f"no answer to {question.text}")
        # An effect elsewhere, which is made once as it is keyed by the job.
        (self._folder / f"effect-{job.id}").touch()
        self._note("done", f"{job.id} {question.text}")
        return messages.compose(question.asked_by, f"answer {question.text}", Limits(), room=question.room)

    async def _ignore_the_end(self) -> None:
        while not (self._folder / "go").exists():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    def _note(self, file: str, line: str) -> None:
        with (self._folder / file).open("a") as notes:
            notes.write(f"{line}\n")


@hookimpl
def work(work: Work) -> None:
    folder = Path(__file__).parent
    answers = Answers(folder)
    tries = int((folder / "tries").read_text()) if (folder / "tries").exists() else 2
    work.consumers.add(Consumer("questions", answers.ask, starts="beginning", tries=2))
    work.job_kinds.register(JobKind("answer", answers.answer, Question, at_once=3, tries=tries))
