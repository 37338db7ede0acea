"""The REST framework alone: one POST that reads a JSON body and answers, with nothing behind it. Usage: PORT."""

import sys

import msgspec
import uvicorn
from litestar import Litestar, post
from litestar.params import FromPath, JSONBody


class Body(msgspec.Struct):
    content: str


class Answer(msgspec.Struct):
    room: int
    seq: int
    content: str


@post("/api/rooms/{room:int}/messages")
async def send(room: FromPath[int], data: JSONBody[Body]) -> Answer:
    return Answer(room, 1, data.content)


app = Litestar([send], logging_config=None, openapi_config=None)
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
