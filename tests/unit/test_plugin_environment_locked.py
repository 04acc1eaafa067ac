"""The versions that are locked, for developers and for the plugin, are those sargeo asks for."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from sargeo_qgis.core.environment.plan import LOCKED
from sargeo_qgis.core.environment.pythons import NEWEST_PYTHON
from sargeo_qgis.core.interpreter import OLDEST_PYTHON

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEVELOPED_ON = [
    int(classifier.rpartition(".")[2])
    for classifier in PROJECT["classifiers"]
    if classifier.startswith("Programming Language :: Python :: 3.")
]

SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}


def requirements(path: Path) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def applies(marker: Marker | None, platform: str, minor: int) -> bool:
    environment = {
        **default_environment(),
        "sys_platform": platform,
        "platform_system": SYSTEMS[platform],
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.0",
    }
    return marker is None or marker.evaluate(environment)


def locked_for(path: Path, platform: str, minor: int) -> dict[str, str]:
    """Return the one version of each package that a file holds a Python on a platform to."""
    locked: dict[str, str] = {}
    for requirement in requirements(path):
        if applies(requirement.marker, platform, minor):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            assert requirement.name not in locked
            locked[requirement.name] = pin.version
    return locked


@pytest.mark.parametrize("platform", SYSTEMS)
@pytest.mark.parametrize("minor", range(OLDEST_PYTHON[1], NEWEST_PYTHON[1] + 1))
def test_each_dependency_has_one_version_that_is_admitted(platform: str, minor: int) -> None:
    locked = locked_for(LOCKED, platform, minor)
    for wanted in map(Requirement, PROJECT["dependencies"]):
        assert wanted.specifier.contains(locked[wanted.name]), wanted


@pytest.mark.parametrize("platform", SYSTEMS)
@pytest.mark.parametrize("minor", DEVELOPED_ON)
def test_the_development_environment_is_locked(platform: str, minor: int) -> None:
    locked = locked_for(CONSTRAINTS, platform, minor)
    extras = PROJECT["optional-dependencies"]
    texts = [*PROJECT["dependencies"], *extras["train"], *extras["dev"]]
    for wanted in (Requirement(text) for text in texts if not text.startswith("sargeo[")):
        assert wanted.specifier.contains(locked[wanted.name]), wanted


@pytest.mark.parametrize("platform", SYSTEMS)
@pytest.mark.parametrize("minor", DEVELOPED_ON)
def test_the_plugin_installs_what_is_tested(platform: str, minor: int) -> None:
    installed = locked_for(LOCKED, platform, minor)
    assert installed.items() <= locked_for(CONSTRAINTS, platform, minor).items()


def test_the_plugin_runs_what_sargeo_runs_on() -> None:
    assert PROJECT["requires-python"] == f">={OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}"


@pytest.mark.parametrize("path", [LOCKED, CONSTRAINTS], ids=lambda path: path.name)
def test_no_index_and_no_hash_is_named(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--" not in text
