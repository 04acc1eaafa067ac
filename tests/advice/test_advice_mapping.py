"""Options that make no sense, and runs that find nothing: what is advised leads to a right map."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from support.advice import follows
from support.rasters import CRS_CASES
from support.seaside import SIDE, assert_right, decibels, landcover, seaside

import sargeo
from sargeo.errors import CancelledError
from sargeo.legend import NODATA

Refused = Callable[..., Any]
Mapped = Callable[..., Path]

UTM, GRID = CRS_CASES["utm_north"]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


@pytest.fixture
def corrected(
    scene: Path, refused: Refused, mapped: Mapped, tmp_path: Path
) -> Callable[..., tuple[str, Path]]:
    """Refuse options of ``map``, then map with others that the advice is asked for."""

    def call(
        *wrong: tuple[object, ...], right: Callable[[str], tuple[object, ...]], code: int = 2
    ) -> tuple[str, Path]:
        words = ("map", scene, "-o", tmp_path / "refused")
        (remedy,) = {refused(*words, *each, code=code).remedy for each in wrong}
        return remedy, mapped(scene, *right(remedy))

    return call


Corrected = Callable[..., tuple[str, Path]]


def numbers_in(remedy: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", remedy)]


@follows("sargeo.mapping.options:MapOptions.__post_init__", "Choose from ….")
def test_products_are_chosen(corrected: Corrected) -> None:
    def all_of(remedy: str) -> tuple[str, str]:
        named = remedy.removeprefix("Choose from ").removesuffix(".")
        return "--products", named.replace(" ", "")

    _, out = corrected(
        *[("--products", wrong) for wrong in ("lakes", "landcover,lakes", "")], right=all_of
    )
    assert_right(out)
    assert len(sargeo.read_objects(out)) > 0


@follows("sargeo.mapping.options:MapOptions.__post_init__", "Give a cell size above 0 metres.")
def test_a_cell_size_is_given(corrected: Corrected) -> None:
    _, out = corrected(
        *[("--cell-size", wrong) for wrong in ("0", "-500", "nan")],
        right=lambda _: ("--cell-size", 320),
    )
    with rasterio.open(out / "scene_count.tif") as counts:
        assert counts.shape == (4, 4)
        assert counts.read(1).sum() == len(sargeo.read_objects(out))


@follows("sargeo.products.count:CountGrid.plan", "Give metres, > 0.")
def test_a_finite_cell_size_is_given(corrected: Corrected) -> None:
    _, out = corrected(("--cell-size", "inf"), right=lambda _: ("--cell-size", 320))
    with rasterio.open(out / "scene_count.tif") as counts:
        assert counts.shape == (4, 4)


@follows(
    "sargeo.mapping.options:MapOptions.__post_init__",
    "Give a number from 0 to 1 as the limit of the uncertain class.",
)
def test_a_limit_of_the_uncertain_class_is_given(corrected: Corrected) -> None:
    _, out = corrected(
        *[("--uncertain-below", wrong) for wrong in ("40", "-0.1", "nan")],
        right=lambda _: ("--uncertain-below", 0.4),
    )
    with rasterio.open(out / "scene_confidence.tif") as confidence:
        np.testing.assert_array_equal(landcover(out) == 254, confidence.read(1) < 40)


@follows("sargeo.mapping.options:MapOptions._need_landcover", "Add landcover to the products.")
@pytest.mark.parametrize(
    "needing",
    [("--class-probabilities",), ("--uncertain-below", 0.1), ("--land-mask", "auto")],
    ids=lambda options: options[0],
)
def test_land_cover_is_added(needing: tuple[object, ...], corrected: Corrected) -> None:
    _, out = corrected(
        ("--products", "objects", *needing),
        right=lambda _: ("--products", "objects,landcover", *needing),
    )
    assert_right(out)


@follows("sargeo.errors:require_finite", "Give a finite number.")
@pytest.mark.parametrize("option", ["--min-length", "--max-length", "--coast-buffer"])
@pytest.mark.parametrize("wrong", ["nan", "inf", "-inf"])
def test_a_finite_number_is_given(option: str, wrong: str, corrected: Corrected) -> None:
    land = ("--land-mask", "auto")
    _, out = corrected((option, wrong, *land), right=lambda _: (option, "250", *land))
    assert_right(out)


@follows("sargeo.mapping.object_filters:ObjectControls.__post_init__", "Give at most … metres.")
def test_a_narrower_buffer_is_given(corrected: Corrected) -> None:
    """Which takes in every object of the scene, as there is land within it."""
    land = ("--land-mask", "auto", "--coast-buffer")
    _, out = corrected((*land, "1e7"), right=lambda told: (*land, numbers_in(told)[0]))
    assert sargeo.read_objects(out).empty


@follows("sargeo.mapping.object_filters:ObjectControls.__post_init__", "Give a number from 0 to 1.")
def test_a_least_confidence_is_given(corrected: Corrected) -> None:
    _, out = corrected(
        *[("--min-confidence", wrong) for wrong in ("2", "-0.5", "nan")],
        right=lambda _: ("--min-confidence", 0.9),
    )
    objects = sargeo.read_objects(out)
    assert (objects["confidence"] >= 0.9).all()


@follows(
    "sargeo.mapping.object_filters:ObjectControls.__post_init__",
    "Give a least length below the greatest, both in metres.",
)
@pytest.mark.parametrize(
    "wrong", [("--min-length", 300, "--max-length", 20), ("--min-length", -1)], ids=str
)
def test_lengths_are_given_in_order(wrong: tuple[object, ...], corrected: Corrected) -> None:
    _, out = corrected(wrong, right=lambda _: ("--min-length", 20, "--max-length", 300))
    length = sargeo.read_objects(out)["length_m"]
    assert len(length) > 0
    assert length.between(20, 300).all()


@follows(
    "sargeo.mapping.object_filters:ObjectControls.__post_init__",
    "Add --land-mask FILE or --land-mask auto.",
)
@pytest.mark.parametrize("auto", [True, False])
def test_a_land_mask_is_added(auto: bool, corrected: Corrected, tmp_path: Path) -> None:
    """The ship by the coast goes, the two at sea stay."""
    land = tmp_path / "land.gpkg"
    east = shapely.box(*(GRID @ (SIDE // 2, SIDE)), *(GRID @ (SIDE, 0)))
    gpd.GeoDataFrame(geometry=[east], crs=UTM).to_file(land)
    buffer = ("--coast-buffer", 250, "--min-confidence", 0.1)
    _, out = corrected(buffer, right=lambda _: (*buffer, "--land-mask", "auto" if auto else land))
    objects = sargeo.read_objects(out)
    assert len(objects) > 0
    assert (objects.geometry.x < east.bounds[0] - 250 + 10 * auto * 3).all()


@follows("sargeo.inference.job:_tiling", "Give a multiple of ….")
@pytest.mark.parametrize("option", ["--patch", "--margin"])
def test_a_multiple_is_given(option: str, corrected: Corrected) -> None:
    def multiple(remedy: str) -> tuple[object, ...]:
        (step,) = numbers_in(remedy)
        return option, 2 * step if option == "--margin" else 128 // step * step

    # A patch that small has no room for the margin of the model.
    fixed = ("--margin", 32) if option == "--patch" else ()
    _, out = corrected((option, 33, *fixed), right=lambda r: (*multiple(r), *fixed))
    assert_right(out)


@follows("sargeo.inference.job:_tiling", "Give a margin of at most ….")
@pytest.mark.parametrize("patch", [128, 96])
def test_a_smaller_margin_is_given(patch: int, corrected: Corrected) -> None:
    _, out = corrected(
        ("--patch", patch, "--margin", 64),
        right=lambda remedy: ("--patch", patch, "--margin", *numbers_in(remedy)),
    )
    assert (landcover(out) != NODATA).all()


@follows("sargeo.inference.job:_tiling", "Give a batch size of 1 or more.")
def test_a_batch_size_is_given(corrected: Corrected) -> None:
    _, out = corrected(
        *[("--batch-size", wrong) for wrong in (0, -4)], right=lambda _: ("--batch-size", 1)
    )
    assert_right(out)


@follows("sargeo.model.devices:pick_device", "Choose auto, cpu, cuda or cuda:N.")
@pytest.mark.parametrize("named", ["auto", "cpu"])
def test_a_device_is_chosen(named: str, corrected: Corrected) -> None:
    remedy, out = corrected(("--device", "tpu"), right=lambda _: ("--device", named))
    assert named in remedy
    assert_right(out)


@follows(
    "sargeo.model.devices:pick_device",
    "Choose another device, or auto; `sargeo doctor` lists what there is.",
)
def test_a_device_that_is_there_is_chosen(corrected: Corrected, done: Callable[..., str]) -> None:
    _, out = corrected(("--device", "cuda:99"), right=lambda _: ("--device", "auto"), code=4)
    assert_right(out)
    devices = json.loads(done("doctor", "--json"))["devices"]
    assert "cpu" in devices
    assert "cuda:99" not in devices


@follows("sargeo.inference.run:nothing_valid", "Check its nodata value and the area of interest.")
@pytest.mark.parametrize("fault", ["nodata", "area"])
def test_nodata_and_area_are_checked(
    fault: str,
    tmp_path: Path,
    refused: Refused,
    mapped: Mapped,
    gdal: Callable[..., str],
) -> None:
    """Of a scene with a hole, the area lies in the hole; or the tag takes what was measured."""
    values = decibels()
    values[:, :40, :40] = -99
    scene = seaside(tmp_path / "scene.tif", values, nodata=-99)
    hole = tmp_path / "hole.gpkg"
    area = shapely.Point(GRID @ (20, 20)).buffer(99)
    gpd.GeoDataFrame(geometry=[area], crs=UTM).to_file(hole)
    refused("map", scene, "-o", tmp_path / "refused", "--aoi", hole)
    if fault == "area":
        assert_right(mapped(scene), values[0] != -99)
        return
    assert "NoData Value=-99" in gdal("gdalinfo", scene)
    values[:, :40, :40] = decibels()[:, :40, :40]
    seaside(scene, values, nodata=-99)
    assert (landcover(mapped(scene, "--aoi", hole)) != NODATA).sum() > 250


@follows("sargeo.products.count:CountGrid.count", "Choose a smaller cell size.")
def test_a_smaller_cell_size_is_chosen() -> None:
    """As of a scene with more than 65534 ships in a cell."""
    from pyproj import CRS

    from sargeo.errors import UsageError
    from sargeo.geo.grid import GeoGrid
    from sargeo.products.count import CountGrid

    grid = GeoGrid(CRS.from_user_input(UTM), GRID, (100, 100))
    rows, cols = np.random.default_rng(0).uniform(0, 100, (2, 70_000))
    with pytest.raises(UsageError):
        CountGrid.plan(grid, 1000).count(rows, cols)
    assert CountGrid.plan(grid, 500).count(rows, cols).sum(dtype=int) == 70_000


def cancelled_amid(scene: Path, out: Path) -> CancelledError:
    """Cancel a run once it has finished some of its products."""
    with pytest.raises(CancelledError) as ended:
        sargeo.map_scene(
            scene, out_dir=out, device="cpu", cancelled=lambda: any(out.glob(".*/*_landcover.tif"))
        )
    return ended.value


@follows(
    "sargeo.inference.progress:RunProgress.check",
    "Run the same command again to start from the beginning.",
)
def test_a_cancelled_run_starts_anew(scene: Path, out: Path, mapped: Mapped) -> None:
    with pytest.raises(CancelledError):
        sargeo.map_scene(scene, out_dir=out, device="cpu", cancelled=lambda: True)
    assert_right(mapped(scene))


@follows(
    "sargeo.inference.progress:RunProgress.check",
    "Run the same command again to start from the beginning.",
)
def test_a_run_cancelled_amid_its_work_starts_anew(scene: Path, out: Path, mapped: Mapped) -> None:
    """What the error notes is said with it: see `sargeo_cli.failures`."""
    (note,) = cancelled_amid(scene, out).__notes__
    assert note.endswith("--overwrite removes the folder.")
    assert_right(mapped(scene, "--overwrite"))


@follows(
    "sargeo.products.workspace:Workspace._refuse_existing",
    "Add --overwrite to remove it and start anew.",
)
def test_an_unfinished_run_is_removed(
    scene: Path, out: Path, refused: Refused, mapped: Mapped
) -> None:
    cancelled_amid(scene, out)
    refused("map", scene, "-o", out, code=2)
    assert_right(mapped(scene, "--overwrite"))
    assert not list(out.glob(".*"))


@follows(
    "sargeo.products.workspace:Workspace._refuse_existing",
    "Choose another output folder, or add --overwrite to replace them.",
)
@pytest.mark.parametrize("another", [True, False])
def test_products_are_replaced_or_written_elsewhere(
    another: bool, products: Path, refused: Refused, done: Callable[..., str]
) -> None:
    out = products / "out"
    refused("map", products / "scene.tif", "-o", out, code=2)
    seaside(products / "scene.tif", decibels()[:, :, ::-1].copy())
    chosen = ("-o", products / "other") if another else ("-o", out, "--overwrite")
    done("map", products / "scene.tif", *chosen, "--progress", "none")
    mirrored = products / "other" if another else out
    assert (landcover(mirrored)[:, 70:] == 80).mean() > 0.8
    if another:
        assert_right(out)


@follows(
    "sargeo.products.workspace:Workspace._take_lock",
    "Wait for it to end, or choose another output folder.",
)
@pytest.mark.parametrize("wait", [True, False])
def test_a_folder_in_use_is_waited_for(
    wait: bool, scene: Path, out: Path, refused: Refused, mapped: Mapped, done: Callable[..., str]
) -> None:
    from sargeo.products.names import ProductPaths
    from sargeo.products.workspace import Workspace

    with Workspace(out, "scene", ProductPaths):
        refused("map", scene, "-o", out, code=4)
        if not wait:
            done("map", scene, "-o", out.with_name("other"), "--progress", "none")
            assert_right(out.with_name("other"))
            return
    assert_right(mapped(scene, "--overwrite"))


ROTATED_POLE = (
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39 +lon_0=18 +to_meter=0.0174532925199433"
)


@follows(
    "sargeo.products.vector:check_objects_crs",
    "Add --products landcover, or warp the scene with gdalwarp -t_srs EPSG:4326 SCENE warped.tif "
    "and map that.",
)
@pytest.mark.parametrize("warped", [True, False])
def test_a_scene_on_a_rotated_pole_is_warped_or_mapped_without_objects(
    warped: bool, tmp_path: Path, refused: Refused, mapped: Mapped, gdal: Callable[..., str]
) -> None:
    place = Affine(1e-4, 0, 1, 0, -1e-4, 1)
    scene = seaside(tmp_path / "scene.tif", crs=ROTATED_POLE, transform=place)
    refused("map", scene, "-o", tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
    options: tuple[str, ...] = ("--products", "landcover")
    if warped:
        # GeoTIFF has no words for this CRS either: GDAL keeps it in a file beside it.
        gdal("gdalwarp", "-t_srs", "EPSG:4326", scene, tmp_path / "warped.tif")
        scene, options = tmp_path / "warped.tif", ()
    out = mapped(scene, *options)
    with rasterio.open(next(out.glob("*_landcover.tif"))) as dataset:
        shares = [(dataset.read(1) == code).mean() for code in (80, 0)]
    assert shares[0] > 0.2
