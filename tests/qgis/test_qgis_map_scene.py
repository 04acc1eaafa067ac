"""``sargeo:map_scene`` writes what the command line writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from driving import Loaded, Mapped, Surroundings

RASTERS = ("landcover", "confidence", "count")


@pytest.mark.parametrize("product", RASTERS)
def test_rasters_are_those_of_the_command_line(mapped: Mapped, by_cli: Path, product: str) -> None:
    mine = Path(mapped.outputs[product.upper()])
    assert mine.parent == mapped.folder
    assert mine.read_bytes() == (by_cli / mine.name).read_bytes()


def test_outputs_exist(mapped: Mapped) -> None:
    for name in ("LANDCOVER", "CONFIDENCE", "COUNT", "OBJECTS"):
        assert Path(mapped.outputs[name]).is_file()
    assert mapped.outputs["OBJECT_NUMBER"] > 10
    assert mapped.outputs["OUTPUT_FOLDER"] == str(mapped.folder)


def test_progress_goes_from_0_to_100(mapped: Mapped) -> None:
    steps = mapped.told.progress
    assert steps[0] <= 2  # QGIS does not tell of the 0 that it begins with
    assert steps[-1] == 100
    assert steps == sorted(steps)
    assert len(steps) > 5


def test_a_run_changes_nothing_that_plugins_share(mapped: Mapped, loaded: Loaded) -> None:
    assert Surroundings.now() == loaded.before
    assert {"torch", "rasterio", "sargeo", "sargeo_cli"}.isdisjoint(sys.modules)
