"""What handlers take: the dependencies, which Litestar finds by their names, and the parameters of many calls."""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from hubbub.chat.sessions import Identity
from hubbub.chat.shapes import LARGEST_ID
from hubbub.surfaces.services import Services

AppServices = NamedDependency[Services]
Caller = NamedDependency[Identity]
Address = NamedDependency[str]

PathId = Annotated[int, PathParameter(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many at the most")]
Query = Annotated[str, QueryParameter(name="query", max_length=100)]
After = Annotated[int, QueryParameter(ge=0, le=LARGEST_ID, description="Only those with a higher id")]
