"""HTTP as the tests speak it."""

from functools import partial
from typing import Any

import httpx

PATIENCE = 120
"""Seconds. On a machine that is busy with other work an answer takes longer than the 5 s that httpx waits."""

get = partial(httpx.get, timeout=PATIENCE)
patch = partial(httpx.patch, timeout=PATIENCE)
post = partial(httpx.post, timeout=PATIENCE)


class HttpClient(httpx.AsyncClient):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout": PATIENCE, **options})
