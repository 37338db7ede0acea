"""Reading a session from the store while other sessions end and change."""

import pytest

from hubbub.chat.accounts import AddAccount
from hubbub.chat.authenticator import Authenticator
from hubbub.chat.events import Event, SessionsEnded
from hubbub.chat.profile_changes import ChangeProfile
from hubbub.chat.sessions import EndSession, StartSession
from hubbub.chat.tokens import Tokens
from hubbub.chat.transaction import Query, Result
from hubbub.errors import NotAuthenticated
from hubbub.store.memory.store import MemoryStore

MOST_READS = 10


class Meanwhile(MemoryStore):
    """A store in which an event is published during each read, before the answer."""

    def __init__(self) -> None:
        super().__init__(lambda events: self.authenticator.hear_all(events))
        self.authenticator = HearsAll(self)
        self.reads = 0
        self.happens = lambda: None

    async def read(self, query: Query[Result]) -> Result:
        self.reads += 1
        assert self.reads < MOST_READS, "it asks again and again"
        answer = await super().read(query)
        self.happens()
        return answer


class HearsAll(Authenticator):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store, Tokens(["a key of some length"]))

    def hear_all(self, events: list[Event]) -> None:
        for event in events:
            self.on_event(event)


async def one_session(store: MemoryStore, name: str) -> tuple[int, int]:
    account = await store.write(AddAccount(name, name, "hash"))
    session = await store.write(StartSession(account.id, "hash", "a place", "192.0.2.1", 30))
    return account.id, session.id


async def test_who_changes_and_ends_much_keeps_nobody_else_out() -> None:
    store = Meanwhile()
    alice, session = await one_session(store, "alice")
    mallory, _ = await one_session(store, "mallory")

    def happens() -> None:
        store.submit(ChangeProfile(mallory, status_text=f"change {store.reads}"), lambda result: None)
        store.authenticator.on_event(SessionsEnded([10_000 + store.reads]))

    store.happens = happens
    identity = await store.authenticator.identify(session)
    assert (identity.user, store.reads) == (alice, 1)
    # Nor do other changes of the account.
    await store.write(ChangeProfile(alice, status_text="here"))
    assert (await store.authenticator.identify(session)).user == alice
    assert store.reads == 1


async def test_a_session_that_ends_while_it_is_looked_up_is_refused() -> None:
    store = Meanwhile()
    alice, session = await one_session(store, "alice")

    def happens() -> None:
        if store.reads == 1:
            store.submit(EndSession(alice, session), lambda result: None)

    store.happens = happens
    with pytest.raises(NotAuthenticated):
        await store.authenticator.identify(session)
    assert store.reads == 2


async def test_what_was_missed_is_asked_again() -> None:
    store = Meanwhile()
    alice, session = await one_session(store, "alice")
    store.happens = lambda: store.authenticator.forget() if store.reads == 1 else None
    assert (await store.authenticator.identify(session)).user == alice
    assert store.reads == 2
