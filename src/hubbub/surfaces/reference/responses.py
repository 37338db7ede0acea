"""The errors and the response headers of each call."""

from typing import Any

from hubbub.problem_details import KINDS

_STATUS = {str(kind.status): f"{code}: {kind.meaning}" for code, kind in KINDS.items()}
_NAMES_WHAT_MAY_BE_MISSING = {"createRoom", "sendMessageTo", "postDirectMessage", "createInvitation", "scheduleMessage"}
_NEVER_MISSING = {"forgetSaved", "dropScheduled", "removeDraft", "removeThreadDraft"}
_FORBIDDEN_TO_READ = {"listReceipts", "listInvitations", "v1ListGroupMessages"}
_CONFLICTS = {
    "register", "registerPerson", "changeProfile", "createRoom", "changeRoom", "changeMember", "createChatRoom",
    "saveDraft", "saveThreadDraft", "removeDraft", "removeThreadDraft",
}  # fmt: skip
_LIMITED = {
    "createRoom", "changeRoom", "addMember", "addReaction", "listReceipts", "startConversation", "pinMessage",
    "saveMessage", "saveDraft", "saveThreadDraft", "scheduleMessage", "createInvitation",
}  # fmt: skip
_CHECK_A_PASSWORD = {"login", "loginPerson"}
_LOCATED = {"createRoom", "sendMessage", "sendMessageTo", "startConversation", "createChatRoom"}
_TAGGED = {"getRoom", "getMessage", "getAvatar", "getWorkspacePicture"}
_LINKED = {"subscribeChatRoom", "subscribeDirectMessages"}
_PROBES = {"health", "ready", "readyToRead"}


def errors_of(operation: dict[str, Any], method: str, path: str) -> dict[str, str]:
    """The error statuses of a call, with their meaning. `/v1` has 400 in place of 404, 409 and 422."""
    name = operation["operationId"]
    if name in _PROBES:
        return {}
    found = {"429", "503", "500"}
    if operation.get("parameters") or "requestBody" in operation or path.startswith("/api/"):
        found.add("400")
    if operation.get("security") != [{}] or name in _CHECK_A_PASSWORD:
        found.add("401")
    if method != "get" or name in _FORBIDDEN_TO_READ:
        found.add("403")  # also for pages of other sites (CSRF)
    if "requestBody" in operation:
        found.add("413")
    if path.startswith("/v1/"):
        found.add("400")
    else:
        found |= (
            {"404"} if ("{" in path or name in _NAMES_WHAT_MAY_BE_MISSING) and name not in _NEVER_MISSING else set()
        )
        found |= {"409"} if name in _CONFLICTS else set()
        found |= {"422"} if name in _LIMITED else set()
    return {status: _STATUS[status] for status in sorted(found)}


def headers_of(operation: str, status: str) -> dict[str, Any]:
    """The headers of an answer with this status."""
    headers: dict[str, Any] = {}
    if status in ("429", "503") and operation not in _PROBES:
        headers["Retry-After"] = _header("Seconds to wait before the call is sent again", "integer")
    if status == "401":
        headers["WWW-Authenticate"] = _header("Always `Bearer`")
    if operation in _LOCATED and status in ("200", "201"):
        headers["Location"] = _header("The address of the created resource")
    if operation in _TAGGED and status in ("200", "304"):
        headers["ETag"] = _header("Changes with the answer: send it as `If-None-Match`")
    if operation in _LINKED and status in ("200", "204"):
        headers["Link"] = _header("The address of the next poll, as `rel=next`; of long polls only")
    return headers


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}
