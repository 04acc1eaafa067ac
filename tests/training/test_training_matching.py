"""`sargeo assess` and training find the same ships in the same detections."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from support.tiles import tile

from sargeo.evaluation.objects import assess_objects
from sargeo.geo.grid import FloatArray, GeoGrid
from sargeo_training.evaluation.ship_metrics import TOLERANCE_PX, tally

SPACING_M = 10.0
# In the middle of a UTM zone, where ten metres on the map are ten on the ground but for 0.4 mm/m.
GRID = GeoGrid(
    CRS(32631),
    Affine(SPACING_M / 0.9996, 0, 500_000, 0, -SPACING_M / 0.9996, 5_000_000),
    (256, 256),
)


def points(rowcol: FloatArray, **columns: FloatArray) -> gpd.GeoDataFrame:
    shapes = gpd.points_from_xy(*GRID.xy(rowcol[:, 0], rowcol[:, 1]))
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=GRID.crs)


@pytest.mark.parametrize("crowd", [4, 20, 60])
def test_assess_and_training_count_alike(crowd: int) -> None:
    """Ships and detections at random, from lonely ones to a harbour, with and without lengths."""
    rng = np.random.default_rng(crowd)
    told = []
    for _ in range(40):
        ships = rng.uniform(0, 100, (rng.integers(1, crowd), 2))
        found = rng.uniform(0, 100, (rng.integers(1, crowd), 2))
        length = np.where(rng.random(len(ships)) < 0.3, np.nan, rng.uniform(2, 40, len(ships)))
        confidence = np.sort(rng.random(len(found)))[::-1]
        rows = np.column_stack([ships, length, length, length])
        detections = np.column_stack([found, np.full((len(found), 3), 8), confidence])
        trained = tally(tile(ships=rows.tolist(), found=detections.tolist()), 0.3)
        sure = confidence >= 0.3
        # float32 as in training, so that both see the same places.
        places = [v.astype(np.float32).astype(float) for v in (ships, found[sure])]
        assessed = assess_objects(
            points(places[0], length_m=length * SPACING_M),
            points(places[1], confidence=confidence[sure]),
            tolerance_m=TOLERANCE_PX * SPACING_M,
        )
        assert (assessed.matched, assessed.wrong, assessed.missed) == (
            trained.matched,
            trained.wrong,
            trained.missed,
        )
        np.testing.assert_equal(
            (assessed.precision, assessed.recall, assessed.f1),
            (trained.precision, trained.recall, trained.f1),
        )
        told.append(trained.matched)
    assert sum(told) > 2
