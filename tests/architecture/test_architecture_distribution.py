"""What is shipped: the wheel, its version, the changelog, the licences."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from file_size import LIMIT_BYTES, committed, too_large
from support.sources import ROOT, modules, text_of

import sargeo

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel without network: the backend comes with the development environment."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def source_files(package: str) -> set[str]:
    folder = {"sargeo_cli": "cli", "sargeo_training": "training"}.get(package, ".")
    top = ROOT / folder
    files = (path for path in (top / package).rglob("*") if path.is_file())
    return {p.relative_to(top).as_posix() for p in files if "__pycache__" not in p.parts}


@pytest.mark.parametrize("package", ["sargeo", "sargeo_cli", "sargeo_training"])
def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile, package: str) -> None:
    assert source_files(package) == {n for n in wheel.namelist() if n.startswith(f"{package}/")}


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    version = PROJECT["version"]
    assert tops == {"sargeo", "sargeo_cli", "sargeo_training", f"sargeo-{version}.dist-info"}


def test_the_wheel_carries_the_licence_and_the_command(wheel: zipfile.ZipFile) -> None:
    info = f"sargeo-{PROJECT['version']}.dist-info"
    assert wheel.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    entries = wheel.read(f"{info}/entry_points.txt").decode()
    assert "sargeo = sargeo_cli.main:main" in entries


def test_the_version_stands_in_one_place() -> None:
    assert sargeo.__version__ == PROJECT["version"]
    for path in modules("sargeo", "cli", "training"):
        assert "__version__ = " not in text_of(path), path


def test_the_changelog_tells_of_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    _, _, entry = text.partition(f"## [{PROJECT['version']}]")
    entry = entry.partition("\n## ")[0]
    assert "\n- " in entry


def test_the_plugin_folder_carries_its_own_licence() -> None:
    plugin = ROOT / "qgis_plugin" / "sargeo_qgis"
    assert "GNU GENERAL PUBLIC LICENSE" in (plugin / "LICENSE").read_text(encoding="utf-8")
    assert "GPL-2.0-or-later" in (plugin / "README.md").read_text(encoding="utf-8")
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_size_guard_sees_large_files(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x")
    large.write_bytes(b"x" * (LIMIT_BYTES + 1))
    assert too_large([small, large, tmp_path / "deleted"]) == [large]


def test_the_size_guard_looks_at_what_git_has_or_would_take(tmp_path: Path) -> None:
    assert committed(tmp_path) == []
    for name in ("tracked", "new", "ignored", "big.safetensors"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".gitignore").write_text("ignored\n", encoding="utf-8")
    for command in (["init", "--quiet"], ["add", "tracked"]):
        subprocess.run(["git", "-C", tmp_path, *command], check=True)
    assert {path.name for path in committed(tmp_path)} == {".gitignore", "tracked", "new"}
