"""`deploy/` and the Dockerfile: each file is accepted by its tool, and matches the server it starts."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import helm_python
import httpx
import kubernetes_validate
import pytest
import yaml
from compose_spec import PyCompose
from packaging.requirements import Requirement

from hubbub.errors import Unavailable
from hubbub.server.settings import Settings
from tests.conftest import MakeServer, newcomer
from tests.http import HttpClient
from tests.nats import BINARY as NATS
from tests.raw import RawSocket
from tests.server import Server

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
OPERATOR = {"HUBBUB_DOMAIN": "chat.example.org", "HUBBUB_SECRET_KEY": "k" * 32} | dict.fromkeys(
    ("POSTGRES_PASSWORD", "NATS_PASSWORD"), "12345"
)
SHARED = {"database": "postgresql://u:p@h/d", "bus": "nats://a:4222,tls://b:4222", "secretKey": "k" * 16}


def is_setting(variable: str) -> bool:
    return variable.removeprefix("HUBBUB_").lower() in Settings.__struct_fields__


# The image


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_special_with_settings_that_exist() -> None:
    text = (ROOT / "Dockerfile").read_text()
    final = text[text.rindex("\nFROM ") :]
    assert "\nUSER 10001:10001\n" in final
    assert "\nHEALTHCHECK " in final
    assert all(is_setting(name) for name in re.findall(r"HUBBUB_\w+", final))


def test_whatever_the_image_fetches_comes_with_hashes() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    calls = re.findall(r"pip (?:install|wheel)[^&\n]*", text)
    assert len(calls) == 4
    for call in calls:
        assert "--require-hashes" in call or "--no-index" in call, call
    # Without isolation, the build uses only the packages installed for it.
    assert all("--no-build-isolation" in call for call in calls if call.startswith("pip wheel"))
    locked = (ROOT / "requirements" / "image.txt").read_text()
    wanted = [*tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]]
    wanted += re.findall(r'_NODE = "(.+)"', (ROOT / "hatch_build.py").read_text())
    for requirement in map(Requirement, wanted):
        [version] = re.findall(rf"^{requirement.name}==(\S+)", locked, re.M)
        assert requirement.specifier.contains(version)
    assert locked.count("--hash=sha256:") > locked.count("==")


def test_what_the_image_is_built_from_is_there_and_let_in() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert f"!{path}" in let_in, path


# Compose


def compose(name: str) -> dict[str, Any]:
    """The file as printed by `docker compose config`: variables substituted, merged, and valid."""

    def fill(found: re.Match[str]) -> str:
        return OPERATOR[found[1]]

    text = (DEPLOY / name).read_text()
    filled = re.sub(r"\$\{(\w+)(?::\?[^}]*)?\}", fill, text)
    read = PyCompose.from_json(json.dumps(yaml.safe_load(filled)))
    read.validate()
    found: dict[str, Any] = json.loads(read.to_json())
    return found


@pytest.mark.parametrize("name", ["compose.yaml", "compose.single.yaml"])
def test_compose_files_are_valid_and_start_hubbub_with_settings_that_exist(name: str) -> None:
    services = compose(name)["services"]
    ours = [service for service in services.values() if service["image"].startswith("hubbub")]
    assert len(ours) == (2 if name == "compose.yaml" else 1)
    for service in ours:
        assert all(is_setting(variable) for variable in service["environment"])
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "ports" not in service, "only the proxy is reached from outside"
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0] if isinstance(volume, str) else volume["source"]
            assert not source.startswith(".") or (DEPLOY / source).exists(), source
    named = {f"{name}:8080" for name, service in services.items() if service in ours}
    assert set(services["caddy"]["environment"]["HUBBUB_SERVERS"].split()) == named


def test_the_example_of_the_variables_names_all_there_are() -> None:
    used = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    single = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.single.yaml").read_text()))
    example = dict(line.split("=") for line in (DEPLOY / ".env.example").read_text().splitlines() if "#" not in line)
    assert used == set(example) == set(OPERATOR)
    assert single < used


def test_nats_takes_its_configuration_as_compose_gives_it() -> None:
    for name, service in compose("compose.yaml")["services"].items():
        if name.startswith("nats"):
            command = [NATS, "-t", "-c", str(DEPLOY / "nats.conf")]
            done = subprocess.run(command, env=service["environment"], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


# The proxy


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def caddy(make_server: MakeServer, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """The proxy of the compose files, on a port of this machine. One of its two servers is not running."""
    server = make_server("trusted_proxy=127.0.0.1", "rate_limits=off")
    for url in front(server.port, tmp_path):
        yield url, server


def front(server: int, tmp_path: Path) -> Iterator[str]:
    """The proxy in front of the server at this port, for as long as it is iterated over."""
    port = free_port()
    environment = {
        **os.environ,
        "HUBBUB_DOMAIN": f"http://127.0.0.1:{port}",
        "HUBBUB_SERVERS": f"127.0.0.1:{free_port()} 127.0.0.1:{server}",
        "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
        "HOME": str(tmp_path),
    }
    command = [BIN / "caddy", "run", "--config", DEPLOY / "Caddyfile"]
    with (tmp_path / "caddy.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


async def answering(url: str) -> None:
    async with HttpClient(base_url=url) as http:
        while True:
            with suppress(httpx.ConnectError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


async def test_the_proxy_passes_people_on_to_the_server_that_is_there(caddy: tuple[str, Any]) -> None:
    url, server = caddy
    await answering(url)
    async with HttpClient(base_url=url) as http:
        spoofed = await http.get("/healthz", headers={"X-Forwarded-For": "6.6.6.6"})
        assert spoofed.status_code == 200
    alice = await newcomer(url, "alice")
    room = await alice.create_room("room")
    sockets = []
    for _ in range(10):
        line = await RawSocket.open(f"{url.replace('http', 'ws')}/ws", {"Authorization": f"Bearer {alice.token}"})
        await line.send(type="hello")
        await line.expect("connect")
        sockets.append(line)
    await alice.send("through the proxy", room=room.id)
    for line in sockets:
        assert (await line.expect("message"))["content"] == "through the proxy"
        await line.close()
    await alice.__aexit__()
    addresses = {json.loads(line).get("address") for line in server.log.splitlines()}
    assert "6.6.6.6" not in addresses, "whoever writes the header could be anybody"


@pytest.mark.long
async def test_people_can_read_through_the_proxy_though_the_disk_is_full(small_disk, tmp_path: Path) -> None:
    place, prefix = small_disk
    server = Server(place / "data", "rate_limits=off", "trusted_proxy=127.0.0.1", prefix=prefix)
    proxy = front(server.port, tmp_path)
    url = next(proxy)
    try:
        await answering(url)
        alice = await newcomer(url, "alice")
        room = await alice.create_room("room")
        await alice.send("said before", room=room.id)
        inside = Path(f"/proc/{server.process.pid}/root{place}")
        with (inside / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        async with HttpClient(base_url=server.url) as http:
            while (await http.get("/readyz")).status_code != 503:
                with suppress(Unavailable):
                    await alice.send("x" * 900, room=room.id)

        def probes() -> int:
            asked = [json.loads(line).get("path") for line in server.log.splitlines() if line.startswith("{")]
            return len([path for path in asked if path in ("/healthz", "/readyz/reading")])

        before = probes()
        while probes() < before + 3:
            await asyncio.sleep(0.1)
        page = await alice.history(room.id, limit=200)
        assert page.messages[0].content == "said before"
        await alice.__aexit__()
    finally:
        proxy.close()
        server.stop()


def test_caddy_takes_its_configuration_with_a_name_to_have_a_certificate_for() -> None:
    environment = {**os.environ, **compose("compose.yaml")["services"]["caddy"]["environment"]}
    command = [BIN / "caddy", "validate", "--config", DEPLOY / "Caddyfile"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# The chart


def render(values: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The manifests of the Helm chart, by kind and name, each valid by the schemas of Kubernetes."""
    with helm_python.Chart.load(str(DEPLOY / "hubbub")) as chart:
        manifests = chart.render(values, name="demo", namespace="chat")
    found = {}
    for path, text in manifests.items():
        for document in yaml.safe_load_all(text) if path.endswith(".yaml") else ():
            if document is not None:
                for version in ("1.25", "1.37"):
                    kubernetes_validate.validate(document, version, strict=True)
                found[document["kind"], document["metadata"]["name"]] = document
    return found


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    spec = workload["spec"]
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    pod: dict[str, Any] = spec["template"]["spec"]
    return pod


def test_helm_lint_finds_no_error() -> None:
    found = helm_python.lint(str(DEPLOY / "hubbub"))
    assert found["errors"] == []
    assert [message for message in found["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("values", [{}, SHARED, {"existingSecret": "mine"}], ids=["sqlite", "shared", "secret"])
def test_the_chart_in_each_of_its_forms(values: dict[str, Any]) -> None:
    extra = {
        "ingress": {"enabled": True, "tlsSecret": "tls", "className": "nginx", "annotations": {"a/b": "c"}},
        "settings": {"message_length": 4000, "frames_per_second": 2.5, "rate_limits": "off"},
        "trustedProxies": ["10.0.0.0/8", "fd00::/8"],
        "tolerations": [{"key": "chat", "operator": "Exists"}],
        "networkPolicy": {"from": [{"namespaceSelector": {}}], "database": {"to": [{"podSelector": {}}]}},
        "persistence": {"storageClass": "fast"},
        "podLabels": {"team": "chat"},
    }
    for more in ({}, extra):
        found = render({**values, **more})
        kinds = {kind for kind, _ in found}
        shared = bool(values)
        assert {"Service", "ServiceAccount", "NetworkPolicy", "Pod"} <= kinds
        several = {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
        assert kinds & {*several, "StatefulSet"} == (several if shared else {"StatefulSet"})
        workload = found["Deployment" if shared else "StatefulSet", "demo-hubbub"]
        pod = pod_of(workload)
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
        # Kubernetes' variables for a service named hubbub would be taken for settings.
        assert pod["enableServiceLinks"] is False
        environment = {each["name"]: each.get("value") for each in container["env"] or ()}
        assert all(is_setting(name) for name in environment)
        if more:
            assert environment["HUBBUB_MESSAGE_LENGTH"] == "4000"
            assert environment["HUBBUB_FRAMES_PER_SECOND"] == "2.5"
            assert environment["HUBBUB_PUBLIC_URL"] == "https://chat.example.org"
            assert environment["HUBBUB_TRUSTED_PROXY"] == "10.0.0.0/8,fd00::/8"
        secrets = {name for kind, name in found if kind == "Secret"}
        for each in container["env"] or ():
            if "valueFrom" in each:
                assert each["valueFrom"]["secretKeyRef"]["name"] in (secrets or {"mine"})
        service = found["Service", "demo-hubbub"]
        assert service["spec"]["selector"].items() <= workload["spec"]["template"]["metadata"]["labels"].items()
        if shared:
            scaled = found["HorizontalPodAutoscaler", "demo-hubbub"]["spec"]["scaleTargetRef"]
            assert (scaled["kind"], scaled["name"]) == ("Deployment", "demo-hubbub")
            assert "replicas" not in workload["spec"], "the autoscaler's to say"
            assert {"HUBBUB_DATABASE", "HUBBUB_BUS", "HUBBUB_SECRET_KEY"} <= set(environment)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"database": "postgresql://u:p@h/d"}, "need `bus`"),
        ({"database": "mysql://u:p@h/d"}, "database"),
        ({"bus": "redis://a"}, "bus"),
        ({"secretKey": "short"}, "secretKey"),
        ({"replica": 3}, "replica"),
        ({"persistence": {"size": "much"}}, "size"),
        ({"settings": {"workers": 4}}, "'workers'"),
    ],
)
def test_the_chart_refuses_what_could_not_work(values: dict[str, Any], says: str) -> None:
    with pytest.raises(helm_python.HelmError, match=says):
        render(values)
