"""Times as query parameters (RFC 3339)."""

import re
from typing import Annotated

from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from hubbub.chat.clock import milliseconds
from hubbub.errors import InvalidInput

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LAST = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z, the last time that RFC 3339 can express."""
_TIME = QueryParameter(
    description="RFC 3339", schema_extra={"format": "date-time"}, examples=[Example(value="2026-01-31T00:00:00Z")]
)
TimeParameter = Annotated[str, _TIME]
OptionalTimeParameter = Annotated[str | None, _TIME]


def epoch_ms(time: str, field: str) -> int:
    """Milliseconds since 1970 of a time in the format of RFC 3339, section 5.6.

    Raises:
        InvalidInput: it is not such a time; the error names `field`.
    """
    if _RFC_3339.fullmatch(time) is None:
        raise InvalidInput("must be a time such as 2026-01-31T00:00:00Z", field, "bad_format")
    try:
        found = max(0, milliseconds(time.upper()))
    except (ValueError, OverflowError) as error:
        raise InvalidInput("there is no such time", field, "bad_format") from error
    if found > _LAST:
        raise InvalidInput("must be before the year 10000 in UTC", field, "bad_format")
    return found
