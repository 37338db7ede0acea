"""The exceptions of Hubbub. Raised where the error is detected, translated once at each surface.

`code` is for programs, the same over REST and WebSocket; `status` is its HTTP status. `reason` distinguishes the causes
of a code, for clients that translate errors. The text of an error is for users: what is wrong and what to do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal, TypeVar, cast

from msgspec import Struct

FieldCode = Literal[
    "required",
    "unknown",
    "repeated",
    "wrong_type",
    "too_small",
    "too_large",
    "too_short",
    "too_long",
    "bad_format",
    "bad_character",
    "blank",
    "not_a_choice",
    "reserved",
    "no_such",
    "not_possible",
    "unreadable",
    "too_common",
    "contains_name",
    "refused",
    "invalid",
]
FIELD_CODES: dict[FieldCode, str] = {
    "required": "The field is missing.",
    "unknown": "There is no such field or parameter.",
    "repeated": "The parameter is given more than once.",
    "wrong_type": "The value has another type. `expected`: the JSON types that the field takes.",
    "too_small": "The number is less than `min`.",
    "too_large": "The number is more than `max`.",
    "too_short": "The text or list has fewer than `min` characters (code points) or entries.",
    "too_long": "More than `max` characters (code points) of a text, entries of a list, bytes or levels of an object.",
    "bad_format": "The text is not in the form of the field, such as a time. `pattern`: a regular expression.",
    "bad_character": "The text holds what may not be in it. `character`: which, such as `U+202E`.",
    "blank": "There is nothing to see in the text.",
    "not_a_choice": "The value is not one of those possible. `choices`: these.",
    "reserved": "The name is kept for the server's own use.",
    "no_such": "What the field names does not exist, or not for the caller.",
    "not_possible": "The value does not go together with the other fields, or with what is there.",
    "unreadable": "The picture cannot be read.",
    "too_common": "The password is one of those that are guessed first.",
    "contains_name": "The password is guessed soon, as a name of the account, or of this server, is most of it.",
    "refused": "A plugin of the server refuses it: `message` says why. `plugin`: its name; `reason`: its own word.",
    "invalid": "Something else: see `message`.",
}
"""The meaning of each code, and its `params`."""


class FieldError(Struct, frozen=True):
    """An error of one field of the input. `code` and `params` are for programs, such as clients that translate errors;
    `message` is for users. Items of a list are named by their index from 0: `participants.1`."""

    field: str
    message: str
    code: FieldCode = "invalid"
    params: dict[str, Any] = {}


Reason = Literal[
    "username_taken",
    "username_lookalike",
    "display_name_lookalike",
    "room_name_taken",
    "last_owner",
    "password_changed",
    "wrong_credentials",
    "wrong_password",
    "session_ended",
    "registration_closed",
    "invitation_required",
    "invitation_ended",
    "invitation_used",
    "setup_token_required",
    "setup_token_wrong",
    "admins_only",
    "not_member",
    "rank_too_low",
    "not_in_this_kind",
    "room_archived",
    "not_author",
    "direct_room_full",
    "own_membership_only",
    "foreign_page",
    "no_room",
    "no_user",
    "no_message",
    "message_deleted",
    "is_reply",
    "no_member",
    "no_session",
    "no_picture",
    "no_invitation",
    "too_many_private_rooms",
    "others_private_rooms",
    "too_many_reactions",
    "too_many_pins",
    "too_many_saved",
    "too_many_drafts",
    "too_many_scheduled",
    "too_many_invitations",
    "newer_draft",
    "no_draft",
    "no_scheduled",
    "no_source",
    "room_too_large",
    "disk_full",
    "storage_unreachable",
    "storage_damaged",
    "shutting_down",
    "busy",
    "refused_by_plugin",
    "plugin_failed",
]
REASONS: dict[Reason, str] = {
    "username_taken": "Somebody has this user name.",
    "username_lookalike": "The user name looks too much like one that is taken.",
    "display_name_lookalike": "The display name looks like somebody else's user name.",
    "room_name_taken": "A public room has this name, or one that looks like it.",
    "last_owner": "The room would be left without an owner.",
    "password_changed": "The password was changed by another request meanwhile.",
    "wrong_credentials": "The user name or the password is wrong.",
    "wrong_password": "The present password, asked for once more, is wrong.",
    "session_ended": "The session has ended, or its token is not valid.",
    "registration_closed": "The server takes no new accounts.",
    "invitation_required": "New accounts need an invitation.",
    "invitation_ended": "The invitation does not exist, has ended, or has been used as often as it may be.",
    "invitation_used": "The caller came by this invitation before, and is not in one of its rooms any more.",
    "setup_token_required": "The first account needs the token that the server printed at its first start.",
    "setup_token_wrong": "The token for the first account is wrong.",
    "admins_only": "Only administrators of the server may do this.",
    "not_member": "Only members of the room may do this.",
    "rank_too_low": "The caller's rank in the room does not allow this.",
    "not_in_this_kind": "Nobody can do this in a room of this kind.",
    "room_archived": "The room is archived.",
    "not_author": "Only the author may edit a message.",
    "direct_room_full": "A direct room has two members.",
    "own_membership_only": "Members change this for themselves only.",
    "foreign_page": "A page of another site asked with its visitor's cookie.",
    "no_room": "There is no such room, or not for the caller.",
    "no_user": "There is no such user.",
    "no_message": "There is no such message.",
    "message_deleted": "The message has been deleted.",
    "is_reply": "The message is a reply in a thread and has none of its own: name its root.",
    "no_member": "This user is not a member of the room.",
    "no_session": "There is no such session.",
    "no_picture": "There is no such picture.",
    "no_invitation": "There is no such invitation, or nobody can use it any more.",
    "too_many_private_rooms": "The caller has made as many private rooms as one may.",
    "others_private_rooms": "The person can be in no more private rooms.",
    "too_many_reactions": "The message has as many different reactions as it may.",
    "too_many_pins": "The room has the maximum number of pinned messages.",
    "too_many_saved": "The caller has saved the maximum number of messages.",
    "too_many_scheduled": "The caller has the maximum number of scheduled messages.",
    "too_many_drafts": "The caller has the maximum number of drafts.",
    "too_many_invitations": "The user has as many open invitations as one may.",
    "newer_draft": "A newer draft was saved on another device.",
    "no_scheduled": "There is no such scheduled message of the caller: it may have been sent.",
    "no_source": "The message was not forwarded, or the caller may not read its source, or the source is deleted.",
    "no_draft": "There is no such draft.",
    "room_too_large": "Rooms of this size do not have this.",
    "disk_full": "The server's disk is full.",
    "storage_unreachable": "The server's database does not answer.",
    "storage_damaged": "The server's database is damaged.",
    "shutting_down": "The server is shutting down.",
    "busy": "The server has too much to do just now.",
    "refused_by_plugin": "A plugin of the server refuses it, and says why in `detail`.",
    "plugin_failed": "A plugin of the server that has to agree failed, or did not answer in time.",
}
"""The meaning of each reason. Later versions may add some: clients fall back to the `code` for unknown ones."""

T = TypeVar("T")


class HubbubError(Exception):
    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    reason: Reason | None = None

    def __init__(self, detail: str = "", reason: Reason | None = None) -> None:
        super().__init__(detail)
        self.reason = reason


class WeakPasswordWarning(UserWarning):
    """A password shorter than recommended was accepted."""


class InvalidInput(HubbubError, ValueError):  # noqa: N818 - the names of the family are public API
    """The input cannot be parsed or breaks a rule. `errors` has the fields."""

    code = "invalid_input"
    status = 400

    def __init__(
        self, detail: str, field: str | None = None, code: FieldCode = "invalid", **params: str | int | list[str]
    ) -> None:
        super().__init__(detail if field is None else f"{field}: {detail}")
        self.errors = [] if field is None else [FieldError(field, detail, code, dict(params))]

    @classmethod
    def of(cls, found: list[FieldError]) -> "InvalidInput":
        """One exception for several errors. An error without a field belongs to the whole body."""
        errors = [FieldError(one.field or "body", one.message, one.code, one.params) for one in found]
        error = cls("; ".join(f"{one.field}: {one.message}" for one in errors) or "The request is not valid.")
        error.errors = errors
        return error


class Checks:
    """Collects the errors of several fields, so that they are reported together."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def __call__(self, rule: Callable[..., T], *args: Any) -> T:
        """The result of the rule. If the field breaks it, the error is collected and the result must not be used."""
        try:
            return rule(*args)
        except InvalidInput as error:
            self.found += error.errors
            return cast(T, None)


@contextmanager
def checking() -> Iterator[Checks]:
    """On exit, raises one InvalidInput with all the errors that were collected."""
    checks = Checks()
    yield checks
    if checks.found:
        raise InvalidInput.of(checks.found)


class NotAuthenticated(HubbubError):  # noqa: N818
    code = "not_authenticated"
    status = 401


class NotAllowed(HubbubError, PermissionError):  # noqa: N818
    code = "not_allowed"
    status = 403


class NotFound(HubbubError, LookupError):  # noqa: N818
    code = "not_found"
    status = 404


class MethodNotAllowed(HubbubError):  # noqa: N818
    """The path does not support this method. `allowed`: those it supports, separated by commas (RFC 9110, section
    15.5.6)."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, detail: str, allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class Conflict(HubbubError):  # noqa: N818
    code = "conflict"
    status = 409


class TooLarge(HubbubError):  # noqa: N818
    code = "too_large"
    status = 413


class LimitExceeded(HubbubError):  # noqa: N818
    code = "limit_exceeded"
    status = 422


class UpgradeRequired(HubbubError):  # noqa: N818
    """The path of a WebSocket was requested without a handshake (RFC 9110, section 15.5.22)."""

    code = "upgrade_required"
    status = 426


class RateLimited(HubbubError):  # noqa: N818
    """A rate limit was exceeded. `retry_after` is in seconds."""

    code = "rate_limited"
    status = 429

    def __init__(self, detail: str, retry_after: float, reason: Reason | None = None) -> None:
        super().__init__(detail, reason)
        self.retry_after = retry_after


class Unavailable(HubbubError):  # noqa: N818
    """A temporary condition of the server, such as a full disk or shutdown. `retry_after` is in seconds."""

    code = "unavailable"
    status = 503

    def __init__(self, detail: str, retry_after: float = 1.0, reason: Reason | None = None) -> None:
        super().__init__(detail, reason)
        self.retry_after = retry_after
