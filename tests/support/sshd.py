"""A real sshd of this user on this machine, and an ssh and scp that know it as ``farm``.

>>> with running_sshd(folder) as server:
...     RemoteMachine("farm", "sargeo", server.variables)
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

START_S = 10.0

_SSHD_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
SetEnv "TMPDIR={folder}/there" OMP_NUM_THREADS=1 "PATH={folder}/programs:/usr/bin:/bin"
"""

_SSH_CONFIG = """\
Host nowhere
    HostName no-such-host.invalid
Host deaf
    Port {closed_port}
Host chatty
    IdentityFile {folder}/chatty_key
Host stranger
    IdentityFile {folder}/stranger_key
Host farm
    IdentityFile {folder}/user_key
Host *
    HostName 127.0.0.1
    Port {port}
    User {user}
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known_hosts
    StrictHostKeyChecking accept-new
"""

# As a shell whose start-up files greet: also before file transfers.
_CHATTY = """\
#!/bin/sh
echo "Welcome to the farm!"
case "$SSH_ORIGINAL_COMMAND" in
    internal-sftp) exec "$(dirname "$0")/sftp-server" ;;
    *) exec /bin/sh -c "$SSH_ORIGINAL_COMMAND" ;;
esac
"""

_SFTP_SERVERS = (
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/libexec/sftp-server",
    "/usr/lib/ssh/sftp-server",
)


@dataclass(frozen=True)
class Sshd:
    """A server that is running.

    Hosts that the client knows: ``farm`` works; ``stranger`` has a key that the server does not
    know; ``chatty`` prints a line before all else; ``nowhere`` has no address; nobody listens at
    ``deaf``.

    Attributes
    ----------
    variables : dict of str to str
        The environment in which ``ssh`` and ``scp`` know the hosts.
    there : Path
        Where the server's users have their temporary files.
    programs : Path
        The first folder of their PATH, empty.
    folder : Path
        Where ``authorized_keys``, the client's ``ssh_config`` and keys such as
        ``stranger_key.pub`` lie, and ``chatty``, the script that greets.
    process : psutil.Process
        The server, whose children are the connections.
    """

    variables: dict[str, str]
    there: Path
    programs: Path
    folder: Path
    process: psutil.Process

    def drop_connections(self) -> None:
        """Kill what holds the connections, and nothing that runs behind them."""
        for connection in self.process.children():
            connection.kill()

    def runs(self) -> list[psutil.Process]:
        """Return the processes whose command names a temporary file of the server's users."""
        mark = f"{self.there}{os.sep}"
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(mark in word for word in process.info["cmdline"] or ())
        ]


def missing_programs() -> list[str]:
    """Return the programs that are needed and not installed."""
    return [name for name in ("sshd", "ssh", "scp", "ssh-keygen") if _find(name) is None]


@contextmanager
def running_sshd(folder: Path) -> Iterator[Sshd]:
    """Run a server with keys and configuration of its own, all in a folder."""
    there, programs, port = folder / "there", folder / "programs", _free_port()
    there.mkdir()
    programs.mkdir()
    _make_keys(folder)
    config, client = folder / "sshd_config", folder / "ssh_config"
    config.write_text(_SSHD_CONFIG.format(folder=folder, port=port), encoding="utf-8")
    client.write_text(
        _SSH_CONFIG.format(
            folder=folder, port=port, closed_port=_free_port(), user=getpass.getuser()
        ),
        encoding="utf-8",
    )
    if os.getuid() == 0:  # where its unprivileged part is locked in
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (folder / "sshd.log").open("wb") as log:
        server = psutil.Popen([_find("sshd"), "-D", "-e", "-f", config], stderr=log)
    try:
        _wait_for(port, folder / "sshd.log")
        variables = os.environ | {"PATH": _client_path(folder, client)}
        yield Sshd(variables, there, programs, folder, server)
    finally:
        for process in (*server.children(recursive=True), server):
            process.kill()
        server.wait()


def _make_keys(folder: Path) -> None:
    for name in ("host_key", "user_key", "chatty_key", "stranger_key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name]
        subprocess.run(command, check=True)
    greets = _write_script(folder / "chatty", _CHATTY)
    server = next((path for path in _SFTP_SERVERS if Path(path).exists()), sys.executable)
    (folder / "sftp-server").symlink_to(server)
    keys = [(folder / f"{name}.pub").read_text() for name in ("user_key", "chatty_key")]
    (folder / "authorized_keys").write_text(f'{keys[0]}command="{greets}" {keys[1]}')


def _client_path(folder: Path, config: Path) -> str:
    """Return a PATH on which ``ssh`` and ``scp`` read our configuration."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("ssh", "scp"):
        _write_script(programs / name, f'#!/bin/sh\nexec {_find(name)} -F "{config}" "$@"\n')
    return os.pathsep.join([str(programs), os.environ["PATH"]])


def _write_script(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _find(program: str) -> str | None:
    folders: Sequence[str] = (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")
    return shutil.which(program, path=os.pathsep.join(folders))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"sshd does not answer: {log.read_text(errors='replace')}")
