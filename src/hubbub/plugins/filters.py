"""The `compose` hooks: what plugins make of a message before it is stored."""

from collections.abc import Sequence

from msgspec.structs import replace

from hubbub.errors import FieldError, InvalidInput
from hubbub.plugins.hooks import Draft, Refused
from hubbub.plugins.implementation import Implementation


class Filters:
    """Each plugin gets the message as those before it left it. `seconds`: the time of each."""

    def __init__(self, hooks: Sequence[Implementation], seconds: float) -> None:
        self._hooks = hooks
        self._seconds = seconds
        self.immediate = not any(hook.is_async for hook in hooks)
        """Whether none of them is `async`."""

    async def apply(self, draft: Draft) -> str:
        """The content to store.

        Raises:
            InvalidInput: a plugin refuses the message, or gave what is no text.
            Unavailable: a required plugin failed.
        """
        for hook in self._hooks:
            try:
                draft = _changed(draft, await hook.ask(draft, self._seconds), hook)
            except Refused as refusal:
                raise refused(refusal, hook.plugin, "content") from refusal
        return draft.content

    def apply_now(self, draft: Draft) -> str:
        """The same where `immediate`."""
        for hook in self._hooks:
            try:
                draft = _changed(draft, hook.ask_now(draft), hook)
            except Refused as refusal:
                raise refused(refusal, hook.plugin, "content") from refusal
        return draft.content


def refused(refusal: Refused, plugin: str, field: str) -> InvalidInput:
    """The refusal as an error of a field of the request."""
    error = FieldError(field, refusal.detail, "refused", {"plugin": plugin, "reason": refusal.reason})
    return InvalidInput.of([error])


def _changed(draft: Draft, content: object, hook: Implementation) -> Draft:
    if content is None:
        return draft
    if not isinstance(content, str):
        hook.reject(content, "a text or None")
        return draft
    return replace(draft, content=content)
