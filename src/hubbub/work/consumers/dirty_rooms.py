"""The rooms in which a consumer has something to do, in the order in which they came."""

import asyncio


class DirtyRooms:
    """Rooms that wait, and rooms that are worked on, each once."""

    def __init__(self) -> None:
        self._waiting: dict[int, None] = {}
        self._taken: dict[int, bool] = {}
        """Whether it changed again meanwhile."""
        self._something = asyncio.Event()

    def add(self, room: int) -> None:
        if room in self._taken:
            self._taken[room] = True
        else:
            self._waiting[room] = None
            self._something.set()

    async def take(self) -> int:
        """The room that has waited longest. Call `done` or `put_off` with it afterwards."""
        while not self._waiting:
            self._something.clear()
            await self._something.wait()
        room = next(iter(self._waiting))
        del self._waiting[room]
        self._taken[room] = False
        return room

    def done(self, room: int, more: bool) -> None:
        """`more`: there is more to do. It waits behind the other rooms then."""
        if self._taken.pop(room) or more:
            self.add(room)

    def put_off(self, room: int) -> None:
        """Leave it alone, whatever changed in it meanwhile, until it is added again."""
        del self._taken[room]

    def taken(self) -> list[int]:
        return list(self._taken)
