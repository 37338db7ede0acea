"""The Python client of Hubbub, for bots, tests and the terminal.

    async with Client("http://localhost:8080") as client:
        await client.sign_in("alice", "correct horse battery")
        async with client.live() as live:
            await live.send("Hello!", room=1)
            async for event in live:
                print(event)

`live` reconnects by itself: each event comes once, and missed events come after a reconnect, or in their place a
`Resync` of the room. `SyncClient` is the same without `async`. docs/client-python.md has more.
"""

from hubbub.client.live import Live
from hubbub.client.responses import Rooms
from hubbub.client.rest import Client
from hubbub.client.sync import SyncClient
from hubbub.client.wire import Event

__all__ = ["Client", "Event", "Live", "Rooms", "SyncClient"]
