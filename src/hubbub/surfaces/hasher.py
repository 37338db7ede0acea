"""Hashing off the event loop: it takes tens of milliseconds by design. Two threads, which bounds the memory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from hubbub.chat.passwords import check, make


class ThreadedHasher:
    """`hubbub.chat.passwords.Hasher` in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="password")

    async def make(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, make, password)

    async def check(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, check, password, stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
