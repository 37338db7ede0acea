"""Bodies that several resources of `/v1` use."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

ID = re.compile(r"[1-9][0-9]{0,17}")

Username = Annotated[str, Meta(examples=["alice"])]


class Done(Struct):
    status: Literal["ok"] = "ok"
