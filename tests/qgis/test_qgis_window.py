"""The plugin in a real window of QGIS on a virtual screen, photographed and looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from qgis.PyQt.QtGui import QColor, QImage

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    not (shutil.which("xvfb-run") and shutil.which("qgis")),
    reason="needs QGIS's own program and Xvfb",
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of what a user does: choose a scene, map it, measure, look at runs and set-up."""
    folder = tmp_path_factory.mktemp("pictures")
    python = os.environ["SARGEO_PYTHON"]
    subprocess.run([python, str(ROOT / "qgis_plugin" / "tools" / "package.py")], check=True)
    script = ROOT / "docs" / "qgis_pictures.py"
    done = subprocess.run([python, str(script), str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def colours(picture: Path) -> Counter[str]:
    image = QImage(str(picture))
    assert image.width() > 1000
    return Counter(
        QColor(image.pixel(x, y)).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )


def test_every_step_has_a_picture(pictures: Path) -> None:
    names = {path.stem for path in pictures.glob("*.png")}
    assert names == {
        f"qgis-{step}" for step in ("scene", "mapped", "areas", "runs", "setup", "toolbox")
    }


def test_the_map_is_in_the_legends_colours(pictures: Path) -> None:
    before, after = colours(pictures / "qgis-scene.png"), colours(pictures / "qgis-mapped.png")
    # Trees, low vegetation, built-up, bare, open water; ships.
    for colour in ("#006400", "#ffff4c", "#fa0000", "#b4b4b4", "#0064c8", "#ff00aa"):
        assert after[colour] > before[colour] + 50, colour


def test_the_areas_are_drawn_as_bars(pictures: Path) -> None:
    mapped, areas = colours(pictures / "qgis-mapped.png"), colours(pictures / "qgis-areas.png")
    assert areas["#0064c8"] > mapped["#0064c8"] + 200
