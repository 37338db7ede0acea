"""A small client for Hubbub, for bots, tests and the terminal.

    async with Client("http://localhost:8080") as client:
        await client.sign_in("alice", "correct horse battery")
        async with client.live() as live:
            await live.send("Hello!", room=1)
            async for event in live:
                print(event)

`live` comes back by itself after a lost connection: nothing is told twice, and what was missed is told, or in its place
a `Resync` of the room. `SyncClient` is the same without `async`. docs/client-python.md has more.
"""

from hubbub.client.live import Live
from hubbub.client.responses import Rooms
from hubbub.client.rest import Client
from hubbub.client.sync import SyncClient
from hubbub.client.wire import Event

__all__ = ["Client", "Event", "Live", "Rooms", "SyncClient"]
