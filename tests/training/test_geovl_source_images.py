"""Images know of a scene what its file says, unless the settings say otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.rasters import write_scene

from sargeo_training.data.chips.config import UserScene
from sargeo_training.data.chips.source_images import source_images


@pytest.mark.parametrize(
    ("said", "platform"),
    [
        ({}, "Sentinel-1"),
        ({"platform": "ICEYE-X7"}, "ICEYE-X7"),
        ({"assume": "platform=TSX"}, "TerraSAR-X"),
    ],
)
def test_the_platform_is_the_files_unless_it_is_said(
    tmp_path: Path, said: dict[str, str], platform: str
) -> None:
    path = write_scene(tmp_path / "S1A_IW_GRDH.tif").path
    (image,) = source_images(UserScene(path=path, **said), tmp_path)
    assert image.platform == platform
