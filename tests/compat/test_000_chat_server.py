"""`ChatServer`: both examples as written, every constraint, and many threads at once."""

import gc
import re
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType, ModuleType

import pytest

from hubbub import ChatServer, WeakPasswordWarning
from hubbub.errors import (
    Conflict,
    HubbubError,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotAuthenticated,
    NotFound,
)

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@pytest.fixture
def server() -> ChatServer:
    return ChatServer()


def people(server: ChatServer, *names: str) -> list[str]:
    for name in names:
        server.register_user(name, "password123")
    return [server.login(name, "password123") for name in names]


def test_example_1() -> None:
    # fmt: off
    server = ChatServer(); server.register_user("alice", "password123"); server.register_user("bob", "secure456"); alice_token = server.login("alice", "password123"); bob_token = server.login("bob", "secure456"); server.send_message(alice_token, "bob", "Hello Bob!"); messages = server.get_messages(bob_token)  # noqa: E501, E702
    # fmt: on
    assert [{**message, "timestamp": ""} for message in messages] == [
        {"from": "alice", "to": "bob", "content": "Hello Bob!", "timestamp": ""}
    ]
    assert list(messages[0]) == ["from", "to", "content", "timestamp"]
    assert _TIMESTAMP.fullmatch(messages[0]["timestamp"])


def test_example_2() -> None:
    with pytest.warns(WeakPasswordWarning):  # noqa: PT031
        # fmt: off
        server = ChatServer(); server.register_user("alice", "pass123"); server.register_user("bob", "pass456"); server.register_user("charlie", "pass789"); alice_token = server.login("alice", "pass123"); bob_token = server.login("bob", "pass456"); charlie_token = server.login("charlie", "pass789"); group_id = server.create_group(alice_token, "Friends"); server.add_to_group(alice_token, group_id, "bob"); server.add_to_group(alice_token, group_id, "charlie"); server.send_group_message(alice_token, group_id, "Hello everyone!"); bob_groups = server.get_group_messages(bob_token, group_id); charlie_groups = server.get_group_messages(charlie_token, group_id)  # noqa: E501, E702
        # fmt: on
    for messages in (bob_groups, charlie_groups):
        assert list(messages[0]) == ["from", "group", "content", "timestamp"]
        assert _TIMESTAMP.fullmatch(messages[0].pop("timestamp"))
        assert messages == [{"from": "alice", "group": "Friends", "content": "Hello everyone!"}]


# Constraints


@pytest.mark.parametrize("name", ["a", "a" * 20, "Älice", "山田", "o.k-_9"])
def test_names_of_1_to_20_characters(server: ChatServer, name: str) -> None:
    server.register_user(name, "password123")
    assert server.login(name, "password123")


@pytest.mark.parametrize("name", ["", "a" * 21, "a b", "a\nb", "\u202eevil", "\x00", "👍"])
def test_other_names_are_refused(server: ChatServer, name: str) -> None:
    with pytest.raises(InvalidInput, match="username"):
        server.register_user(name, "password123")


def test_passwords_of_8_to_100_characters(server: ChatServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        server.register_user("eight", "12345678")
        server.register_user("hundred", "x" * 100)
    for password in ("", "x" * 101):
        with pytest.raises(InvalidInput, match="password"):
            server.register_user("other", password)
    with pytest.warns(WeakPasswordWarning, match="8"):
        server.register_user("seven", "1234567")
    assert server.login("seven", "1234567")
    strict = ChatServer(strict=True)
    warnings.simplefilter("error", WeakPasswordWarning)
    with pytest.raises(InvalidInput, match="8"):
        strict.register_user("seven", "1234567")


def test_messages_of_up_to_1000_characters(server: ChatServer) -> None:
    alice, bob = people(server, "alice", "bob")
    group = server.create_group(alice, "group")
    longest = "👍" * 1000
    server.send_message(alice, "bob", longest)
    server.send_group_message(alice, group, longest)
    assert server.get_messages(bob)[0]["content"] == longest
    for content in ("x" * 1001, "", " \n "):
        with pytest.raises(InvalidInput, match="content"):
            server.send_message(alice, "bob", content)
        with pytest.raises(InvalidInput, match="content"):
            server.send_group_message(alice, group, content)
    assert len(server.get_messages(bob)) == len(server.get_group_messages(alice, group)) == 1


def test_100_groups_at_the_most(server: ChatServer) -> None:
    alice, bob = people(server, "alice", "bob")
    for number in range(100):
        server.create_group(alice, f"group {number}")
    with pytest.raises(LimitExceeded):
        server.create_group(alice, "one more")
    group = server.create_group(bob, "bob's")
    with pytest.raises(LimitExceeded):
        server.add_to_group(bob, group, "alice")
    assert len(server.list_groups(alice)) == 100


# Authentication


def test_who_is_not_signed_in_does_nothing(server: ChatServer) -> None:
    alice, bob = people(server, "alice", "bob")
    group = server.create_group(alice, "group")
    for name, password in (("alice", "wrong password"), ("nobody", "password123"), ("alice", "")):
        with pytest.raises(NotAuthenticated):
            server.login(name, password)
    other, _ = people(ChatServer(), "alice", "bob")
    server.logout(bob)
    for token in ("", "nonsense", alice + "x", other, bob):
        for call in (
            lambda token=token: server.send_message(token, "bob", "hello"),
            lambda token=token: server.get_messages(token),
            lambda token=token: server.get_conversation(token, "bob"),
            lambda token=token: server.create_group(token, "group"),
            lambda token=token: server.add_to_group(token, group, "bob"),
            lambda token=token: server.remove_from_group(token, group, "bob"),
            lambda token=token: server.send_group_message(token, group, "hello"),
            lambda token=token: server.get_group_messages(token, group),
            lambda token=token: server.list_groups(token),
            lambda token=token: server.logout(token),
        ):
            with pytest.raises(NotAuthenticated):
                call()
    assert server.login("bob", "password123") != bob


def test_the_token_is_a_jwt_and_the_password_is_nowhere(server: ChatServer) -> None:
    (token,) = people(server, "alice")
    assert re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", token)
    held, look = set(), [server]
    seen = set()
    while look:
        thing = look.pop()
        if isinstance(thing, str):
            held.add(thing)
        if id(thing) not in seen and not isinstance(thing, type | ModuleType | FunctionType):
            seen.add(id(thing))
            look += gc.get_referents(thing)
    assert {"alice"} < held
    assert any(text.startswith("$argon2id$") for text in held)
    assert not any("password123" in text for text in held)


def test_a_name_is_taken_once(server: ChatServer) -> None:
    people(server, "alice")
    for name in ("alice", "ALICE", "аlice"):
        with pytest.raises(Conflict):
            server.register_user(name, "password123")


# Messages and groups


def test_a_conversation_has_both_directions_and_an_inbox_one(server: ChatServer) -> None:
    alice, bob, carol = people(server, "alice", "bob", "carol")
    assert server.get_conversation(alice, "bob") == []
    server.send_message(alice, "bob", "one")
    server.send_message(bob, "Alice", "two")
    server.send_message(carol, "alice", "three")
    server.send_message(bob, "alice", "four")
    assert [m["content"] for m in server.get_messages(alice)] == ["two", "three", "four"]
    assert [m["content"] for m in server.get_messages(bob)] == ["one"]
    expected = [("alice", "bob", "one"), ("bob", "alice", "two"), ("bob", "alice", "four")]
    for token, other in ((alice, "bob"), (bob, "alice")):
        found = server.get_conversation(token, other)
        assert [(m["from"], m["to"], m["content"]) for m in found] == expected
    with pytest.raises(NotFound):
        server.send_message(alice, "nobody", "hello")
    with pytest.raises(NotFound):
        server.get_conversation(alice, "nobody")
    with pytest.raises(InvalidInput):
        server.send_message(alice, "alice", "hello")


def test_groups_are_their_members(server: ChatServer) -> None:
    alice, bob, carol = people(server, "alice", "bob", "carol")
    group = server.create_group(alice, "Friends")
    with pytest.raises(InvalidInput):
        server.create_group(alice, "")
    for outside in (lambda: server.get_group_messages(bob, group), lambda: server.send_group_message(bob, group, "x")):
        with pytest.raises(NotFound) as refused:
            outside()
        with pytest.raises(NotFound) as missing:
            server.get_group_messages(bob, 999)
        assert str(refused.value) == str(missing.value)
    with pytest.raises(NotFound):
        server.add_to_group(bob, group, "bob")
    server.add_to_group(alice, group, "bob")
    with pytest.raises(Conflict):
        server.add_to_group(alice, group, "bob")
    with pytest.raises(NotFound):
        server.add_to_group(alice, group, "nobody")
    server.add_to_group(bob, group, "carol")
    assert server.list_groups(carol) == [{"id": group, "name": "Friends", "members": ["alice", "bob", "carol"]}]
    server.send_group_message(carol, group, "here I am")
    with pytest.raises(NotAllowed):
        server.remove_from_group(bob, group, "carol")
    with pytest.raises(NotFound):
        server.remove_from_group(alice, group, "nobody")
    server.remove_from_group(alice, group, "carol")
    server.remove_from_group(bob, group, "bob")
    for token in (bob, carol):
        assert server.list_groups(token) == []
        with pytest.raises(NotFound):
            server.get_group_messages(token, group)
    assert [m["content"] for m in server.get_group_messages(alice, group)] == ["here I am"]
    # A direct room is no group, even for its members.
    server.send_message(alice, "bob", "to you alone")
    for number in range(1, 10):
        if number != group:
            with pytest.raises(NotFound):
                server.get_group_messages(alice, number)


@pytest.mark.filterwarnings("ignore::hubbub.errors.WeakPasswordWarning")
@pytest.mark.parametrize("wrong", [None, 5, b"bytes", ["list"], "\ud800", "nul\x00"])
def test_arguments_of_the_wrong_kind_are_told_apart(server: ChatServer, wrong) -> None:
    alice, _ = people(server, "alice", "bob")
    group = server.create_group(alice, "group")
    for call in (
        lambda: server.register_user(wrong, "password123"),
        lambda: server.register_user("name", wrong if wrong != "nul\x00" else 5),
        lambda: server.login(wrong, "password123"),
        lambda: server.send_message(alice, wrong, "hello"),
        lambda: server.send_message(alice, "bob", wrong),
        lambda: server.send_group_message(alice, wrong, "hello"),
        lambda: server.send_group_message(alice, group, wrong),
        lambda: server.create_group(alice, wrong),
        lambda: server.get_messages(wrong),
    ):
        with pytest.raises(HubbubError):
            call()
    assert server.get_group_messages(alice, group) == []


def test_the_family_of_errors_is_python_s_own(server: ChatServer) -> None:
    assert issubclass(InvalidInput, ValueError)
    assert issubclass(NotAllowed, PermissionError)
    assert issubclass(NotFound, LookupError)


# Threads, and the time of the import


def test_16_threads_lose_and_double_nothing(server: ChatServer) -> None:
    names = [f"person{'abcdefghijklmnop'[number]}" for number in range(16)]
    tokens = dict(zip(names, people(server, *names), strict=True))
    group = server.create_group(tokens[names[0]], "everyone")
    for name in names[1:]:
        server.add_to_group(tokens[names[0]], group, name)
    each = 200
    begin = threading.Barrier(16)

    def talk(name: str) -> None:
        own, next_one = tokens[name], names[(names.index(name) + 1) % 16]
        begin.wait()
        for number in range(each):
            server.send_message(own, next_one, f"{name} {number}")
            server.send_group_message(own, group, f"{name} {number}")
            if number % 50 == 0:
                server.get_messages(own)
                server.get_group_messages(own, group)
                server.logout(server.login(name, "password123"))

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(talk, names))
    for position, name in enumerate(names):
        sender = names[position - 1]
        received = [m["content"] for m in server.get_messages(tokens[name])]
        assert received == [f"{sender} {number}" for number in range(each)]
    everything = [m["content"] for m in server.get_group_messages(tokens[names[0]], group)]
    assert sorted(everything) == sorted(f"{name} {number}" for name in names for number in range(each))
    for name in names:
        own = [content for content in everything if content.startswith(f"{name} ")]
        assert own == [f"{name} {number}" for number in range(each)]


def test_simultaneous_registrations_of_one_name_make_one_account(server: ChatServer) -> None:
    def register(_: int) -> bool:
        try:
            server.register_user("alice", "password123")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(register, range(16))) == 1


def test_importing_it_starts_nothing_and_pulls_in_no_framework() -> None:
    code = (
        "import sys, threading; from hubbub import ChatServer; ChatServer().register_user('a', 'x' * 8);"
        "heavy = {'asyncio', 'litestar', 'uvicorn', 'websockets', 'sqlalchemy', 'sqlite3', 'httpx'};"
        "print(sorted(heavy & set(sys.modules)), threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] 1"
