"""A run as a whole: what it writes, what it leaves behind, what changes nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box
from support.stub_model import StubModel

from sargeo.errors import (
    AreaOfInterestError,
    CancelledError,
    NothingValidError,
    OutputNotWritableError,
    ProductsExistError,
    UsageError,
)
from sargeo.evaluation.assess import class_areas_m2
from sargeo.legend import LAND_COVER
from sargeo.mapping import MapOptions, ObjectControls, map_scene, plan_map
from sargeo.mapping.options import MapKeywords
from sargeo.products.names import ProductPaths
from sargeo.products.windows import open_product
from sargeo.products.workspace import Workspace
from sargeo.reporting import Progress, Silent

TRANSFORM = Affine(10, 0, 380_000, 0, -10, 3_730_000)
CRS = "EPSG:32611"


def write(path: Path, values: np.ndarray) -> Path:
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=height, width=width,
        crs=CRS, transform=TRANSFORM, nodata=np.nan,
    ) as dataset:  # fmt: skip
        dataset.write(values.astype(np.float32), 1)
        dataset.set_band_description(1, "VV")
        dataset.update_tags(1, UNITS="dB", QUANTITY="sigma0")
    return path


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    cells = rng.choice([-20.0, -4.0], size=(50, 70))
    cells[rng.random(cells.shape) < 0.02] = 20.0
    values = np.kron(cells, np.ones((4, 4)))[:199, :277]
    values[150:, :80] = np.nan
    return write(tmp_path / "bay.tif", values)


def digest(folder: Path, *names: str) -> dict[str, str]:
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names}


RASTERS = ("bay_landcover.tif", "bay_confidence.tif", "bay_count.tif")


class Heard(Silent):
    """Keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, message: str) -> None:
        self.warnings.append(message)


def test_what_is_presumed_and_left_out_is_said_in_the_run_its_item_and_its_page(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(3)
    values = np.stack([np.full((128, 160), 38.5), rng.normal(-12, 3, (128, 160))])
    path = tmp_path / "bay.tif"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=2, height=128, width=160,
        crs=CRS, transform=TRANSFORM,
    ) as dataset:  # fmt: skip
        dataset.write(values.astype(np.float32))
        dataset.descriptions = ("angle", "VV db")
    heard, out = Heard(), tmp_path / "out"
    map_scene(path, StubModel(), out, web_map=True, reporter=heard)
    presumed = "VV is presumed to be sigma nought, as the file names no calibration."
    left_out = "Band 1 (angle) is not mapped, but for its mean: incidence angle."
    assert heard.warnings == [presumed, left_out]
    item = json.loads((out / "bay.stac.json").read_text(encoding="utf-8"))
    assert item["properties"]["sargeo:settings"]["notices"] == heard.warnings
    page = (out / "bay_map.html").read_text(encoding="utf-8")
    assert presumed in page
    assert left_out in page
    assert 'data-layer="scene"' in page  # opened again with the same band left out


def test_all_products_and_nothing_else(scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = map_scene(scene, StubModel(), out, class_probabilities=True)
    names = {p.name for p in out.iterdir()}
    assert names == {
        *RASTERS,
        "bay_landcover.tif.aux.xml",
        "bay_probabilities.tif",
        "bay_objects.gpkg",
        "bay_landcover.qml",
        "bay_count.qml",
        "bay.stac.json",
    }
    assert {p.name for p in report.products} == names
    assert sum(report.class_shares.values()) == pytest.approx(1)
    assert report.valid_share == pytest.approx(1 - 49 * 80 / (199 * 277))
    with open_product(out / "bay_landcover.tif") as product:
        areas_km2 = class_areas_m2(product) / 1e6
    assert report.class_areas_km2 == pytest.approx(
        {c.name: areas_km2[c.code] for c in LAND_COVER if areas_km2[c.code]}, abs=1e-6
    )
    item = json.loads((out / "bay.stac.json").read_text(encoding="utf-8"))
    assert {a["href"] for a in item["assets"].values()} >= {f"./{n}" for n in RASTERS}


@pytest.mark.parametrize(
    "options", [{"batch_size": 1}, {"batch_size": 7}, {"patch": 128, "margin": 16}, {"margin": 0}]
)
def test_cutting_changes_no_byte(scene: Path, tmp_path: Path, options: dict[str, int]) -> None:
    """The stub sees one cell at a time, so windows must not matter at all."""
    map_scene(scene, StubModel(), tmp_path / "a")
    map_scene(scene, StubModel(), tmp_path / "b", **options)
    assert digest(tmp_path / "a", *RASTERS) == digest(tmp_path / "b", *RASTERS)


def test_an_area_of_interest_changes_no_pixel_inside(scene: Path, tmp_path: Path) -> None:
    x, y = TRANSFORM @ (130, 100)
    aoi = gpd.GeoDataFrame(geometry=[box(x - 400, y - 300, x + 500, y + 350)], crs=CRS).to_crs(4326)
    aoi.to_file(tmp_path / "aoi.gpkg")
    map_scene(scene, StubModel(), tmp_path / "all")
    map_scene(scene, StubModel(), tmp_path / "part", aoi=tmp_path / "aoi.gpkg")
    with (
        rasterio.open(tmp_path / "all" / "bay_landcover.tif") as whole,
        rasterio.open(tmp_path / "part" / "bay_landcover.tif") as part,
    ):
        inside = part.read(1) > 0
        np.testing.assert_array_equal(part.read(1)[inside], whole.read(1)[inside])
    rows, cols = np.nonzero(inside)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (65, 129, 90, 179)


def test_uncertain_pixels_get_their_code(scene: Path, tmp_path: Path) -> None:
    map_scene(scene, StubModel(), tmp_path / "out", uncertain_below=0.9)
    with (
        rasterio.open(tmp_path / "out" / "bay_landcover.tif") as landcover,
        rasterio.open(tmp_path / "out" / "bay_confidence.tif") as confidence,
    ):
        codes, percent = landcover.read(1), confidence.read(1)
    assert ((codes == 254) == (percent < 90)).all()
    assert (codes == 254).any()
    assert ((codes == 0) == (percent == 255)).all()


@pytest.mark.parametrize("products", [("landcover",), ("objects",)])
def test_only_what_was_asked_for(scene: Path, tmp_path: Path, products: tuple[str, ...]) -> None:
    report = map_scene(scene, StubModel(), tmp_path / "out", products=products)
    names = {p.name for p in report.products}
    assert ("bay_landcover.tif" in names) == ("landcover" in products)
    assert ("bay_objects.gpkg" in names) == ("objects" in products)
    assert ("bay_count.tif" in names) == ("objects" in products)


def test_products_are_not_replaced_unasked(scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    map_scene(scene, StubModel(), out)
    before = digest(out, *RASTERS)
    with pytest.raises(ProductsExistError, match="already holds"):
        map_scene(scene, StubModel(), out, products=("landcover",))
    assert digest(out, *RASTERS) == before
    map_scene(scene, StubModel(), out, products=("landcover",), overwrite=True)
    assert not (out / "bay_objects.gpkg").exists()


def test_what_nobody_tells_is_not_in_the_item(scene: Path, tmp_path: Path) -> None:
    """The scene's name says no time, and the model has no folder, thus no item."""
    map_scene(scene, StubModel(), tmp_path)
    item = json.loads((tmp_path / "bay.stac.json").read_text(encoding="utf-8"))
    assert item["properties"]["datetime"] is None
    assert item["properties"]["sargeo:datetime_means"] == "processing"
    assert "processing:expression" not in item["properties"]
    assert [link["href"] for link in item["links"] if link["rel"] == "derived_from"] == [str(scene)]


class CancelAfter(Silent):
    """Cancels once a number of windows are done."""

    def __init__(self, windows: int) -> None:
        self.windows, self.done = windows, 0

    def progress(self, progress: Progress) -> None:
        if progress.phase == "map":
            self.done = progress.done

    def __call__(self) -> bool:
        return self.done >= self.windows


def test_a_run_cancelled_amid_its_windows_leaves_nothing(scene: Path, tmp_path: Path) -> None:
    out, cancel = tmp_path / "out", CancelAfter(12)
    with pytest.raises(CancelledError) as cancelled:
        map_scene(scene, StubModel(), out, reporter=cancel, cancelled=cancel)
    assert cancelled.value.exit_code == 130
    assert list(out.iterdir()) == []
    map_scene(scene, StubModel(), out)


def test_a_run_writes_nothing_but_its_products_and_their_rows(scene: Path, tmp_path: Path) -> None:
    out, seen = tmp_path / "out", set()

    def look() -> bool:
        seen.update(p.name for p in out.glob(".bay.sargeo/**/*"))
        return False

    map_scene(scene, StubModel(), out, cancelled=look)
    assert ".bay_landcover.rows.tif" in seen
    assert all(name.lstrip(".").startswith("bay") for name in seen)


def test_a_cancelled_run_keeps_finished_products_and_publishes_none(
    scene: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    folder = out / ".bay.sargeo"
    with pytest.raises(CancelledError) as cancelled:
        map_scene(
            scene, StubModel(), out, cancelled=lambda: (folder / "bay_landcover.tif").exists()
        )
    assert [p.name for p in out.iterdir()] == [folder.name]
    assert cancelled.value.__notes__ == [
        f"Finished products stay in {folder}; --overwrite removes the folder."
    ]
    assert not [p.name for p in folder.iterdir() if not p.name.startswith("bay")]
    with pytest.raises(ProductsExistError, match="unfinished run"):
        map_scene(scene, StubModel(), out)
    map_scene(scene, StubModel(), out, overwrite=True)
    assert not (out / ".bay.sargeo").exists()


def test_two_runs_do_not_share_a_folder(scene: Path, tmp_path: Path) -> None:
    with (
        Workspace(tmp_path / "out", "bay", ProductPaths),
        pytest.raises(OutputNotWritableError, match="Another run"),
    ):
        map_scene(scene, StubModel(), tmp_path / "out")


def test_nothing_valid_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    values = np.full((300, 300), np.nan)
    values[:40, :40] = -10
    path = write(tmp_path / "bay.tif", values)
    x, y = TRANSFORM @ (200, 200)
    aoi = gpd.GeoDataFrame(geometry=[box(x, y - 100, x + 100, y)], crs=CRS)
    with pytest.raises(NothingValidError):
        map_scene(path, StubModel(), tmp_path / "out", aoi=aoi)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_area_elsewhere_is_refused(scene: Path, tmp_path: Path) -> None:
    aoi = gpd.GeoDataFrame(geometry=[box(10, 50, 11, 51)], crs=4326)
    with pytest.raises(AreaOfInterestError, match="does not touch"):
        map_scene(scene, StubModel(), tmp_path / "out", aoi=aoi)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"products": ("clouds",)},
        {"products": ()},
        {"cell_size_m": 0},
        {"batch_size": 0},
        {"patch": 63},
        {"margin": 64},
        {"uncertain_below": 1.5},
        {"products": ("objects",), "class_probabilities": True},
        {"products": ("objects",), "objects": ObjectControls(land_mask="auto")},
    ],
)
def test_options_that_make_no_sense(scene: Path, tmp_path: Path, options: dict) -> None:
    with pytest.raises(UsageError):
        map_scene(scene, StubModel(), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_keywords_are_the_options() -> None:
    assert set(MapKeywords.__annotations__) == set(MapOptions.__dataclass_fields__)


def test_a_plan_tells_what_a_run_does(scene: Path, tmp_path: Path) -> None:
    class Windows(Silent):
        total = 0

        def progress(self, progress: Progress) -> None:
            if progress.phase == "map":
                Windows.total = progress.total
                assert progress.done <= progress.total

    plan = plan_map(scene, StubModel())
    map_scene(scene, StubModel(), tmp_path / "out", reporter=Windows())
    assert plan.windows == Windows.total
    assert (plan.rows, plan.cols) == (199, 277)
    assert not plan.resampled
    json.dumps(plan.to_dict())


def test_object_controls(scene: Path, tmp_path: Path) -> None:
    everything = map_scene(scene, StubModel(), tmp_path / "a").objects
    assert everything
    none = ObjectControls(min_confidence=0.9)
    nothing = map_scene(scene, StubModel(), tmp_path / "b", objects=none)
    assert nothing.objects == 0
    assert nothing.objects_dropped["below_confidence"] == nothing.objects_proposed
    frame = gpd.read_file(tmp_path / "a" / "bay_objects.gpkg", layer="objects")
    zone = gpd.GeoDataFrame(geometry=[frame.geometry[0].buffer(1)], crs=frame.crs)
    zone.to_crs(4326).to_file(tmp_path / "zone.geojson")
    fewer = ObjectControls(exclude=tmp_path / "zone.geojson")
    left = map_scene(scene, StubModel(), tmp_path / "c", objects=fewer)
    assert left.objects == everything - 1
    assert left.objects_dropped["excluded"] == 1


def test_objects_outside_the_area_are_counted(scene: Path, tmp_path: Path) -> None:
    whole = map_scene(scene, StubModel(), tmp_path / "a")
    x, y = TRANSFORM @ (130, 100)
    aoi = gpd.GeoDataFrame(geometry=[box(x - 400, y - 300, x + 500, y + 350)], crs=CRS)
    part = map_scene(scene, StubModel(), tmp_path / "b", aoi=aoi)
    for report in (whole, part):
        kept = (report.objects_proposed or 0) - sum(report.objects_dropped.values())
        assert kept == report.objects
    assert part.objects_dropped["outside"] > whole.objects_dropped["outside"]
    neither = map_scene(scene, StubModel(), tmp_path / "c", products=("landcover",))
    assert (neither.objects, neither.objects_proposed, neither.objects_dropped) == (None, None, {})
