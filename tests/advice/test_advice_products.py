"""Products and reference data that cannot be used: what is advised leads to right figures."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from support.advice import exercises, follows
from support.rasters import CRS_CASES, write_raster
from support.seaside import SIDE, assert_right, decibels, seaside

import sargeo
from sargeo.errors import InputError, NoGeoreferenceError

Refused = Callable[..., Any]
Done = Callable[..., str]

UTM, GRID = CRS_CASES["utm_north"]

SEA = shapely.box(*(GRID @ (8, 120)), *(GRID @ (56, 8)))
LAND = shapely.box(*(GRID @ (72, 120)), *(GRID @ (120, 8)))


def reference(path: Path, *, crs: str = UTM, **fields: object) -> Path:
    """Write a polygon of sea and one of land, by default with the names of their classes."""
    columns = fields or {"class": ["open water", "trees"]}
    gpd.GeoDataFrame(columns, geometry=[SEA, LAND], crs=crs).to_file(path)
    return path


def water_is_found(done: Done, *words: object) -> None:
    """The assessment of the sea is right."""
    found = json.loads(done("assess", *words, "--json"))
    (water,) = [c for c in found["classes"] if c["class"] == "open water"]
    assert water["users_accuracy"] > 0.9
    assert water["sample_producers_accuracy"] > 0.9


@pytest.fixture(scope="session")
def landcover_product(session_map: Path) -> Path:
    return session_map / "out" / "scene_landcover.tif"


@follows(
    "sargeo.evaluation.assess:assess_landcover",
    "Check that both lie in the same place, and that the reference's CRS is right.",
)
def test_the_crs_of_a_reference_is_set_right(
    tmp_path: Path, landcover_product: Path, refused: Refused, done: Done, gdal: Done
) -> None:
    wrong = reference(tmp_path / "wrong.gpkg", crs="EPSG:32611")
    refused("assess", wrong, landcover_product)
    gdal("ogr2ogr", "-a_srs", UTM, tmp_path / "right.gpkg", wrong)
    water_is_found(done, tmp_path / "right.gpkg", landcover_product)


@follows("sargeo.evaluation.assess:class_areas_m2", "Give the file that ends in _landcover.tif.")
@pytest.mark.parametrize("other", ["confidence", "count"])
def test_the_land_cover_is_given(
    other: str, tmp_path: Path, landcover_product: Path, refused: Refused, done: Done
) -> None:
    labelled = reference(tmp_path / "labelled.gpkg")
    refused("assess", labelled, landcover_product.with_name(f"scene_{other}.tif"))
    scene = seaside(tmp_path / "floats.tif")
    assert "floats.tif holds values" in refused("assess", labelled, scene).problem
    water_is_found(done, labelled, landcover_product)


@follows("sargeo.evaluation.reference:read_reference", "Name the field that holds the classes: ….")
@exercises("--class-field", "--json", of="assess")
def test_the_field_of_classes_is_named(
    tmp_path: Path, landcover_product: Path, refused: Refused, done: Done
) -> None:
    labelled = reference(tmp_path / "labelled.gpkg", cover=["open water", "trees"])
    remedy = refused("assess", labelled, landcover_product).remedy
    field = remedy.rstrip(".").split(": ")[1]
    water_is_found(done, labelled, landcover_product, "--class-field", field)


@follows("sargeo.evaluation.reference:read_reference", "Give a file of points, or one of polygons.")
@pytest.mark.parametrize("points", [True, False])
def test_points_or_polygons_are_given(
    points: bool, tmp_path: Path, landcover_product: Path, refused: Refused, done: Done
) -> None:
    shapes = [SEA, LAND, SEA.centroid, LAND.centroid]
    classes = ["open water", "trees"] * 2
    mixed = gpd.GeoDataFrame({"class": classes}, geometry=shapes, crs=UTM)
    mixed.to_file(tmp_path / "mixed.gpkg")
    refused("assess", tmp_path / "mixed.gpkg", landcover_product)
    mixed[mixed.geom_type == ("Point" if points else "Polygon")].to_file(tmp_path / "one.gpkg")
    water_is_found(done, tmp_path / "one.gpkg", landcover_product)


@follows("sargeo.evaluation.reference:_code", "Use …, our codes, or those of ESA WorldCover.")
@pytest.mark.parametrize("way", ["name", "code", "WorldCover"])
def test_known_classes_are_used(
    way: str, tmp_path: Path, landcover_product: Path, refused: Refused, done: Done
) -> None:
    unknown = reference(tmp_path / "unknown.gpkg", **{"class": ["the sea", "the woods"]})
    remedy = refused("assess", unknown, landcover_product).remedy
    for numbers in (["inf", "-inf"], [np.inf, 80.0], [80.5, 80.0]):
        odd = reference(tmp_path / "odd.gpkg", **{"class": numbers})
        assert refused("assess", odd, landcover_product).remedy == remedy
    names = remedy.removeprefix("Use ").split(", our codes")[0].split(", ")
    classes = {"name": [names[-1], names[0]], "code": [80, 10], "WorldCover": ["80", "95"]}[way]
    known = reference(tmp_path / "known.gpkg", **{"class": classes})
    water_is_found(done, known, landcover_product)


@follows("sargeo.evaluation.objects:assess_objects", "Give metres, > 0.")
@pytest.mark.parametrize("wrong", [0, -5])
@exercises("--tolerance", of="assess")
def test_a_tolerance_is_given(
    wrong: float, session_map: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    objects = session_map / "out" / "scene_objects.gpkg"
    ships = tmp_path / "ships.gpkg"
    sargeo.read_objects(objects.parent)[["geometry"]].to_file(ships)
    refused("assess", ships, objects, "--tolerance", wrong, code=2)
    found = json.loads(done("assess", ships, objects, "--tolerance", 5, "--json"))
    assert found["recall"] == found["precision"] == 1


@follows(
    "sargeo.geo.vectors:_Vectors.read",
    "Give a GeoPackage, GeoJSON, Shapefile, GeoParquet or what else GDAL opens.",
)
@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson", ".shp", ".fgb"])
def test_objects_are_given_as_points(
    suffix: str, session_map: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    objects = sargeo.read_objects(session_map / "out")[["geometry"]].to_crs(4326)
    letter = tmp_path / "objects.txt"
    letter.write_text("Two ships, I think.", encoding="utf-8")
    ships = tmp_path / f"ships{suffix}"
    objects.to_parquet(ships) if suffix == ".parquet" else objects.to_file(ships)
    truth = tmp_path / "truth.gpkg"
    objects.to_file(truth)
    refused("assess", truth, letter)
    found = json.loads(done("assess", truth, ships, "--json"))
    assert found["recall"] == found["precision"] == 1


@follows("sargeo.geo.vectors:read_vectors", "Give a file with at least one ….")
def test_zones_with_a_polygon_are_given(
    session_map: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    zones = reference(tmp_path / "zones.gpkg")
    points = tmp_path / "points.gpkg"
    frame = gpd.read_file(zones)
    frame.set_geometry(frame.centroid).to_file(points)
    refused("zones", points, session_map / "out")
    sea, land = json.loads(done("zones", zones, session_map / "out", "--json"))["zones"]
    assert sea["open_water_share"] > 0.9
    assert land["open_water_share"] < 0.05


@follows("sargeo.evaluation.zones:write_zones", "End it in .csv or .gpkg.")
@pytest.mark.parametrize("suffix", [".csv", ".gpkg"])
@exercises("--output", of="zones")
def test_a_table_is_named(
    suffix: str, session_map: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    zones = reference(tmp_path / "zones.gpkg")
    refused("zones", zones, session_map / "out", "-o", tmp_path / "table.xlsx", code=2)
    table = tmp_path / f"table{suffix}"
    done("zones", zones, session_map / "out", "-o", table)
    read = pd.read_csv(table) if suffix == ".csv" else gpd.read_file(table)
    assert read["open_water_share"].round(1).tolist() == [1.0, 0.0]


@follows("sargeo.products.names:find_products", "Give the folder that a scene was mapped to.")
@pytest.mark.parametrize("wrong", [".", "elsewhere"])
@exercises("--output", of="webmap")
def test_the_folder_of_products_is_given(
    wrong: str, session_map: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    page = tmp_path / "page.html"
    refused("webmap", session_map / wrong, "-o", page)
    done("webmap", session_map / "out", "-o", page)
    assert page.stat().st_size > 100_000


@follows("sargeo.products.names:find_products", "Say which one by its name.")
@exercises("--name", "--json", of="zones")
def test_one_of_several_scenes_is_named(
    products: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    """The other scene is sea where this one is land."""
    mirrored = seaside(products / "mirrored.tif", decibels()[:, :, ::-1].copy())
    done("map", mirrored, "-o", products / "out", "--progress", "none")
    zones = reference(tmp_path / "zones.gpkg")
    problem = refused("zones", zones, products / "out").problem
    names = problem.rstrip(".").split(": ")[-1].split(", ")
    assert names == ["mirrored", "scene"]
    water = [
        json.loads(done("zones", zones, products / "out", "--name", name, "--json"))["zones"][0]
        for name in names
    ]
    assert [round(zone["open_water_share"]) for zone in water] == [0, 1]


@exercises("--name", of="webmap")
def test_the_page_of_one_of_several_scenes_is_written(
    products: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    for product in (products / "out").glob("scene*"):
        shutil.copy(product, product.with_name(product.name.replace("scene", "other")))
    page = tmp_path / "page.html"
    refused("webmap", products / "out", "-o", page)
    done("webmap", products / "out", "-o", page, "--name", "other")
    assert "other" in page.read_text(encoding="utf-8")


@follows("sargeo.products.read:_existing", "Map … with the product that it belongs to.")
def test_a_missing_product_is_mapped(tmp_path: Path, done: Done) -> None:
    scene, out = seaside(tmp_path / "scene.tif"), tmp_path / "out"
    words = ("map", scene, "-o", out, "--progress", "none", "--products")
    done(*words, "landcover")
    with pytest.raises(InputError) as caught:
        sargeo.read_objects(out)
    assert "Map scene with" in caught.value.remedy
    done(*words, "landcover,objects", "--overwrite")
    assert len(sargeo.read_objects(out)) == sargeo.open_counts(out)["objects"].sum()


@follows("sargeo.products.windows:open_product", "Give a raster that sargeo wrote.", problem="CRS")
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_product_with_a_crs_is_given(
    tmp_path: Path, landcover_product: Path, refused: Refused, done: Done
) -> None:
    labelled = reference(tmp_path / "labelled.gpkg")
    bare = write_raster(tmp_path / "bare.tif", np.full((1, 9, 9), 80, "uint8"), crs=None)
    refused("assess", labelled, bare)
    water_is_found(done, labelled, landcover_product)


@follows(
    "sargeo.products.windows:open_product", "Give a raster that sargeo wrote.", problem="opened"
)
def test_a_product_that_opens_is_given(
    tmp_path: Path, landcover_product: Path, refused: Refused, done: Done
) -> None:
    labelled = reference(tmp_path / "labelled.gpkg")
    letter = tmp_path / "letter.tif"
    letter.write_text("Dear colleague,", encoding="utf-8")
    refused("assess", labelled, letter)
    water_is_found(done, labelled, landcover_product)


def spoil(path: Path) -> None:
    """Overwrite the pixels of a raster."""
    with rasterio.open(path) as dataset:
        start, size = (
            int(dataset.get_tag_item(f"BLOCK_{what}_0_0", dm="TIFF", bidx=1))
            for what in ("OFFSET", "SIZE")
        )
    content = bytearray(path.read_bytes())
    content[start : start + size] = b"\xff" * size
    path.write_bytes(content)


@follows("sargeo.products.windows:ProductRaster._read", "Map the scene again with --overwrite.")
def test_a_damaged_raster_is_mapped_again(
    products: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    zones = reference(tmp_path / "zones.gpkg")
    spoil(products / "out" / "scene_landcover.tif")
    refused("zones", zones, products / "out")
    done("map", products / "scene.tif", "-o", products / "out", "--overwrite")
    sea, _ = json.loads(done("zones", zones, products / "out", "--json"))["zones"]
    assert sea["open_water_share"] > 0.9


@follows(
    "sargeo.webmap.vectors:read_objects",
    "Map the scene again with --overwrite; the file is damaged.",
)
def test_damaged_objects_are_mapped_again(
    products: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    page = tmp_path / "page.html"
    (products / "out" / "scene_objects.gpkg").write_text("Two ships.", encoding="utf-8")
    refused("webmap", products / "out", "-o", page)
    done("map", products / "scene.tif", "-o", products / "out", "--overwrite")
    done("webmap", products / "out", "-o", page)
    assert page.stat().st_size > 100_000


@follows(
    "sargeo.products.files:storage_error",
    "Free some space or choose an output folder on another disk.",
    simulated="the disk is not filled: the operating system is made to say so",
)
@pytest.mark.parametrize("free", [True, False])
def test_space_is_freed_or_another_disk_chosen(
    free: bool, tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, small = seaside(tmp_path / "scene.tif"), tmp_path / "small"
    write_text = Path.write_text

    def full(path: Path, *args: Any, **kwargs: Any) -> int:
        if small in path.parents:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write_text(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        refused("map", scene, "-o", small, code=4)
        if not free:
            done("map", scene, "-o", tmp_path / "large", "--progress", "none")
            assert_right(tmp_path / "large")
            return
    done("map", scene, "-o", small, "--progress", "none", "--overwrite")
    assert_right(small)


@follows(
    "sargeo.products.files:require_free_bytes",
    "Free some space or choose an output folder on another disk.",
    simulated="the disk is not filled: the operating system is made to say so",
)
@pytest.mark.parametrize("free", [True, False])
def test_a_disk_with_room_is_had(
    free: bool, tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, small = seaside(tmp_path / "scene.tif"), tmp_path / "small"
    disk_usage = shutil.disk_usage

    def full(path: Path) -> Any:
        usage = disk_usage(path)
        return usage._replace(free=9) if small in (path, *Path(path).parents) else usage

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", full)
        refused("map", scene, "-o", small, code=4)
        if not free:
            done("map", scene, "-o", tmp_path / "large", "--progress", "none")
            assert_right(tmp_path / "large")
            return
    done("map", scene, "-o", small, "--progress", "none")
    assert_right(small)


SHORTER = (
    "Give the scene under a shorter name, such as a link or a copy, or choose an output folder "
    "with a shorter path."
)


@follows("sargeo.products.files:storage_error", SHORTER)
@pytest.mark.parametrize("make", [Path.hardlink_to, lambda to, of: shutil.copy(of, to)])
def test_a_scene_is_given_under_a_shorter_name(
    make: Callable[[Path, Path], object], tmp_path: Path, refused: Refused, done: Done
) -> None:
    scene, out, short = seaside(tmp_path / f"{'s' * 245}.tif"), tmp_path / "out", tmp_path / "s.tif"
    refused("map", scene, "-o", out, code=4)
    make(short, scene)
    done("map", short, "-o", out, "--progress", "none")
    assert_right(out)


@follows("sargeo.products.files:storage_error", SHORTER)
def test_a_folder_with_a_shorter_path_is_chosen(
    tmp_path: Path, refused: Refused, done: Done
) -> None:
    scene, out = seaside(tmp_path / "scene.tif"), tmp_path / "out"
    refused("map", scene, "-o", out.joinpath(*["f" * 200] * 21), code=4)
    done("map", scene, "-o", out, "--progress", "none")
    assert_right(out)


@follows(
    "sargeo.products.workspace:Workspace.publish",
    "Close what holds its files open, and delete it.",
    simulated="only Windows refuses to remove what another program holds open",
)
def test_a_working_folder_that_was_held_open_is_deleted(
    tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, out, remove = seaside(tmp_path / "scene.tif"), tmp_path / "out", shutil.rmtree

    def held(folder: Path, *args: Any, **kwargs: Any) -> None:
        if Path(folder).parent == out:
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(folder))
        remove(folder, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", held)
        refused("map", scene, "-o", out, code=4)
    (working,) = [path for path in out.glob(".*") if path.is_dir()]
    remove(working)
    assert_right(out)
    done("map", scene, "-o", out, "--progress", "none", "--overwrite")
    assert not list(out.glob(".*"))


@follows(
    "sargeo.products.files:storage_error",
    "Check that the folder exists, that you may write there, and that no other program holds the "
    "file open.",
)
def test_a_writable_folder_is_named(
    session_map: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    page = tmp_path / "missing" / "page.html"
    refused("webmap", session_map / "out", "-o", page, code=4)
    page.parent.mkdir()
    done("webmap", session_map / "out", "-o", page)
    assert page.stat().st_size > 100_000


@follows(
    "sargeo.products.files:storage_error",
    "Check that the folder exists, that you may write there, and that no other program holds the "
    "file open.",
    simulated="only Windows refuses to replace what another program holds open",
)
def test_a_file_that_was_held_open_is_replaced(
    session_map: Path, tmp_path: Path, refused: Refused, done: Done, monkeypatch: Any
) -> None:
    page = tmp_path / "page.html"

    def held(path: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "The process cannot access the file", str(target))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", held)
        refused("webmap", session_map / "out", "-o", page, code=4)
    done("webmap", session_map / "out", "-o", page)
    assert page.stat().st_size > 100_000


@follows(
    "sargeo.products.raster:RasterSink._check",
    "Report this with the scene's CRS and size: it should not happen.",
    simulated="no scene is known of which this is said",
)
def test_what_to_report_is_known(
    tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = seaside(tmp_path / "scene.tif")
    monkeypatch.setattr(
        "sargeo.products.raster.RasterSink._lost", lambda sink, dataset: ["The nodata is lost"]
    )
    assert "The nodata is lost" in refused("map", scene, "-o", tmp_path / "out", code=4).problem
    facts = json.loads(done("info", scene, "--json"))
    assert facts["grid"]["epsg"] == 32633
    assert (facts["rows"], facts["columns"]) == (SIDE, SIDE)


@follows(
    "sargeo.geo.mercator:_known_lonlat",
    "Leave the web page (--web-map) out, and look at the products in a GIS, with a polar "
    "projection.",
)
def test_polar_products_are_looked_at_in_a_gis(
    tmp_path: Path, refused: Refused, done: Done, gdal: Done
) -> None:
    """GDAL stands for the GIS: it shows them in a polar projection of its own."""
    polar = rasterio.Affine(10, 0, -640, 0, -10, 640)
    scene = seaside(tmp_path / "scene.tif", crs="EPSG:3413", transform=polar)
    out = tmp_path / "out"
    refused("map", scene, "-o", tmp_path / "first", "--web-map")
    done("map", scene, "-o", out, "--progress", "none")
    refused("webmap", out, "-o", tmp_path / "page.html")
    assert_right(out)
    seen = tmp_path / "seen.tif"
    gdal("gdalwarp", "-t_srs", "EPSG:3995", out / "scene_landcover.tif", seen)
    with rasterio.open(seen) as picture:
        codes = picture.read(1)
    assert ((codes == 80).sum() / (codes != 0).sum()).round(1) == 0.5


OUTSIDE = "Check the CRS and the transform, or warp the scene to another CRS."


@follows("sargeo.geo.footprint:_outline", OUTSIDE)
def test_an_outline_off_the_map_is_warped() -> None:
    """As of a grid whose corners a projection does not reach; scenes are refused before it."""
    from pyproj import CRS

    from sargeo.geo.footprint import footprint_lonlat
    from sargeo.geo.grid import GeoGrid

    beyond = GeoGrid(CRS("+proj=ortho"), rasterio.Affine(1e6, 0, 5e7, 0, -1e6, 5e7), (9, 9))
    with pytest.raises(NoGeoreferenceError):
        footprint_lonlat(beyond)
    footprint_lonlat(GeoGrid(CRS("+proj=ortho"), rasterio.Affine(1e4, 0, 0, 0, -1e4, 0), (9, 9)))


@follows("sargeo.products.count:CountGrid.plan", OUTSIDE)
def test_cells_off_the_map_are_warped() -> None:
    from pyproj import CRS

    from sargeo.geo.grid import GeoGrid
    from sargeo.products.count import CountGrid

    beyond = GeoGrid(CRS("+proj=ortho"), rasterio.Affine(1e6, 0, 5e7, 0, -1e6, 5e7), (9, 9))
    with pytest.raises(NoGeoreferenceError):
        CountGrid.plan(beyond, 500)
    within = GeoGrid(CRS("+proj=ortho"), rasterio.Affine(10, 0, 0, 0, -10, 0), (90, 90))
    assert CountGrid.plan(within, 500).grid.shape == (2, 2)


@follows(
    "sargeo.geo.mercator:_known_lonlat",
    "Check that its CRS is the one that its coordinates are in.",
)
def test_the_crs_of_a_page_is_checked(
    products: Path, tmp_path: Path, refused: Refused, done: Done, gdal: Done
) -> None:
    """A product whose CRS was overwritten with one that does not reach there."""
    page, product = tmp_path / "page.html", products / "out" / "scene_landcover.tif"
    gdal("gdal_edit", "-a_srs", "+proj=ortho +datum=WGS84 +units=km", product)
    refused("webmap", products / "out", "-o", page)
    gdal("gdal_edit", "-a_srs", UTM, product)
    done("webmap", products / "out", "-o", page)
    assert page.stat().st_size > 100_000


@follows("sargeo.products.places:check_places_path", "End it in … or ….")
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".csv"])
def test_places_are_named(suffix: str, tmp_path: Path, refused: Refused, done: Done) -> None:
    scene = seaside(tmp_path / "scene.tif")
    words = ("search", scene, "--text", "open water", "--extent", 320, "--top", 2)
    remedy = refused(*words, "-o", tmp_path / "places.shp", code=2).remedy
    assert suffix in remedy
    places = tmp_path / f"places{suffix}"
    done(*words, "-o", places)
    table = pd.read_csv(places) if suffix == ".csv" else gpd.read_file(places)
    assert (table["lon"] < 15.009).all()  # in the sea


@follows(
    "sargeo.products.embedding:read_header",
    "Embed its scene again, or use the version that wrote it.",
    simulated="no other version has been released: a tag of the file is changed",
)
def test_a_scene_is_embedded_again(tmp_path: Path, refused: Refused, done: Done) -> None:
    scene, out = seaside(tmp_path / "scene.tif"), tmp_path / "out"
    done("embed", scene, "-o", out)
    embedding = out / "scene_embedding.tif"
    with rasterio.open(embedding, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        (name,) = [k for k in dataset.tags() if "{" in dataset.tags()[k]]
        dataset.update_tags(**{name: '{"name": "scene"}'})
    words = ("--text", "open water", "--text", "built-up land", "-o", tmp_path / "classes")
    refused("classify", embedding, *words)
    done("embed", scene, "-o", out, "--overwrite")
    done("classify", embedding, *words)
    with rasterio.open(tmp_path / "classes" / "scene_text.tif") as classes:
        water = classes.read(1) == 1
    assert water[:, :64].mean() > water[:, 64:].mean() + 0.5
