"""Where managed environments lie, and which one is in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from sargeo_qgis.core.environment import places
from sargeo_qgis.core.errors import PluginError

HOME = Path("/home/Jürgen Ölkers")


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("win32", {"LOCALAPPDATA": "/data"}, Path("/data/sargeo/python")),
        ("win32", {}, HOME / "AppData/Local/sargeo/python"),
        ("darwin", {}, HOME / "Library/Application Support/sargeo/python"),
        ("linux", {}, HOME / ".local/share/sargeo/python"),
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/sargeo/python")),
        ("linux", {"SARGEO_ENVIRONMENTS": "/scratch"}, Path("/scratch")),
    ],
)
def test_root(platform: str, variables: dict[str, str], expected: Path) -> None:
    assert places.environments_root(variables, platform, HOME) == expected


def test_none_in_use(tmp_path: Path) -> None:
    (tmp_path / "env1" / "bin").mkdir(parents=True)  # killed before it was finished
    assert places.current_python(tmp_path, "linux") is None
    assert places.current_python(tmp_path / "missing", "linux") is None


def test_the_one_in_use(tmp_path: Path) -> None:
    python = tmp_path / "env2" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    installation = places.Installation("env2", "3.12.4", "0.1.0", "cpu", {"file": "Größe"})
    places.write_current(tmp_path, installation)
    assert places.current_python(tmp_path, "linux") == python
    assert places.read_current(tmp_path) == installation
    assert {path.name for path in tmp_path.iterdir()} == {"env2", places.CURRENT}


def test_its_python_is_gone(tmp_path: Path) -> None:
    places.write_current(tmp_path, places.Installation("env1", "3.12.4", "0.1.0", "cpu", {}))
    with pytest.raises(PluginError, match="env1 is damaged: its Python is gone") as caught:
        places.current_python(tmp_path, "linux")
    assert "Repair" in caught.value.remedy


@pytest.mark.parametrize("text", ["", "{", "[]", '{"unknown": 1}', "null"])
def test_an_unreadable_record(tmp_path: Path, text: str) -> None:
    (tmp_path / places.CURRENT).write_text(text, encoding="utf-8")
    with pytest.raises(PluginError, match=r"current\.json cannot be read") as caught:
        places.current_python(tmp_path, "linux")
    assert "Repair" in caught.value.remedy


def test_what_can_be_repaired_or_removed(tmp_path: Path) -> None:
    assert not places.is_made(tmp_path / "missing")
    (tmp_path / "env1").mkdir()
    (tmp_path / places.CURRENT).touch()
    assert not places.is_made(tmp_path)  # of somebody else
    (tmp_path / places.LOCK).touch()
    assert places.is_made(tmp_path)
    (tmp_path / "env1").rmdir()
    assert places.is_made(tmp_path)
    (tmp_path / places.CURRENT).unlink()
    assert not places.is_made(tmp_path)
