"""python-socketio on uvicorn: every message to a room that everybody is in."""

import sys

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi", ping_interval=600)


@server.event
async def connect(sid: str, environ: dict[str, object]) -> None:
    await server.enter_room(sid, "room")


@server.event
async def m(sid: str, text: str) -> None:
    await server.emit("m", text, room="room")


if __name__ == "__main__":
    app = socketio.ASGIApp(server)
    uvicorn.run(
        app, port=int(sys.argv[1]), log_level="error", ws_per_message_deflate=False, ws_ping_interval=None, backlog=4096
    )
