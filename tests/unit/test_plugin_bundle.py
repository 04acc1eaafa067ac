"""The offline bundle: packed, read, refused, and installed without a network."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sargeo_qgis.core.environment.bundle import MANIFEST, read_manifest, unpack
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.install import install
from sargeo_qgis.core.environment.places import CURRENT, LOCK, LOG
from sargeo_qgis.core.environment.plan import make_plan
from sargeo_qgis.core.errors import CancelledError, PluginError
from support.plugin_bundles import HERE, altered, packed
from support.plugin_environment import base_python, machine, with_uv
from tools import bundle as tool

PLUGIN = Path(tool.__file__).parents[1]

WITHOUT_NETWORK = """
import sys
from pathlib import Path
from sargeo_qgis.core.environment.choices import Choices
from sargeo_qgis.core.environment.install import install
from sargeo_qgis.core.environment.machine import Machine
from sargeo_qgis.core.environment.plan import make_plan
bundle, root = sys.argv[1:]
plan = make_plan(Choices(file=bundle, python=sys.executable), Path(root), Machine.this())
print(install(plan, progress=lambda share, line: None, cancelled=lambda: False))
"""


def test_what_is_packed(tmp_path: Path) -> None:
    path = packed(tmp_path, python="3.12")
    assert path.name == f"sargeo-0.1.0-{HERE.platform}-{HERE.machine}-cp312-bundle.zip"
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
        kinds = {member.compress_type for member in archive.infolist()}
    manifest = json.loads(contents.pop(MANIFEST))
    assert kinds == {zipfile.ZIP_STORED}  # wheels are compressed already
    assert {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()} == (
        manifest["files"]
    )
    requirements = contents["requirements.txt"].decode("utf-8").splitlines()
    assert [line.split(" --hash=sha256:")[0] for line in requirements] == [
        "sargeo==0.1.0",
        "helper==1.2",
    ]
    assert (manifest["python"], manifest["machine"]) == ("3.12", HERE.machine)
    assert manifest["unpacked_bytes"] > 0


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"format": 2}, "is a bundle of format 2, and this plugin reads 1"),
        ({"sargeo": "0.3.0"}, "holds sargeo 0.3.0, which is newer"),
        ({"platform": "amiga"}, "is a bundle for amiga, and this machine is"),
        ({"unknown": 1}, "is no bundle of sargeo, or damaged"),
    ],
)
def test_refused(tmp_path: Path, fields: dict[str, object], problem: str) -> None:
    with pytest.raises(PluginError, match=problem):
        read_manifest(altered(packed(tmp_path), **fields), HERE.platform)


def test_another_zip_is_no_bundle(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("photo.jpg", "")
    with pytest.raises(PluginError, match="is no bundle of sargeo"):
        read_manifest(tmp_path / "photos.zip", HERE.platform)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"requirements.txt": "0" * 64}, r"requirements\.txt in .* is not what it was"),
        ({"wheels/gone.whl": "0" * 64}, r"is damaged: .*gone\.whl"),
    ],
)
def test_damaged(tmp_path: Path, files: dict[str, str], problem: str) -> None:
    path = altered(packed(tmp_path), files=files)
    manifest = read_manifest(path, HERE.platform)
    with pytest.raises(PluginError, match=problem):
        unpack(path, manifest, tmp_path, progress=lambda *_: None, cancelled=lambda: False)


def test_no_file_leaves_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.txt", "x")
    manifest = read_manifest(packed(tmp_path / "whole"), HERE.platform)
    files = {"../../escaped.txt": hashlib.sha256(b"x").hexdigest()}
    manifest = dataclasses.replace(manifest, files=files)
    folder = tmp_path / "a" / "b" / "c"
    unpack(path, manifest, folder, progress=lambda *_: None, cancelled=lambda: False)
    assert [found.name for found in folder.iterdir()] == ["escaped.txt"]


def test_unpacking_is_cancelled(tmp_path: Path) -> None:
    path = packed(tmp_path)
    manifest = read_manifest(path, HERE.platform)
    with pytest.raises(CancelledError):
        unpack(path, manifest, tmp_path / "x", progress=lambda *_: None, cancelled=lambda: True)


@pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")
@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ({"version": (3, 13, 0)}, "is Python 3.13.0; Python 3.12 is needed"),
        ({"machine": "riscv"}, f"is a Python for riscv; one for {HERE.machine} is needed"),
    ],
)
def test_a_python_of_another_kind(tmp_path: Path, found: dict[str, object], problem: str) -> None:
    base_python(tmp_path / "bin" / "python3.12", **found)  # type: ignore[arg-type]
    choices = Choices(file=str(packed(tmp_path, python="3.12")))
    with pytest.raises(PluginError) as caught:
        make_plan(choices, tmp_path / "root", machine(tmp_path, HERE.platform))
    assert problem in caught.value.problem


@pytest.mark.parametrize("has_uv", [True, False])
def test_installed(tmp_path: Path, has_uv: bool) -> None:
    root = tmp_path / "root"
    here = with_uv(tmp_path) if has_uv else machine(tmp_path)
    choices = Choices(file=str(packed(tmp_path)), python=sys.executable)
    plan = make_plan(choices, root, here)
    assert (plan.installer is not None) == has_uv
    assert plan.download_bytes == 0
    assert dict(plan.describe())["Download, about"] == "nothing"
    python = install(plan, progress=lambda *_: None, cancelled=lambda: False)
    imported = subprocess.run([python, "-c", "import helper, sargeo_cli"], check=False)
    assert imported.returncode == 0
    assert {path.name for path in root.iterdir()} == {"env1", CURRENT, LOCK, LOG}
    assert not (root / "env1" / "wheels").exists()
    assert not (root / "env1" / "cache").exists()


def test_a_wheel_that_was_exchanged_is_not_installed(tmp_path: Path) -> None:
    path = packed(tmp_path)
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    changed = altered(path, files={**manifest["files"], "wheels/helper-1.2-py3-none-any.whl": ""})
    plan = make_plan(Choices(file=str(changed)), tmp_path / "root", with_uv(tmp_path))
    with pytest.raises(PluginError, match=r"helper-1\.2-py3-none-any\.whl in .* is not what"):
        install(plan, progress=lambda *_: None, cancelled=lambda: False)
    assert {path.name for path in (tmp_path / "root").iterdir()} == {LOCK, LOG}


def has_network_namespaces() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    return subprocess.run([unshare, "-n", "true"], check=False, capture_output=True).returncode == 0


@pytest.fixture
def gigabytes(tmp_path: Path) -> Iterator[Path]:
    """A folder that is not kept for later inspection."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not has_network_namespaces(), reason="needs unshare -n, which root may use")
def test_the_real_bundle_installs_without_network(gigabytes: Path) -> None:
    tool.main(["--output", str(gigabytes)])
    (path,) = gigabytes.glob("*-bundle.zip")
    root = gigabytes / "Wurzel ohne Netz"
    # Neither uv nor its cache is found: that of the bundle has to do.
    variables = {"PATH": os.defpath, "HOME": str(gigabytes), "PYTHONPATH": str(PLUGIN)}
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-c", WITHOUT_NETWORK, str(path), str(root)],
        env=variables,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(root)
