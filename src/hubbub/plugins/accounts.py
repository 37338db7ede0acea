"""The hooks about accounts: `authenticate` and `check_password`."""

from collections.abc import Sequence

from hubbub.errors import InvalidInput, NotAllowed
from hubbub.plugins.filters import refused
from hubbub.plugins.hooks import NewPassword, Refused, SignIn
from hubbub.plugins.implementation import Implementation


class Authenticators:
    """The `authenticate` hooks: the first one that is not None decides. `seconds`: the time of each."""

    def __init__(self, hooks: Sequence[Implementation], seconds: float) -> None:
        self._hooks = hooks
        self._seconds = seconds

    async def __call__(self, username: str, password: str, address: str) -> bool | None:
        """True: the password is right; False: it is wrong; None: the server's own check decides.

        Raises:
            NotAllowed: a plugin refuses the sign-in.
            Unavailable: a required plugin failed.
        """
        attempt = SignIn(username, password, address)
        for hook in self._hooks:
            try:
                judged = await hook.ask(attempt, self._seconds)
            except Refused as refusal:
                raise NotAllowed(refusal.detail, reason="refused_by_plugin") from refusal
            if judged is not None and not isinstance(judged, bool):
                # Not taken for true, whatever it is.
                hook.reject(judged, "True, False or None")
            elif judged is not None:
                return judged
        return None


class PasswordRules:
    """The `check_password` hooks: each has to agree. `seconds`: the time of each."""

    def __init__(self, hooks: Sequence[Implementation], seconds: float) -> None:
        self._hooks = hooks
        self._seconds = seconds

    def __call__(self, password: str, names: Sequence[str], field: str) -> None:
        """Not for the event loop. Raises InvalidInput: a plugin refuses the new password; Unavailable: a required one
        failed."""
        chosen = NewPassword(password, names, field)
        for hook in self._hooks:
            try:
                hook.ask_in_thread(chosen, self._seconds, InvalidInput)
            except Refused as refusal:
                raise refused(refusal, hook.plugin, field) from refusal
