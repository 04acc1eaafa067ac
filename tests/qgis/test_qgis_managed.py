"""From nothing to a map: an environment made in its window, from the wheel of this tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from driving import run, wait_until

ROOT = Path(__file__).resolve().parents[2]
INSTALL_S = 600


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of sargeo, built now."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [os.environ["SARGEO_PYTHON"], "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run([*command, "-d", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("sargeo-*.whl"))


@pytest.fixture(scope="module")
def root(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a managed environment that a user has made by the dialog."""
    from sargeo_qgis.core.environment.choices import Choices
    from sargeo_qgis.gui.install_dialog import InstallDialog

    root = tmp_path_factory.mktemp("managed") / "Umgebung für sargeo"
    dialog = InstallDialog(root, Choices())
    dialog.file.setFilePath(str(wheel))
    dialog.plain.setChecked(True)  # PyTorch's own index need not be reachable
    dialog.plan()
    wait_until(dialog.install_button.isEnabled, 60)
    done: list[int] = []
    dialog.finished.connect(done.append)
    dialog.install_button.click()
    wait_until(lambda: bool(done) or dialog.install_button.isEnabled(), INSTALL_S)
    assert done == [1], dialog.words.toPlainText() + dialog.log.toPlainText()[-2000:]
    dialog.deleteLater()
    return root


@pytest.fixture
def managed(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """QGIS with nothing but the managed environment."""
    monkeypatch.delenv("SARGEO_PYTHON")
    monkeypatch.setenv("SARGEO_ENVIRONMENTS", str(root))
    return root


def test_it_is_found_and_works(managed: Path) -> None:
    outputs: dict[str, Any] = run("status")
    assert outputs["READY"], outputs["ACTION"]
    assert Path(outputs["PYTHON"]).is_relative_to(managed)


def test_it_maps_as_its_own_command_line_does(
    managed: Path, small_scene: Path, tmp_path: Path
) -> None:
    from sargeo_qgis import session

    outputs = run("map_scene", SCENE=str(small_scene), OUTPUT_FOLDER=str(tmp_path / "by_qgis"))
    command = session.interpreter().command("map", str(small_scene), "-o", str(tmp_path / "cli"))
    subprocess.run(command, check=True, capture_output=True)
    for name in ("LANDCOVER", "CONFIDENCE", "COUNT"):
        mine = Path(outputs[name])
        assert mine.read_bytes() == (tmp_path / "cli" / mine.name).read_bytes(), name


def test_it_is_removed(managed: Path) -> None:
    from sargeo_qgis.core.environment.upkeep import remove

    remove(managed, sys.platform)
    assert run("status")["ACTION"].startswith("No Python with sargeo is set up.")
