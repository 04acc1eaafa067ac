"""Mapping on another machine, against a real sshd on this one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from sargeo_qgis.core.errors import CancelledError, PluginError
from sargeo_qgis.core.map_request import MapRequest
from sargeo_qgis.core.products import Products
from sargeo_qgis.core.remote import RemoteMachine, openssh
from sargeo_qgis.core.sargeo import SargeoError
from support.rasters import backscatter_db, write_raster, write_scene
from support.sshd import Sshd, missing_programs, running_sshd

from sargeo import __version__

pytestmark = pytest.mark.slow

SARGEO = f"{sys.executable} -m sargeo_cli"

# What stand-ins for sargeo say.
MAPPING = json.dumps({"event": "progress", "phase": "map", "done": 1, "total": 2})
REFUSAL = json.dumps({"event": "error", "problem": "No.", "remedy": "Yes."})
NO_PRODUCTS = json.dumps({"event": "result", "products": []})

END_S = 20.0
"""For a run to clean up, wherever it is."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    missing = missing_programs()
    if missing and not os.environ.get("SARGEO_REQUIRE_SSHD"):
        pytest.skip(f"{', '.join(missing)} not installed")
    with running_sshd(tmp_path_factory.mktemp("farm")) as server:
        yield server


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene that takes some seconds."""
    return write_scene(
        tmp_path_factory.mktemp("wide") / "wide.tif", dtype="int16", shape=(2048, 2048)
    ).path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_scene(tmp_path / "small.tif").path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@dataclass
class Ears:
    """Keeps the events of a run, and acts when the first window has been mapped."""

    act: Callable[[], None] = lambda: None
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    mapping_since: float | None = None

    def __call__(self, event: str, facts: dict[str, Any]) -> None:
        self.heard.append((event, facts))
        if facts.get("phase") == "map" and self.mapping_since is None:
            self.mapping_since = time.monotonic()
            self.act()

    def maps(self) -> bool:
        return self.mapping_since is not None


def never() -> bool:
    return False


def map_there(
    server: Sshd,
    request: MapRequest,
    *,
    host: str = "farm",
    sargeo: str = SARGEO,
    ears: Ears | None = None,
    cancelled: Callable[[], bool] = never,
) -> dict[str, Any]:
    machine = RemoteMachine(host, sargeo, server.variables)
    return machine.map_scene(request, ears or Ears(), cancelled)


def wait_for_the_end(server: Sshd) -> None:
    """Wait until nothing runs there any longer; the cleaning of the folder is part of it."""
    deadline = time.monotonic() + END_S
    while (runs := server.runs() or folders(server)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not runs


def folders(server: Sshd) -> list[Path]:
    return list(server.there.glob("sargeo-*"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def write_pair(folder: Path) -> tuple[Path, Path]:
    """Write a scene of one file per polarisation, with masks beside them, and an area."""
    values = backscatter_db((60, 80), 2)
    mask = np.ones((60, 80), bool)
    mask[:10] = False
    for index, band in enumerate(("VV", "VH")):
        write_raster(
            folder / f"Hafen 漢 {band}.tif",
            values[index : index + 1],
            descriptions=[f"sigma0 {band} dB"],
            mask=mask,
            mask_in_file=False,
        )
    ring = [[500_000, 4_999_400], [500_500, 4_999_400], [500_500, 5_000_000], [500_000, 5_000_000]]
    area = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "EPSG:32633"}},
        "features": [
            {
                "type": "Feature",
                "properties": {},
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            }
        ],
    }
    path = folder / "my area.geojson"
    path.write_text(json.dumps(area), encoding="utf-8")
    return folder / "Hafen 漢 VV.tif", path


def test_a_run_there_gives_what_a_run_here_gives(server: Sshd, tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    scene, area = write_pair(tmp_path / "scenes")
    out, ears = tmp_path / "from there ü", Ears()
    request = MapRequest(str(scene), out, aoi=area, device="cpu")
    result = map_there(server, request, ears=ears)
    assert (folders(server), server.runs()) == ([], [])
    assert_heard_in_order(ears.heard)
    products = Products.of_paths(result["products"])
    assert products == Products.of_scene(out, "Hafen 漢")
    assert None not in (products.landcover, products.confidence, products.count, products.objects)
    assert 0.2 < result["valid_share"] < 0.6, "area and mask count"

    started = next(facts for event, facts in ears.heard if event == "start")
    here = map_here(request, Path(started["scene"]), tmp_path / "here")
    assert names_in(out) == names_in(here)
    for raster in here.glob("*.tif"):
        assert (out / raster.name).read_bytes() == raster.read_bytes(), raster.name


def map_here(request: MapRequest, place: Path, out: Path) -> Path:
    """Map the same scene without ssh, at the same place, since products tell where it lay."""
    shutil.copytree(Path(request.scene).parent, place.parent)
    words = replace(request, scene=str(place), output_folder=out).words()
    subprocess.run(
        [*SARGEO.split(), *words],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
    )
    shutil.rmtree(place.parent)
    return out


def assert_heard_in_order(heard: list[tuple[str, dict[str, Any]]]) -> None:
    phases = [facts.get("phase", event) for event, facts in heard]
    assert list(dict.fromkeys(phases)) == ["upload", "start", "read", "map", "finish", "download"]


def test_the_version_there_is_told(server: Sshd) -> None:
    assert RemoteMachine("farm", SARGEO, server.variables).version(never) == __version__


def test_cancelling_ends_the_run_there(server: Sshd, wide: Path, out: Path) -> None:
    ears = Ears()
    with pytest.raises(CancelledError):
        map_there(server, MapRequest(str(wide), out, device="cpu"), ears=ears, cancelled=ears.maps)
    assert time.monotonic() - ears.mapping_since < END_S
    assert (server.runs(), folders(server), names_in(out)) == ([], [], [])


def test_a_run_ends_with_its_connection(server: Sshd, wide: Path, out: Path) -> None:
    ears = Ears(server.drop_connections)
    with pytest.raises(PluginError, match="The connection to farm failed"):
        map_there(server, MapRequest(str(wide), out, device="cpu"), ears=ears)
    wait_for_the_end(server)
    assert names_in(out) == []


def test_a_run_ends_with_the_ssh_here(server: Sshd, small: Path, out: Path, tmp_path: Path) -> None:
    waits = f"echo '{MAPPING}'; cat >/dev/null; exit 130"
    with pytest.raises(PluginError, match="The connection to farm failed"):
        map_there(
            server,
            MapRequest(str(small), out),
            sargeo=stand_in(tmp_path, waits),
            ears=Ears(kill_ssh),
        )
    wait_for_the_end(server)
    assert names_in(out) == []


def kill_ssh() -> None:
    for child in psutil.Process().children():
        if child.name() == "ssh":
            child.kill()


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("nowhere", "The connection to nowhere failed: ssh: Could not resolve hostname"),
        ("deaf", "The connection to deaf failed: ssh: connect to host 127.0.0.1"),
        ("stranger", r"The connection to stranger failed: .*Permission denied \(publickey\)\."),
        ("chatty", "The connection to chatty failed: .*produces? no output"),
    ],
)
def test_a_machine_that_cannot_be_used_is_refused(
    server: Sshd, small: Path, out: Path, host: str, said: str
) -> None:
    with pytest.raises(PluginError, match=said) as caught:
        map_there(server, MapRequest(str(small), out), host=host)
    assert caught.value.problem.endswith(".")
    assert f"`ssh {host}`" in caught.value.remedy
    assert (folders(server), names_in(out)) == ([], [])


def test_without_sargeo_there_nothing_travels(server: Sshd, small: Path, out: Path) -> None:
    ears = Ears()
    with pytest.raises(PluginError, match="farm does not know the command no-such-sargeo"):
        map_there(server, MapRequest(str(small), out), sargeo="no-such-sargeo", ears=ears)
    assert (ears.heard, folders(server), names_in(out)) == ([], [], [])


def test_a_refusal_of_sargeo_keeps_its_words(
    server: Sshd, small: Path, out: Path, tmp_path: Path
) -> None:
    refuses = f"echo '{REFUSAL}'; exit 3"
    with pytest.raises(SargeoError, match=r"^No\. Yes\.$"):
        map_there(server, MapRequest(str(small), out), sargeo=stand_in(tmp_path, refuses))
    assert (folders(server), names_in(out)) == ([], [])


def test_a_killed_run_means_memory(server: Sshd, small: Path, out: Path, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="farm ended sargeo, most likely because memory ran out"):
        map_there(server, MapRequest(str(small), out), sargeo=stand_in(tmp_path, "kill -9 $$"))
    assert (folders(server), names_in(out)) == ([], [])


def test_a_scene_that_lies_there_does_not_travel(server: Sshd, out: Path, tmp_path: Path) -> None:
    finds_nothing = f"""mkdir -p "$4"; touch "$4/.lock"; echo '{NO_PRODUCTS}'"""
    sargeo, ears = stand_in(tmp_path, finds_nothing), Ears()
    map_there(server, MapRequest("/there/only.tif", out), sargeo=sargeo, ears=ears)
    assert [facts["phase"] for _, facts in ears.heard] == ["download"]
    assert names_in(out) == []


def test_products_that_are_here_are_kept(out: Path) -> None:
    out.mkdir()
    (out / "x_count.tif").touch()
    with pytest.raises(SargeoError, match=r"already holds products of this scene \(x_count.tif\)"):
        RemoteMachine("farm", SARGEO, {}).map_scene(MapRequest("x.tif", out), Ears(), never)


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=touch owned", "-F/x", "farm -v", "farm\t", " farm"]
)
def test_a_host_that_ssh_would_take_for_something_else_is_refused(host: str) -> None:
    with pytest.raises(PluginError, match="is not the name of a machine") as caught:
        RemoteMachine(host, SARGEO, {})
    assert caught.value.problem.startswith(repr(host))


def test_ssh_takes_nothing_that_follows_for_an_option() -> None:
    command = RemoteMachine("user@farm", SARGEO, {}).command(MapRequest("x.tif", Path("out")))
    assert command[-3:-1] == ["--", "user@farm"]


@pytest.mark.parametrize("name", ["ssh", "scp"])
def test_the_client_of_windows_is_found_beside_the_path_of_qgis(tmp_path: Path, name: str) -> None:
    variables = {"PATH": "", "SYSTEMROOT": str(tmp_path / "Windows")}
    with pytest.raises(PluginError, match=f"This machine has no {name}") as caught:
        openssh(name, variables, "win32")
    assert "Optional features" in caught.value.remedy
    (tmp_path / "Windows" / "System32" / "OpenSSH").mkdir(parents=True)
    client = write_program(tmp_path / "Windows" / "System32" / "OpenSSH" / name, "")
    assert openssh(name, variables, "win32") == str(client)


def test_an_ssh_that_does_not_start_is_no_matter_of_python(out: Path, tmp_path: Path) -> None:
    write_program(tmp_path / "ssh", "").write_text("#!/no/such/shell\n", encoding="utf-8")
    machine = RemoteMachine("farm", SARGEO, {"PATH": str(tmp_path)})
    with pytest.raises(PluginError, match="ssh cannot be started") as caught:
        machine.map_scene(MapRequest("/there/only.tif", out), Ears(), never)
    assert caught.value.remedy.startswith("Try ssh in a terminal")


def test_without_ssh_here_nothing_begins(small: Path, out: Path, tmp_path: Path) -> None:
    machine = RemoteMachine("farm", SARGEO, {"PATH": str(tmp_path)}, platform="linux")
    ears = Ears()
    with pytest.raises(PluginError, match="This machine has no ssh") as caught:
        machine.map_scene(MapRequest(str(small), out), ears, never)
    assert caught.value.remedy.startswith("Install the OpenSSH client")
    assert ears.heard == []


def stand_in(folder: Path, script: str) -> str:
    """Write a program that has a version as sargeo has, and maps by a script."""
    return str(write_program(folder / "sargeo", f'[ "$1" = --version ] && exit\n{script}'))


def write_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def machine_that_answers(folder: Path, *, mktemp: str, rm: str = ":") -> RemoteMachine:
    """A machine whose sargeo refuses, behind an ssh that is a script."""
    write_program(
        folder / "ssh",
        f'for word; do :; done\ncase "$word" in *mktemp*) {mktemp} ;; *--watch-stdin*)'
        f" echo '{REFUSAL}'; exit 3 ;; *) {rm} ;; esac",
    )
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return RemoteMachine("fake", "sargeo", os.environ | {"PATH": path})


def test_a_folder_that_stays_there_does_not_hide_how_the_run_ended(
    out: Path, tmp_path: Path
) -> None:
    machine = machine_that_answers(
        tmp_path, mktemp="echo /tmp/sargeo-1", rm="echo 'Lost.' >&2; exit 255"
    )
    ears = Ears()
    with pytest.raises(SargeoError, match=r"^No\. Yes\.$"):
        machine.map_scene(MapRequest("/there/only.tif", out), ears, never)
    message = "The folder /tmp/sargeo-1 stays on fake. The connection to fake failed: Lost."
    assert ears.heard == [("warning", {"message": message})]


@pytest.mark.parametrize("answer", [":", "echo Hello", "echo; echo"])
def test_an_answer_that_is_no_folder_is_refused(out: Path, tmp_path: Path, answer: str) -> None:
    machine = machine_that_answers(tmp_path, mktemp=answer)
    with pytest.raises(PluginError, match="when asked for a temporary folder"):
        machine.map_scene(MapRequest("/there/only.tif", out), Ears(), never)


def test_the_end_of_standard_input_cancels_a_run(wide: Path, out: Path) -> None:
    command = [*SARGEO.split(), "map", str(wide), "-o", str(out), "--device", "cpu"]
    with subprocess.Popen(
        [*command, "--progress", "jsonl", "--watch-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as child:
        events = []
        for line in child.stdout:
            events.append(json.loads(line))
            if events[-1].get("phase") == "map":
                child.stdin.close()
        assert child.wait(END_S) == 130
    assert (events[-1]["event"], events[-1]["code"]) == ("error", "cancelled")
    assert [name for name in names_in(out) if not name.startswith(".")] == []
