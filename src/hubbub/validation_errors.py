"""Input errors for clients, translated from the messages of msgspec. None of its own wording reaches a client."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from hubbub.error_reasons import FieldCode
from hubbub.errors import FieldError, InvalidInput

_PATH = re.compile(r"^(?P<what>.*) - at (?:`key` in )?`\$(?P<path>[^`]*)`$", re.DOTALL)
_ITEM = re.compile(r"\[(\d+)\]")
_BYTE = re.compile(r"\(byte (\d+)\)")
_CHOICES = re.compile(r"\^\(([\w|]+)\)\(\?!.*\)")
_TYPE_NAMES = {
    "int": ("a whole number", "integer"),
    "float": ("a number", "number"),
    "str": ("text", "string"),
    "bool": ("true or false", "boolean"),
    "null": ("null", "null"),
    "array": ("a list", "array"),
    "object": ("an object", "object"),
}
_COUNTED = {"str": "character", "array": "entry", "object": "entry"}

Translation = tuple[FieldCode, dict[str, Any], str]


def field_error(text: str, source: str = "") -> FieldError:
    """The error of a field, from a message of msgspec. `source`: the parameter, if the value was decoded on its own."""
    path = source
    if (match := _PATH.match(text)) is not None:
        text = match["what"]
        inside = _ITEM.sub(r".\1", match["path"].replace("[...]", "")).lstrip(".")
        path = ".".join(part for part in (source, inside) if part)
    for pattern, translate in _RULES:
        if (match := pattern.fullmatch(text)) is not None:
            code, params, message = translate(match)
            if code in ("required", "unknown"):
                path = f"{path}.{match[1]}" if path else match[1]
            return FieldError(path, message, code, params)
    return FieldError(path, "is not valid")


def invalid(error: BaseException) -> InvalidInput:
    """An InvalidInput for data that could not be decoded, with the field if there is one."""
    if isinstance(error, msgspec.ValidationError):
        return InvalidInput.of([field_error(str(error))])
    if isinstance(error, RecursionError):
        return InvalidInput("This is nested too deeply.")
    if isinstance(error, UnicodeDecodeError):
        return InvalidInput("This is not JSON: it is not UTF-8.")
    if (at := _BYTE.search(str(error))) is not None:
        return InvalidInput(f"This is not JSON: it goes wrong at byte {at[1]}.")
    return InvalidInput("This is not JSON: it ends too early, or has half of a surrogate pair.")


def _kinds(match: re.Match[str]) -> Translation:
    names = [_TYPE_NAMES.get(name, (name, name)) for name in match[1].split(" | ")]
    words = [word for word, _ in names]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
    return "wrong_type", {"expected": [name for _, name in names]}, f"must be {listed}"


def _bound(match: re.Match[str]) -> Translation:
    sign, edge = match[1], match[2]
    number: int | float = float(edge) if "." in edge or "e" in edge else int(edge)
    words = {">=": "at least ", "<=": "at most ", ">": "more than ", "<": "less than "}[sign]
    code: FieldCode = "too_small" if sign.startswith(">") else "too_large"
    return code, {"min" if code == "too_small" else "max": number}, f"must be {words}{edge}"


def _length(match: re.Match[str]) -> Translation:
    what, sign, edge = _COUNTED.get(match[1], "byte"), match[2], int(match[3])
    counted = what if edge == 1 else f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    if sign == ">=":
        return "too_short", {"min": edge}, f"must have at least {edge:,} {counted}"
    return "too_long", {"max": edge}, f"must have at most {edge:,} {counted}"


def _pattern(match: re.Match[str]) -> Translation:
    if (choices := _CHOICES.fullmatch(match[1])) is not None:
        names = choices[1].split("|")
        return "not_a_choice", {"choices": names}, f"must be one of {', '.join(names)}"
    return "bad_format", {"pattern": match[1]}, "is not written in the form that this field has"


def _rule(code: FieldCode, message: str) -> Callable[[re.Match[str]], Translation]:
    return lambda match: (code, {}, message)


_RULES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Translation]]] = [
    (re.compile(r"Object missing required field `([^`]*)`"), _rule("required", "this field is required")),
    (re.compile(r"Object contains unknown field `([^`]*)`"), _rule("unknown", "there is no such field")),
    (re.compile(r"Expected `([^`]*)`(?:, got `[^`]*`)?"), _kinds),
    (re.compile(r"Expected `(?:int|float)` (>=|<=|>|<) (\S+)"), _bound),
    (re.compile(r"Expected `([^`]*)` of length (>=|<=) (\d+)"), _length),
    (re.compile(r"Expected `str` matching regex '(.*)'", re.DOTALL), _pattern),
    (re.compile(r"Invalid (?:enum )?value .*", re.DOTALL), _rule("not_a_choice", "is not one of the possible values")),
    (re.compile(r"(?:Integer value|Number) out of range"), _rule("too_large", "is too large a number")),
]
"""The messages of msgspec, and their translations."""
