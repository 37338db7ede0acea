"""TCP proxies between clients and servers that can be cut, balance over several servers, or lose data."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator


class Plug:
    """Forwards TCP at an address of its own, until it is pulled: then all connections break and none can be opened.

    With several servers, each connection goes to one with the fewest connections among those that answer.
    """

    def __init__(self, *ports: int) -> None:
        self._open = dict.fromkeys(ports, 0)
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
        for port in sorted(self._open, key=lambda port: (self._open[port], random.random())):
            try:
                there, back = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                continue
        else:
            writer.transport.abort()
            return
        if self._server is None:  # pulled meanwhile
            writer.transport.abort()
            back.transport.abort()
            return
        ends = {writer, back}
        self._lines |= ends

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            try:
                async for data in self.passed(source, source is there):
                    target.write(data)
                    await target.drain()
            except OSError:
                pass
            finally:
                target.transport.abort()

        self._open[port] += 1
        try:
            await asyncio.gather(carry(reader, back), carry(there, writer))
        finally:
            self._open[port] -= 1
            self._lines -= ends

    async def passed(self, source: asyncio.StreamReader, back: bool) -> AsyncIterator[bytes]:
        """The data to forward, to the server or `back` from it."""
        while data := await source.read(65536):
            yield data


class HangingPlug(Plug):
    """Keeps connections open without forwarding, like a proxy that has lost its upstream.

    `handshakes`: the number of WebSocket handshakes whose request is dropped. `greetings`: the number that get their
    answer and nothing after it. `hang` stops the present connections. `hung` counts all of them; `has_hung` is set with
    the first.
    """

    def __init__(self, *ports: int, handshakes: int = 0, greetings: int = 0) -> None:
        super().__init__(*ports)
        self.handshakes, self.greetings = handshakes, greetings
        self._age = 0
        self.hung = 0
        self.has_hung = asyncio.Event()

    def hang(self) -> None:
        self._age += 1

    async def passed(self, source: asyncio.StreamReader, back: bool) -> AsyncIterator[bytes]:
        born, swallowing = self._age, False
        async for data in super().passed(source, back):
            if not back and b"upgrade: websocket" in data.lower() and self.handshakes > 0:
                self.handshakes -= 1
                swallowing = self._hangs()
            if not swallowing and born == self._age:
                yield data
            if back and data.startswith(b"HTTP/1.1 101") and self.greetings > 0:
                self.greetings -= 1
                swallowing = self._hangs()

    def _hangs(self) -> bool:
        self.hung += 1
        self.has_hung.set()
        return True


class _Nats(Plug):
    """Forwards each NATS message separately."""

    async def passed(self, source: asyncio.StreamReader, back: bool) -> AsyncIterator[bytes]:
        ready: asyncio.Queue[bytes] = asyncio.Queue()
        reading = asyncio.create_task(self._read(source, back, ready))
        try:
            while line := await ready.get():
                yield line
        finally:
            reading.cancel()

    async def _read(self, source: asyncio.StreamReader, back: bool, ready: asyncio.Queue[bytes]) -> None:
        try:
            while line := await source.readline():
                if line.startswith((b"MSG ", b"PUB ")):
                    line += await source.readexactly(int(line.split()[-1]) + 2)
                    if back:
                        self.sent(line, ready)
                        continue
                ready.put_nowait(line)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            ready.put_nowait(b"")

    def sent(self, message: bytes, ready: asyncio.Queue[bytes]) -> None:
        """A NATS message arrived: what is put into `ready` is forwarded."""
        ready.put_nowait(message)


class LossyNats(_Nats):
    """Loses every tenth NATS message."""

    lost = 0

    def sent(self, message: bytes, ready: asyncio.Queue[bytes]) -> None:
        if random.random() < 0.1:
            self.lost += 1
        else:
            ready.put_nowait(message)


class LateNats(_Nats):
    """Delays every other NATS message, so that it arrives after those that follow it; some arrive twice."""

    def sent(self, message: bytes, ready: asyncio.Queue[bytes]) -> None:
        late, twice = random.random() < 0.5, random.random() < 0.1
        if not late or twice:
            ready.put_nowait(message)
        if late or twice:
            asyncio.get_running_loop().call_later(random.random() * 0.03, ready.put_nowait, message)


class ForgetfulNats(_Nats):
    """Loses the NATS messages that contain one of the `words`."""

    words: tuple[bytes, ...] = ()

    def sent(self, message: bytes, ready: asyncio.Queue[bytes]) -> None:
        if not any(word in message for word in self.words):
            ready.put_nowait(message)


class InThread:
    """A proxy in a thread of its own, for tests that block their event loop."""

    def __init__(self, plug: Plug) -> None:
        self.plug = plug
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(plug.put_in(), self._loop).result()
        self.url = plug.url

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.plug.pull(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
