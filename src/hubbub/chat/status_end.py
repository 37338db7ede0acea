"""The end of a status that was set for a time: nobody is shown it after that, and a job clears it."""

from collections.abc import Mapping

from msgspec import Struct

from hubbub.chat import profiles, user_stream
from hubbub.chat.jobs import NewJob
from hubbub.chat.records import Account
from hubbub.chat.transaction import Outcome, Touches, Transaction
from hubbub.errors import InvalidInput

END_STATUS = "end_status"


class StatusEnd(Struct, frozen=True):
    """The payload of the job. `at`: the time for which it was made, in ms."""

    user: int
    at: int


class ClearStatus(Struct, frozen=True):
    """The time of a status is over: it is cleared, unless it was changed since."""

    end: StatusEnd

    def touches(self) -> Touches:
        return Touches(changed=(self.end.user,))

    def decide(self, tx: Transaction) -> Outcome[None]:
        account = tx.accounts.to_change(self.end.user)
        if account is None or account.deleted_at is not None or account.status_until != self.end.at:
            return Outcome(None)
        account.status_text = account.status_emoji = account.status_until = None
        event = profiles.save(tx, account, tx.members.rooms_of(account.id))
        return Outcome(None, [event, user_stream.of_settings(tx, account.id)])


def checked(account: Account, changes: Mapping[str, object]) -> int | None:
    """When the status ends after these changes. An end goes with its status. Raises InvalidInput."""
    left = [changes.get(field, getattr(account, field)) for field in ("status_text", "status_emoji")]
    ends = changes.get("status_until", account.status_until)
    if left == [None, None]:
        if changes.get("status_until") is not None:
            raise InvalidInput("needs a status that ends then: a text or an emoji", "status_until", "not_possible")
        return None
    assert ends is None or isinstance(ends, int)
    return ends


def jobs(account: Account) -> list[NewJob]:
    """The job that clears the status, if it has an end."""
    if account.status_until is None:
        return []
    end = StatusEnd(account.id, account.status_until)
    return [NewJob(END_STATUS, end, key=_key(end), due_at=end.at)]


def cancel(tx: Transaction, account: Account) -> None:
    if account.status_until is not None:
        tx.jobs.cancel(END_STATUS, _key(StatusEnd(account.id, account.status_until)))


def _key(end: StatusEnd) -> str:
    """With the time, as one that is running for another time cannot be replaced."""
    return f"{end.user}-{end.at}"
