"""FastAPI (Starlette) on uvicorn: every message to everybody, as its documentation's connection manager does it."""

import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
connected: list[WebSocket] = []


@app.websocket("/ws")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    connected.append(socket)
    try:
        while True:
            text = await socket.receive_text()
            for other in connected:
                await other.send_text(text)
    except WebSocketDisconnect:
        connected.remove(socket)


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), log_level="error", ws_per_message_deflate=False, ws_ping_interval=None, backlog=4096
    )
