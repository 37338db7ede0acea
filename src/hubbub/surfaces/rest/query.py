"""Strict query parameters. An unknown one is refused, as a mistyped `befor` would otherwise be ignored silently."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, get_args, get_origin
from urllib.parse import parse_qsl

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import ParameterKwarg

from hubbub.errors import FieldError, InvalidInput

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
_DEPENDENCIES = frozenset({"data", "request", "services", "caller", "address"})


def require_known(handler: BaseRouteHandler, query: bytes, path: Mapping[str, object]) -> None:
    """Raises InvalidInput with each parameter that is unknown to the call, or given twice."""
    if not query or not isinstance(handler, HTTPRouteHandler) or not handler.resolve_include_in_schema():
        return  # pages and documents are not calls
    names = [name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)]
    known = _known(handler) - path.keys()
    wrong = [FieldError(name, "there is no such parameter", "unknown") for name in names if name not in known]
    wrong += [
        FieldError(name, "is given more than once", "repeated")
        for name in dict.fromkeys(names)
        if name in known and names.count(name) > 1
    ]
    if wrong:
        raise InvalidInput.of(wrong)


def require_whole_numbers(handler: BaseRouteHandler, query: bytes, path: Mapping[str, object]) -> None:
    """Raises InvalidInput with each number in the path or the query that is not in canonical form.

    Parsed leniently, `1e1`, `010` and `10.0` would all be 10: several spellings of one address, which a cache or
    firewall before the server takes for different ones.
    """
    numbers = _numbers(handler)
    if not numbers:
        return
    given = [(name, value) for name, value in path.items() if name in numbers]
    if query:
        given += [pair for pair in parse_qsl(query.decode("latin-1"), keep_blank_values=True) if pair[0] in numbers]
    wrong = [
        FieldError(name, "must be a whole number", "wrong_type", {"expected": ["integer"]})
        for name, value in given
        if not _WHOLE_NUMBER.fullmatch(str(value))
    ]
    if wrong:
        raise InvalidInput.of(wrong)


def parameter_name(handler: BaseRouteHandler, name: str) -> str:
    """The name of a handler's argument in the query."""
    field = handler.parsed_fn_signature.parameters.get(name)
    parameter = None if field is None else field.kwarg_definition
    return (parameter.name or name) if isinstance(parameter, ParameterKwarg) else name


@cache
def _known(handler: BaseRouteHandler) -> frozenset[str]:
    names = handler.parsed_fn_signature.parameters
    return frozenset(parameter_name(handler, name) for name in names if name not in _DEPENDENCIES)


@cache
def _numbers(handler: BaseRouteHandler) -> frozenset[str]:
    fields = handler.parsed_fn_signature.parameters.items()
    return frozenset(
        parameter_name(handler, name)
        for name, field in fields
        if name not in _DEPENDENCIES and (field.annotation is int or int in get_args(field.annotation))
    )


def choices(handler: BaseRouteHandler, name: str) -> list[str]:
    """The possible values of a handler's argument; none if it takes any."""
    field = handler.parsed_fn_signature.parameters.get(name)
    return [] if field is None else _literals(field.annotation)


def _literals(annotation: object) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    return [name for part in get_args(annotation) for name in _literals(part)]
