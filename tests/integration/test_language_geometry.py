"""What the model sees at a place is found at that place in what texts make of it, in every CRS."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from shapely.geometry import box
from support.rasters import CRS_CASES, write_raster
from support.speaking import SpeakingStub
from support.stub_model import SPEC

from sargeo.errors import CancelledError, InputError, NothingValidError, UsageError
from sargeo.geo.grid import GeoGrid
from sargeo.language.classification import classify
from sargeo.language.embedding import embed
from sargeo.language.retrieval import search
from sargeo.mapping import map_scene
from sargeo.reporting import Progress, Silent

SHAPE = (150, 203)
DARK, BRIGHT = -20.0, -4.0

# In the second half the model works on another grid than the scene's.
PLACES = {
    **CRS_CASES,
    "utm_25m": ("EPSG:32611", Affine(25, 0, 380_000, 0, -25, 3_730_000)),
    "degrees_70_north": ("EPSG:4326", Affine(1e-4, 0, 20.0, 0, -1e-4, 70.2)),
    "antimeridian_coarse": ("EPSG:4326", Affine(4e-4, 0, 179.95, 0, -4e-4, -17.0)),
}


def bright(rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """A slanting coast: land to the right of a line."""
    return np.asarray(cols + 0.3 * rows > 150)


def write(path: Path, case: str) -> GeoGrid:
    crs, transform = PLACES[case]
    rows, cols = np.indices(SHAPE)
    values = np.where(bright(rows, cols), BRIGHT, DARK).astype(np.float32)
    values[:25, :25] = np.nan
    write_raster(
        path,
        values[None],
        crs=crs,
        transform=transform,
        nodata=np.nan,
        descriptions=("sigma0 VV db",),
    )
    return GeoGrid(CRS.from_string(crs), transform, SHAPE)


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        return dataset.read(1)


@pytest.mark.parametrize("case", PLACES)
def test_place_survives(case: str, tmp_path: Path) -> None:
    scene, model = tmp_path / "x_vv.tif", SpeakingStub()
    grid = write(scene, case)
    rows, cols = np.indices(SHAPE)
    nodata = (rows < 25) & (cols < 25)
    report = embed(scene, model, tmp_path / "cells")
    embedding = tmp_path / "cells" / "x_vv_embedding.tif"
    assert embedding in report.products
    for source, out in ((scene, tmp_path / "a"), (embedding, tmp_path / "b")):
        classify(source, ["dark", "bright"], model, out)
        with rasterio.open(out / "x_vv_text.tif") as dataset:
            codes = dataset.read(1)
            assert dataset.transform.almost_equals(grid.transform)
            assert CRS.from_user_input(dataset.crs) == grid.crs
        # A cell of the model, on either grid, may lie across the coast or the border of nodata.
        clear = np.abs(cols + 0.3 * rows - 150) > 12
        clear &= ~nodata & ((rows >= 37) | (cols >= 37))
        np.testing.assert_array_equal(codes[clear], np.where(bright(rows, cols), 2, 1)[clear])
        assert (codes[:12, :12] == 0).all()
    np.testing.assert_array_equal(read(tmp_path / "a" / "x_vv_text.tif") == 0, nodata)
    _check_cells(embedding, grid)


def _check_cells(embedding: Path, grid: GeoGrid) -> None:
    """The middle of a cell lies on the scene where its vector says."""
    with rasterio.open(embedding) as dataset:
        values = dataset.read()
        cells = GeoGrid(CRS.from_user_input(dataset.crs), dataset.transform, dataset.shape)
        assert dataset.nodata == -128
        assert dataset.count == 5
    known = values[-1] != -128
    i, j = np.nonzero(known)
    lon, lat = cells.lonlat(i + 0.5, j + 0.5)
    rows, cols = np.meshgrid(np.arange(SHAPE[0]) + 0.5, np.arange(SHAPE[1]) + 0.5, indexing="ij")
    there = np.stack(grid.lonlat(rows, cols)).reshape(2, -1)
    there[0] = np.where(there[0] < 0, there[0] + 360, there[0])
    lon = np.where(lon < 0, lon + 360, lon)
    for k in range(0, len(i), 97):
        at = np.hypot((there[0] - lon[k]) * np.cos(np.radians(lat[k])), there[1] - lat[k]).argmin()
        row, col = np.unravel_index(at, SHAPE)
        if abs(col + 0.3 * row - 150) > 12:
            assert (values[0, i[k], j[k]] > values[1, i[k], j[k]]) == bright(row, col)


@pytest.mark.parametrize("case", ["utm_north", "rotated", "antimeridian", "utm_25m"])
def test_places_are_found_where_they_are(case: str, tmp_path: Path) -> None:
    scene = tmp_path / "x_vv.tif"
    grid = write(scene, case)
    side_m = 20 * float(np.median(grid.sampled_spacing_m()[0]))
    model = SpeakingStub()
    embed(scene, model, tmp_path)
    tables = []
    for source in (scene, tmp_path / "x_vv_embedding.tif"):
        report = search([source], ["bright"], model, tmp_path / "p.gpkg", top=4, extent_m=side_m)
        tables.append(report.places)
        places = gpd.read_file(tmp_path / "p.gpkg")
        assert places.crs == 4326
        assert list(places["rank"]) == [1, 2, 3, 4]
        assert (places["score"] > 0.99).all()
        for lon, lat, shape in zip(places.lon, places.lat, places.geometry, strict=True):
            rows, cols = _rowcol(grid, lon, lat)
            assert bright(rows, cols)
            assert shape.bounds[0] <= lon <= shape.bounds[2]
            assert shape.bounds[1] <= lat <= shape.bounds[3]
    assert (tables[0].lon == tables[1].lon).all()
    np.testing.assert_allclose(tables[0].score, tables[1].score, atol=0.001)


def _rowcol(grid: GeoGrid, lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
    rows, cols = np.meshgrid(np.arange(SHAPE[0]) + 0.5, np.arange(SHAPE[1]) + 0.5, indexing="ij")
    lons, lats = grid.lonlat(rows, cols)
    nearest = np.hypot((lons - lon + 180) % 360 - 180, lats - lat).argmin()
    row, col = np.unravel_index(nearest, SHAPE)
    return np.array(row), np.array(col)


def test_scenes_in_several_crss_are_ranked_together(tmp_path: Path) -> None:
    scenes = []
    for case in ("utm_north", "antimeridian", "mercator"):
        (tmp_path / case).mkdir()
        scenes.append(tmp_path / case / "x_vv.tif")
        write(scenes[-1], case)
    report = search(scenes, ["bright", "dark"], SpeakingStub(), top=5, extent_m=200)
    for text in ("bright", "dark"):
        part = report.places[report.places.text == text]
        assert list(part["rank"]) == [1, 2, 3, 4, 5]
        assert part.score.is_monotonic_decreasing
    assert report.output is None
    every = search(scenes, ["bright"], SpeakingStub(), top=10_000, extent_m=200).places
    assert set(every.scene) == {str(s) for s in scenes}
    for _, group in every.groupby("scene"):
        lefts = group.geometry.iloc[:5]
        assert all(a.intersection(b).area < 1e-12 for a in lefts for b in lefts if a is not b)


def test_places_need_their_size_on_the_ground_and_enough_pixels(tmp_path: Path) -> None:
    scene = tmp_path / "x_vv.tif"
    write(scene, "utm_north")
    with pytest.raises(InputError, match="how large"):
        search([scene], ["bright"], SpeakingStub(), assume="gsd=unknown")
    with rasterio.open(scene, "r+") as dataset:
        values = dataset.read(1)
        values[10:] = np.nan
        dataset.write(values, 1)
    with pytest.raises(NothingValidError, match="No place"):
        search([scene], ["bright"], SpeakingStub(), extent_m=5000)


def area(grid: GeoGrid, rows: slice, cols: slice) -> gpd.GeoDataFrame:
    xs, ys = grid.xy([rows.start, rows.stop], [cols.start, cols.stop])
    shape = box(min(xs), min(ys), max(xs), max(ys))
    return gpd.GeoDataFrame(geometry=[shape], crs=grid.crs)


def test_an_area_of_interest_is_kept_to(tmp_path: Path) -> None:
    scene, model = tmp_path / "x_vv.tif", SpeakingStub()
    grid = write(scene, "utm_north")
    aoi = area(grid, slice(40, 90), slice(60, 170))
    embed(scene, model, tmp_path, aoi=aoi)
    rows, cols = np.indices(SHAPE)
    inside = (rows >= 40) & (rows < 90) & (cols >= 60) & (cols < 170)
    classify(scene, ["dark", "bright"], model, tmp_path / "a", aoi=aoi)
    np.testing.assert_array_equal(read(tmp_path / "a" / "x_vv_text.tif") > 0, inside)
    known = read(tmp_path / "x_vv_embedding.tif") != -128
    wanted = np.zeros_like(known)
    wanted[10:23, 15:43] = True
    np.testing.assert_array_equal(known, wanted)
    smaller = area(grid, slice(50, 60), slice(70, 80))
    embedding = tmp_path / "x_vv_embedding.tif"
    classify(embedding, ["dark", "bright"], model, tmp_path / "b", aoi=smaller)
    codes = read(tmp_path / "b" / "x_vv_text.tif")
    assert (codes[50:60, 70:80] == 1).all()
    assert (codes > 0).sum() == 100


def test_an_embedding_of_another_model_is_refused(tmp_path: Path) -> None:
    scene = tmp_path / "x_vv.tif"
    write(scene, "utm_north")
    embed(scene, SpeakingStub(), tmp_path)
    embedding = tmp_path / "x_vv_embedding.tif"
    for change in ({"weights_sha256": "1" * 64}, {"version": "2"}):
        other = SpeakingStub(spec=SPEC.model_copy(update=change))
        for use in (
            lambda model: classify(embedding, ["dark", "bright"], model, tmp_path / "a"),
            lambda model: search([embedding], ["bright"], model),
        ):
            with pytest.raises(InputError, match="was made with the model stub 1") as refused:
                use(other)
            assert refused.value.exit_code == 3
            assert "embed the scene again" in refused.value.remedy
    with pytest.raises(UsageError, match="Nothing can be assumed"):
        classify(embedding, ["dark", "bright"], SpeakingStub(), tmp_path / "a", assume="db")
    assert not (tmp_path / "a").exists()


def test_an_embedding_of_another_version_of_sargeo_is_refused(tmp_path: Path) -> None:
    scene = tmp_path / "x_vv.tif"
    write(scene, "utm_north")
    with rasterio.open(scene, "r+") as dataset:
        dataset.update_tags(SARGEO_EMBEDDING='{"nonsense": 1}')
    with pytest.raises(InputError, match="another version"):
        classify(scene, ["dark", "bright"], SpeakingStub(), tmp_path / "a")


def test_runs_of_different_kinds_share_a_folder(tmp_path: Path) -> None:
    scene, model, out = tmp_path / "x_vv.tif", SpeakingStub(), tmp_path / "out"
    write(scene, "utm_north")
    map_scene(scene, model, out)
    embed(scene, model, out)
    classify(scene, ["dark", "bright"], model, out)
    names = {p.name for p in out.iterdir()}
    assert {"x_vv_landcover.tif", "x_vv_embedding.tif", "x_vv_text.tif"} <= names
    embed(scene, model, out, overwrite=True)
    map_scene(scene, model, out, overwrite=True)
    assert {p.name for p in out.iterdir()} == names


def test_uncertain_pixels_get_their_code(tmp_path: Path) -> None:
    scene = tmp_path / "x_vv.tif"
    write(scene, "utm_north")
    report = classify(scene, ["dark", "bright"], SpeakingStub(), tmp_path, uncertain_below=0.9)
    codes, percents = (read(tmp_path / f"x_vv_{n}.tif") for n in ("text", "text_confidence"))
    np.testing.assert_array_equal(codes == 254, percents < 90)
    assert report.class_shares["uncertain"] == pytest.approx(
        (codes == 254).sum() / (codes > 0).sum()
    )
    with pytest.raises(UsageError, match="not a probability"):
        classify(scene, ["dark", "bright"], SpeakingStub(), tmp_path, uncertain_below=2)


class Cancel(Silent):
    """Cancels once the first cells have come by."""

    def __init__(self) -> None:
        self.asked = False

    def progress(self, progress: Progress) -> None:
        self.asked |= progress.done > 0 and progress.phase in {"embed", "classify", "search"}


def test_cancelled_runs_publish_nothing(tmp_path: Path) -> None:
    scene, out = tmp_path / "x_vv.tif", tmp_path / "out"
    write(scene, "utm_north")
    texts, model = ["dark", "bright"], SpeakingStub()
    for run in (
        lambda **told: embed(scene, model, out, **told),
        lambda **told: classify(scene, texts, model, out, **told),
        lambda **told: search([scene], texts, model, out / "places.csv", **told),
    ):
        cancel = Cancel()
        with pytest.raises(CancelledError):
            run(reporter=cancel, cancelled=lambda cancel=cancel: cancel.asked)
    assert [p.name for p in out.iterdir() if not p.name.startswith(".")] == []
    embed(scene, model, out, overwrite=True)


def test_nothing_valid_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    scene, out = tmp_path / "x_vv.tif", tmp_path / "out"
    grid = write(scene, "utm_north")
    aoi = area(grid, slice(2, 10), slice(2, 10))
    for run in (
        lambda: embed(scene, SpeakingStub(), out, aoi=aoi),
        lambda: classify(scene, ["dark", "bright"], SpeakingStub(), out, aoi=aoi),
    ):
        with pytest.raises(NothingValidError):
            run()
    assert list(out.iterdir()) == []
