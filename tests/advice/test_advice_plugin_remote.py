"""Mapping on another machine that fails: what is advised leads to a right map here."""

from __future__ import annotations

import errno
import getpass
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sargeo_qgis.core.errors import PluginError
from sargeo_qgis.core.map_request import MapRequest
from sargeo_qgis.core.remote import RemoteMachine, openssh
from support.advice import follows
from support.plugin_environment import program
from support.plugin_session import never
from support.rasters import CRS_CASES
from support.seaside import SIDE, assert_right
from support.sshd import Sshd, missing_programs, running_sshd

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such server"),
]

REMOTE = "sargeo_qgis.core.remote"

UTM, GRID = CRS_CASES["utm_north"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    missing = missing_programs()
    if missing and not os.environ.get("SARGEO_REQUIRE_SSHD"):
        pytest.skip(f"{', '.join(missing)} not installed")
    (tmp_path / "farm").mkdir()
    with running_sshd(tmp_path / "farm") as server:
        yield server


@pytest.fixture
def sargeo_there(session_map: Path, tmp_path: Path) -> str:
    """The full path of a sargeo that has a version, and the map of the scene at hand."""
    products = session_map / "out"
    told = json.dumps({"event": "result", "products": [p.name for p in products.iterdir()]})
    maps = (
        f'[ "$1" = --version ] && exec echo sargeo 0.1.0\ncp -r "{products}" "$4"; echo \'{told}\''
    )
    return str(program(tmp_path / "opt" / "sargeo", maps))


@pytest.fixture
def request_(session_map: Path, out: Path) -> MapRequest:
    return MapRequest(str(session_map / "scene.tif"), out, device="cpu")


def ignore(event: str, facts: dict[str, Any]) -> None:
    """Hear nothing."""


def maps(machine: RemoteMachine, request: MapRequest) -> None:
    """Map there, and find the right map here."""
    machine.map_scene(request, ignore, never)
    assert_right(request.output_folder)


def refused(machine: RemoteMachine, request: MapRequest) -> PluginError:
    with pytest.raises(PluginError) as caught:
        machine.map_scene(request, ignore, never)
    return caught.value


@follows(
    f"{REMOTE}:RemoteMachine.__post_init__",
    "Name it as ssh does, such as user@host, without spaces.",
)
@pytest.mark.parametrize("host", ["farm", f"{getpass.getuser()}@farm"])
def test_a_machine_is_named_as_ssh_does(
    server: Sshd, sargeo_there: str, request_: MapRequest, host: str
) -> None:
    with pytest.raises(PluginError):
        RemoteMachine(f"ssh {host}", sargeo_there, server.variables)
    maps(RemoteMachine(host, sargeo_there, server.variables), request_)


# Logging in


def stranger_is_let_in(server: Sshd) -> None:
    """As by ssh-copy-id."""
    key = (server.folder / "stranger_key.pub").read_text(encoding="utf-8")
    with (server.folder / "authorized_keys").open("a", encoding="utf-8") as keys:
        keys.write(key)


def chatty_is_silenced(server: Sshd) -> None:
    script = server.folder / "chatty"
    kept = [line for line in script.read_text().splitlines() if not line.startswith("echo")]
    script.write_text("\n".join(kept) + "\n", encoding="utf-8")


def address_is_corrected(server: Sshd) -> None:
    config = server.folder / "ssh_config"
    known = config.read_text(encoding="utf-8")
    key = f"IdentityFile {server.folder}/user_key"
    config.write_text(known.replace("HostName no-such-host.invalid", key), encoding="utf-8")


LOGINS = {
    "stranger": stranger_is_let_in,
    "chatty": chatty_is_silenced,
    "nowhere": address_is_corrected,
}


@follows(
    f"{REMOTE}:RemoteMachine._explain",
    "Try `…` in a terminal until it works without a password, and prints nothing of its own.",
)
@pytest.mark.parametrize("host", LOGINS)
def test_ssh_is_tried_until_it_works(
    server: Sshd, sargeo_there: str, request_: MapRequest, host: str
) -> None:
    machine = RemoteMachine(host, sargeo_there, server.variables)
    _, command, _ = refused(machine, request_).remedy.split("`")
    assert in_terminal(server, command) != (0, "")
    LOGINS[host](server)
    assert in_terminal(server, command) == (0, "")
    maps(machine, request_)


def in_terminal(server: Sshd, command: str) -> tuple[int, str]:
    """Log in by a command and leave at once; return the exit code and what was printed."""
    ended = subprocess.run(
        command, shell=True, env=server.variables, input="", capture_output=True, encoding="utf-8"
    )
    return ended.returncode, ended.stdout


@follows(
    f"{REMOTE}:RemoteMachine._folder",
    "Check that its shell prints nothing of its own when ssh logs in.",
)
def test_a_shell_that_takes_leave_is_silenced(
    server: Sshd, sargeo_there: str, request_: MapRequest
) -> None:
    """As by a line of .bash_logout."""
    shell = server.folder / "chatty"
    silent = shell.read_text(encoding="utf-8").replace('echo "Welcome to the farm!"\n', "")
    leaves = silent.replace(
        'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"', '/bin/sh -c "$SSH_ORIGINAL_COMMAND"; echo Bye'
    )
    shell.write_text(leaves, encoding="utf-8")
    machine = RemoteMachine("chatty", sargeo_there, server.variables)
    refused(machine, request_)
    assert in_terminal(server, "ssh chatty true")[1] == "Bye\n"
    shell.write_text(silent, encoding="utf-8")
    assert in_terminal(server, "ssh chatty true")[1] == ""
    maps(machine, request_)


# What is missing there, or too much


@follows(
    f"{REMOTE}:RemoteMachine._explain",
    "Install sargeo there, or set its full path on the Setup page of the sargeo panel.",
)
@pytest.mark.parametrize("way", ["installed", "full path"])
def test_a_sargeo_is_found_there(
    server: Sshd, sargeo_there: str, request_: MapRequest, way: str
) -> None:
    machine = RemoteMachine("farm", "sargeo", server.variables)
    refused(machine, request_)
    if way == "installed":
        (server.programs / "sargeo").symlink_to(sargeo_there)
    else:
        machine = replace(machine, sargeo=sargeo_there)
    maps(machine, request_)


@follows(f"{REMOTE}:RemoteMachine._explain", "Log in to … and try `… doctor`.")
def test_doctor_tells_there_what_is_wrong(server: Sshd, request_: MapRequest) -> None:
    """A package of another program hides one that sargeo needs."""
    hides = server.folder / "hides"
    hides.mkdir()
    (hides / "typer.py").write_text("raise ImportError('typer of another program')\n")
    real = f'PYTHONPATH="{hides}" exec "{sys.executable}" -m sargeo_cli "$@"'
    program(server.programs / "sargeo", real)
    machine = RemoteMachine("farm", "sargeo", server.variables)
    _, doctor, _ = refused(machine, request_).remedy.split("`")
    said = subprocess.run(
        ["ssh", "farm", doctor], env=server.variables, capture_output=True, encoding="utf-8"
    )
    assert said.returncode != 0
    assert "typer of another program" in said.stderr
    (hides / "typer.py").unlink()
    maps(machine, request_)


@follows(
    f"{REMOTE}:RemoteMachine._explain",
    "Map a smaller area, or another time.",
    simulated="memory is not filled there: sargeo is killed as the system would do",
)
@pytest.mark.parametrize("way", ["smaller area", "another time"])
def test_less_memory_is_used_there(
    server: Sshd, request_: MapRequest, tmp_path: Path, way: str
) -> None:
    busy = server.folder / "busy"
    busy.touch()
    real = f'exec "{sys.executable}" -m sargeo_cli "$@"'
    scarce = (
        f'case "$*" in *--version*|*--aoi*) ;; *) [ -e "{busy}" ] && kill -9 $$ ;; esac; {real}'
    )
    machine = RemoteMachine("farm", str(program(tmp_path / "sargeo", scarce)), server.variables)
    refused(machine, request_)
    if way == "another time":
        busy.unlink()
        maps(machine, request_)
        return
    quarter = SIDE // 4
    box = shapely.box(*(GRID @ (quarter, SIDE)), *(GRID @ (3 * quarter, 0)))
    area = tmp_path / "area.geojson"
    gpd.GeoDataFrame(geometry=[box], crs=UTM).to_file(area)
    machine.map_scene(replace(request_, aoi=area), ignore, never)
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[:, quarter : 3 * quarter] = True
    assert_right(request_.output_folder, inside)


# What is here


@follows(
    f"{REMOTE}:_refuse_existing",
    "Choose another output folder, or add --overwrite to replace them.",
)
@pytest.mark.parametrize("way", ["another folder", "--overwrite"])
def test_older_products_stay_or_are_replaced(
    server: Sshd, sargeo_there: str, request_: MapRequest, out: Path, way: str
) -> None:
    out.mkdir()
    older = out / "scene_landcover.tif"
    older.write_text("older", encoding="utf-8")
    machine = RemoteMachine("farm", sargeo_there, server.variables)
    refused(machine, request_)
    if way == "--overwrite":
        maps(machine, replace(request_, overwrite=True))
    else:
        maps(machine, replace(request_, output_folder=out.with_name("another")))
        assert older.read_text(encoding="utf-8") == "older"


@follows(
    f"{REMOTE}:RemoteMachine._fetch",
    "Free some space there, and close programs that hold older products open.",
    simulated="only Windows keeps files from being replaced while they are open",
)
def test_programs_are_closed_before_products_come(
    server: Sshd,
    sargeo_there: str,
    request_: MapRequest,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out.mkdir()
    (out / "scene_landcover.tif").write_text("older", encoding="utf-8")
    machine = RemoteMachine("farm", sargeo_there, server.variables)
    move = Path.replace
    held = {out / "scene_landcover.tif"}

    def moved(path: Path, target: Path) -> Path:
        if target in held:
            raise PermissionError(errno.EACCES, "Open elsewhere", str(target))
        return move(path, target)

    monkeypatch.setattr(Path, "replace", moved)
    assert "Open elsewhere" in refused(machine, replace(request_, overwrite=True)).problem
    held.clear()
    maps(machine, replace(request_, overwrite=True))


@follows(
    f"{REMOTE}:RemoteMachine._fetch",
    "Free some space there, and close programs that hold older products open.",
    simulated="the disk is not filled: an scp says so until there is space",
)
def test_space_is_made_before_products_come(
    server: Sshd, sargeo_there: str, request_: MapRequest, out: Path, tmp_path: Path
) -> None:
    full = tmp_path / "full"
    full.touch()
    folder = server.folder / "bin"
    scp = (folder / "scp").rename(folder / "scp.real")
    said = f'scp: write local "{out}/x.tif": No space left on device'
    program(
        folder / "scp",
        f'case "$*" in *farm:*/.*) [ -e "{full}" ] && {{ echo \'{said}\' >&2; exit 1; }} ;; esac\n'
        f'exec "{scp}" "$@"',
    )
    machine = RemoteMachine("farm", sargeo_there, server.variables)
    assert "No space left on device" in refused(machine, request_).problem
    assert not list(out.iterdir())
    full.unlink()
    maps(machine, request_)


# The programs here


@follows(
    f"{REMOTE}:openssh",
    "Install the OpenSSH client with the system's package manager.",
    simulated="nothing is installed by a test: its programs come into the PATH",
)
def test_the_client_is_installed(
    server: Sshd, sargeo_there: str, request_: MapRequest, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    machine = RemoteMachine("farm", sargeo_there, {"PATH": str(tmp_path / "bin")})
    refused(machine, request_)
    for name in ("ssh", "scp"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name, path=server.variables["PATH"]))
    maps(machine, request_)


@follows(
    f"{REMOTE}:openssh",
    "Add the OpenSSH client in Windows under Settings > System > Optional features.",
    simulated="Windows puts ssh and scp into this folder of its system",
)
@pytest.mark.parametrize("name", ["ssh", "scp"])
def test_the_client_is_added_in_windows(tmp_path: Path, name: str) -> None:
    variables = {"PATH": "", "SYSTEMROOT": str(tmp_path / "Windows")}
    with pytest.raises(PluginError):
        openssh(name, variables, "win32")
    added = program(tmp_path / "Windows" / "System32" / "OpenSSH" / name, "exit")
    assert openssh(name, variables, "win32") == str(added)


@follows(
    f"{REMOTE}:RemoteMachine._run",
    "Try … in a terminal; if it does not run there, install OpenSSH anew.",
)
def test_a_broken_client_is_installed_anew(
    server: Sshd, sargeo_there: str, request_: MapRequest
) -> None:
    client = server.folder / "bin" / "ssh"
    whole = client.read_bytes()
    client.write_bytes(b"#!/no/such/shell\n")
    machine = RemoteMachine("farm", sargeo_there, server.variables)
    assert refused(machine, request_).remedy.startswith("Try ssh in a terminal; ")
    assert in_terminal(server, "ssh farm true")[0] != 0
    client.write_bytes(whole)
    maps(machine, request_)
