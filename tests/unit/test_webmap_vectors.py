"""Count cells and objects of the page: none is lost without a word, all are in place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.webmap import detections_at, grid_of_case, write_landcover, write_run

from sargeo.errors import InputError
from sargeo.geo.antimeridian import unwrap
from sargeo.webmap import vectors
from sargeo.webmap.areas import class_areas_km2
from sargeo.webmap.vectors import read_cells, read_objects


def scattered(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return detections_at(rng.uniform(20, 200, n).tolist(), rng.uniform(0, 300, n).tolist())


def test_cells_hold_every_object_and_lie_around_it(tmp_path: Path) -> None:
    paths = write_run(tmp_path, case="antimeridian_utm", detections=detections_at([100.5], [60.5]))
    cells = read_cells(paths.count, centre_lon=180.0)
    assert cells.counts.tolist() == [1]
    assert cells.valid_percent == pytest.approx([100])
    assert cells.sides_m == pytest.approx((500, 500), rel=0.01)
    lon, lat = grid_of_case("antimeridian_utm", (200, 300)).lonlat(100.5, 60.5)
    corners = cells.corners[0]
    assert corners[:, 0].min() < lat < corners[:, 0].max()
    assert corners[:, 1].min() < unwrap(lon, 180.0) < corners[:, 1].max()


def test_too_many_cells_are_joined_and_counts_conserved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "MAX_CELLS", 4)
    paths = write_run(tmp_path, detections=scattered(300))
    cells = read_cells(paths.count, centre_lon=12.0)
    assert len(cells.counts) <= 4
    assert cells.counts.sum() == 300
    assert cells.joined == 4
    assert cells.sides_m == pytest.approx((2000, 2000), rel=0.01)


def test_the_most_confident_objects_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "MAX_OBJECTS", 10)
    paths = write_run(tmp_path, case="antimeridian", detections=scattered(50))
    objects = read_objects(paths.objects, centre_lon=180.0)
    assert objects.total == 50
    assert len(objects.lon) == 10
    assert (np.diff(objects.confidence) <= 0).all()
    assert objects.confidence[0] == pytest.approx(0.93, abs=1e-3)
    assert np.abs(objects.lon - 180).max() < 1


def test_objects_lie_where_they_were_found(tmp_path: Path) -> None:
    paths = write_run(tmp_path, case="rotated", detections=detections_at([33.3], [44.4]))
    objects = read_objects(paths.objects, centre_lon=12.0)
    lon, lat = grid_of_case("rotated", (200, 300)).lonlat(33.3, 44.4)
    assert (objects.lon[0], objects.lat[0]) == pytest.approx((float(lon), float(lat)), abs=1e-7)
    assert objects.kinds == ["ship"]
    assert objects.length_m[0] == pytest.approx(200, rel=0.01)


def test_a_run_without_objects(tmp_path: Path) -> None:
    paths = write_run(tmp_path, detections=detections_at([], []))
    assert read_cells(paths.count, 12.0).largest == 0
    assert read_objects(paths.objects, 12.0).total == 0


def test_damaged_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "scene_objects.gpkg"
    path.write_bytes(b"not a database")
    with pytest.raises(InputError, match="scene_objects"):
        read_objects(path, 0.0)


@pytest.mark.parametrize(("case", "pixel_m2"), [("utm_north", 100.08), ("degrees", None)])
def test_class_areas_are_geodesic(case: str, pixel_m2: float | None, tmp_path: Path) -> None:
    grid = grid_of_case(case, (700, 900))
    codes = np.full(grid.shape, 80, np.uint8)
    codes[:, 300:] = 50
    codes[:, 800:] = 0
    areas = class_areas_km2(write_landcover(tmp_path / "l.tif", codes, grid))
    if pixel_m2 is None:
        down, across = grid.spacing_m(350, 450)
        pixel_m2 = float(down * across)
    assert sorted(areas) == [50, 80]
    assert areas[80] == pytest.approx(700 * 300 * pixel_m2 / 1e6, rel=2e-4)
    assert areas[50] == pytest.approx(700 * 500 * pixel_m2 / 1e6, rel=2e-4)
