"""Structs that share fields: an event is a shape with a `type`."""

from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

Shape = TypeVar("Shape", bound=Struct)


def with_fields_of(cls: type[Shape], source: Struct, **changes: Any) -> Shape:
    """A struct with the fields of another one, by name, and with `changes`."""
    fields = asdict(source)
    fields.update(changes)
    return cls(**fields)
