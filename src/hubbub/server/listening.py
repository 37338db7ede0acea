"""Listening sockets: one address or several, a port or a Unix socket."""

import os
import socket
import stat
from pathlib import Path

from hubbub.server.settings import BadSetting, Settings

UNIX = "unix:"
_BACKLOG = 4096


def listen(settings: Settings, reuse_port: bool = False, port: int | None = None) -> list[socket.socket]:
    """A socket for each address in `host`. `reuse_port`: share the port with other workers. Raises BadSetting."""
    made: list[socket.socket] = []
    try:
        for host in hosts(settings):
            if host.startswith(UNIX):
                made.append(_unix(Path(host.removeprefix(UNIX)), host))
            else:
                # The first takes a free port if it is to; the others the same.
                taken = next((each.getsockname()[1] for each in made if each.family != socket.AF_UNIX), None)
                made.append(_tcp(host, taken or port or settings.port, reuse_port))
    except BaseException:
        for each in made:
            each.close()
        raise
    return made


def hosts(settings: Settings) -> list[str]:
    return [host.strip() for host in settings.host.split(",") if host.strip()] or [""]


def url(listening: socket.socket) -> str:
    """The URL of the server, for people."""
    if listening.family == socket.AF_UNIX:
        return f"{UNIX}{listening.getsockname()}"
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _tcp(host: str, port: int, reuse_port: bool) -> socket.socket:
    try:
        return socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=_BACKLOG,
            reuse_port=reuse_port,
            # All addresses are those of IPv4 too, as people who write :: expect; by itself that is up to the system.
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadSetting(f"Cannot listen on {host} port {port}: {reason}.") from error


def _unix(path: Path, host: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        _remove_what_nobody_listens_on(path)
        listening.bind(str(path))
        # Who may connect is up to the folder: the proxy is somebody else.
        path.chmod(0o666)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise BadSetting(f"Cannot listen on {host}: {os.strerror(error.errno) if error.errno else error}.") from error
    return listening


def _remove_what_nobody_listens_on(path: Path) -> None:
    """Remove the socket of a killed server. Raises OSError if somebody listens, or it is another kind of file."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return  # binding to it says what is wrong
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
