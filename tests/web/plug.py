"""The cable between a browser and the server, to be pulled and put back."""

import asyncio


class Plug:
    """Passes on TCP at an address of its own, until it is pulled: then every connection breaks and none can be made."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._at = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._at}"

    async def put_in(self) -> "Plug":
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._at)
        self._at = self._server.sockets[0].getsockname()[1]
        return self

    async def pull(self) -> None:
        assert self._server is not None
        self._server.close()
        for line in [*self._lines]:
            line.transport.abort()
        self._server = None

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        if self._server is None:  # Pulled meanwhile.
            writer.transport.abort()
            back.transport.abort()
            return
        ends = {writer, back}
        self._lines |= ends

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            except OSError:
                pass
            finally:
                target.transport.abort()

        await asyncio.gather(carry(reader, back), carry(there, writer))
        self._lines -= ends
