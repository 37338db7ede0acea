"""Input errors told in the client's terms, from what msgspec says of them."""

import re

import msgspec

from hubbub.errors import InvalidInput

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_PATH = re.compile(r"^(?P<what>.*) - at (?:`key` in )?`\$(?P<path>[^`]*)`$", re.DOTALL)


def explain(text: str, source: str = "") -> tuple[str, str]:
    """The field that msgspec's words speak of, and what is wrong with it. `source`: the field it was given alone."""
    path = source
    if (match := _PATH.match(text)) is not None:
        text = match["what"]
        path = ".".join(part for part in (source, match["path"].lstrip(".")) if part)
    if (match := _UNKNOWN.match(text)) is not None:
        return _join(path, match["field"]), "there is no such field"
    if (match := _MISSING.match(text)) is not None:
        return _join(path, match["field"]), "this field is required"
    return path, text.replace("`", "")


def invalid(error: BaseException) -> InvalidInput:
    """An InvalidInput for what could not be decoded; it names the field where there is one."""
    if isinstance(error, msgspec.ValidationError):
        field, message = explain(str(error))
        return InvalidInput(message, field or "body")
    if isinstance(error, RecursionError):
        return InvalidInput("This is nested too deeply.")
    return InvalidInput(f"This is not JSON: {error}.")


def _join(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
