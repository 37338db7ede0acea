"""REST calls of plugins: below /api/plugins/NAME, authenticated, described and counted as all others are."""

from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.plugins.plugin_files import plugin_file

ROUTES = """
from msgspec import Struct
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from hubbub.chat.sessions import Identity
from hubbub.plugins import PluginServer, hookimpl
from hubbub.errors import NotFound

class Word(Struct):
    \"\"\"A word, and who said so.\"\"\"

    word: str
    by: int = 0

words: list[Word] = []

@post("/words", summary="Add a word")
async def add(data: JSONBody[Word], caller: NamedDependency[Identity]) -> Word:
    \"\"\"The word is kept until the server stops.\"\"\"
    words.append(Word(data.word, caller.user))
    return words[-1]

@get("/words/{number:int}", summary="One word")
async def one(number: FromPath[int]) -> Word:
    \"\"\"By its number, from 1.\"\"\"
    if not 0 < number <= len(words):
        raise NotFound("There is no such word.")
    return words[number - 1]

@get("/open", summary="For everybody", opt={"public": True}, security=[{}])
async def everybody() -> Word:
    \"\"\"Needs no session.\"\"\"
    return Word("open")

@get("/broken", summary="Fails")
async def broken() -> Word:
    \"\"\"Raises.\"\"\"
    raise ZeroDivisionError

@get("/leaves", summary="Leaves")
async def leaves() -> Word:
    \"\"\"Ends the interpreter, as argparse does.\"\"\"
    raise SystemExit(2)

@hookimpl
def routes():
    return [add, one, everybody, broken, leaves]
"""


async def test_calls_of_a_plugin(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'words', ROUTES)}")
    alice = await newcomer(server.url, "alice")
    base = f"{server.url}/api/plugins/words"
    async with HttpClient(headers={"Authorization": f"Bearer {alice.token}"}) as http:
        added = await http.post(f"{base}/words", json={"word": "hello"})
        assert (added.status_code, added.json()) == (201, {"word": "hello", "by": 1})
        assert (await http.get(f"{base}/words/1")).json() == {"word": "hello", "by": 1}
        missing = await http.get(f"{base}/words/2")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        wrong = await http.post(f"{base}/words", json={"word": 7})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "word")
        assert (await http.get(f"{base}/words/1?wrd=1")).status_code == 400
        assert (await http.get(f"{base}/nothing")).status_code == 404
        assert (await http.delete(f"{base}/words")).status_code == 405
        for path in ("broken", "leaves"):
            failed = await http.get(f"{base}/{path}")
            assert (failed.status_code, failed.json()["code"]) == (500, "internal")
        assert (await http.get(f"{base}/words/1")).status_code == 200
    async with HttpClient() as http:
        for path in ("words/1", "broken"):
            refused = await http.get(f"{base}/{path}")
            assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
        assert (await http.post(f"{base}/words", json={"word": "hello"})).status_code == 401
        assert (await http.get(f"{base}/open")).json()["word"] == "open"
        document = (await http.get(f"{server.url}/api/openapi.json")).json()
    OpenAPIV31SpecValidator(document).validate()
    add = document["paths"]["/api/plugins/words/words"]["post"]
    assert (add["summary"], add["tags"]) == ("Add a word", ["Plugin words"])
    assert {"201", "400", "401", "403", "413", "429", "500", "503"} == set(add["responses"])
    assert "401" not in document["paths"]["/api/plugins/words/open"]["get"]["responses"]
    assert document["components"]["schemas"]["Word"]["properties"].keys() == {"word", "by"}
    await alice.__aexit__()


async def test_they_count_as_requests(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(f"plugins={plugin_file(tmp_path, 'words', ROUTES)}", "requests_per_user=3/hour")
    alice = await newcomer(server.url, "alice")
    async with HttpClient(headers={"Authorization": f"Bearer {alice.token}"}) as http:
        statuses = [(await http.get(f"{server.url}/api/plugins/words/open")).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    await alice.__aexit__()
