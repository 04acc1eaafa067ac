"""The versions that the plugin installs are those that sargeo asks for."""

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


@pytest.mark.parametrize("platform", SYSTEMS)
@pytest.mark.parametrize("minor", range(OLDEST_PYTHON[1], NEWEST_PYTHON[1] + 1))
def test_each_dependency_has_one_version_that_is_admitted(platform: str, minor: int) -> None:
    locked: dict[str, str] = {}
    for requirement in requirements(LOCKED):
        if applies(requirement.marker, platform, minor):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            assert requirement.name not in locked
            locked[requirement.name] = pin.version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in project["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(locked[wanted.name]), text
    for constraint in requirements(ROOT / "constraints.txt"):
        assert constraint.specifier.contains(locked[constraint.name])


def test_the_plugin_runs_what_sargeo_runs_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}"


def test_no_index_and_no_hash_is_named() -> None:
    text = LOCKED.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--" not in text
