"""Data that nothing can be learnt from: what is advised makes it readable."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import yaml
from affine import Affine
from filelock import FileLock
from pyproj import CRS
from shapely import LineString, box
from support.advice import exercises, follows
from support.chips import write_scene_folder
from support.damage import flip_arrays
from support.fake_endpoint import Answer, FakeEndpoint, serving
from support.rasters import write_raster
from support.told_chips import telling, told_chip
from support.training import write_chips

from sargeo.errors import (
    OutOfMemoryError,
    ReferenceDataError,
    SceneNotFoundError,
    UsageError,
)
from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.evidence.boxes import SceneObjects
from sargeo_training.data.chips.evidence.classes import ClassRaster
from sargeo_training.data.chips.evidence.crosswalks import PRODUCTS
from sargeo_training.data.chips.evidence.osm import read_features
from sargeo_training.data.chips.pool import Pool
from sargeo_training.data.shards import SHARDS, Shards, write_index
from sargeo_training.data.sources.files import read_bands
from sargeo_training.reference.blocks import SCENES, GroundBlock
from sargeo_training.reference.pictures import OPTICAL, picture_path

Refused = Callable[..., Any]
Done = Callable[..., str]

GRID = GeoGrid(CRS.from_epsg(32633), Affine(10, 0, 500_000, 0, -10, 5_000_000), (60, 60))


# Objects, land cover and maps of a scene


def ships_in(path: Path) -> np.ndarray:
    return SceneObjects.read(path, GRID, layer="boxes", complete=True).within(GRID).ships


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def one_ship(path: Path) -> None:
    (ship,) = ships_in(path)
    np.testing.assert_allclose(ship[:2], [25, 15], atol=0.1)


SHIP = box(10, 20, 20, 30)
"""Columns and rows."""


@follows(
    "sargeo_training.data.chips.evidence.boxes:_vectors",
    "Give points, or polygons of one box each.",
)
@pytest.mark.parametrize("points", [True, False])
def test_points_or_boxes_are_given(points: bool, tmp_path: Path) -> None:
    def placed(shape: Any, name: str) -> Path:
        frame = gpd.GeoDataFrame(geometry=[shape]).affine_transform([10, 0, 0, -10, 5e5, 5e6])
        gpd.GeoDataFrame(geometry=frame, crs=GRID.crs).to_file(tmp_path / name)
        return tmp_path / name

    with pytest.raises(ReferenceDataError):
        ships_in(placed(LineString([(10, 20), (20, 30)]), "line.gpkg"))
    one_ship(placed(SHIP.centroid if points else SHIP, "ship.gpkg"))


@follows(
    "sargeo_training.data.chips.evidence.boxes:_csv",
    "Save it as CSV in UTF-8, with numbers in the columns of coordinates.",
)
@pytest.mark.parametrize(
    "unreadable", [b"xmin,ymin,xmax,ymax\n10,20,twenty,30\n", b"xmin,ymin,xmax,ymax,n\xe4me\n"]
)
def test_numbers_are_saved_as_csv(unreadable: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(unreadable)
    with pytest.raises(ReferenceDataError):
        ships_in(tmp_path / "x.csv")
    one_ship(written(tmp_path / "x.csv", "xmin,ymin,xmax,ymax,näme\n10,20,20,30,a\n"))


@follows("sargeo_training.data.chips.evidence.boxes:_csv", "Give it the columns … in pixels, or ….")
@pytest.mark.parametrize("degrees", [True, False])
def test_columns_are_named(degrees: bool, tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError) as caught:
        ships_in(written(tmp_path / "x.csv", "left,top\n10,20\n"))
    if degrees:
        lon, lat = GRID.lonlat(25.0, 15.0)
        assert "lon and lat" in caught.value.remedy
        one_ship(written(tmp_path / "x.csv", f"lon,lat\n{lon:.9f},{lat:.9f}\n"))
    else:
        assert "xmin, ymin, xmax, ymax" in caught.value.remedy
        one_ship(written(tmp_path / "x.csv", "xmin,ymin,xmax,ymax\n10,20,20,30\n"))


VOC = (
    "<annotation><object><name>ship</name><bndbox><xmin>10</xmin><ymin>20</ymin>"
    "<xmax>20</xmax><ymax>30</ymax></bndbox></object></annotation>"
)


@follows(
    "sargeo_training.data.chips.evidence.boxes:_voc",
    "Give an XML file with an object element, and in it a bndbox, for each ship.",
)
def test_an_annotation_is_given(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError):
        ships_in(written(tmp_path / "x.xml", VOC[:40]))
    one_ship(written(tmp_path / "x.xml", VOC))


@follows(
    "sargeo_training.data.chips.evidence.boxes:_voc",
    "Give each object a bndbox with xmin, ymin, xmax and ymax.",
)
def test_each_object_is_given_a_box(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError):
        ships_in(written(tmp_path / "x.xml", VOC.replace("bndbox", "box")))
    one_ship(written(tmp_path / "x.xml", VOC))


@follows(
    "sargeo_training.data.chips.evidence.classes:ClassRaster._recoded",
    "Name the product that the file is of (…), or recode it.",
)
@pytest.mark.parametrize("recode", [True, False])
def test_the_product_of_classes_is_named(recode: bool, tmp_path: Path) -> None:
    """Water and crops of another product, of which one code is WorldCover's for something else."""
    theirs = np.where(np.arange(60) < 30, 1, 5).astype(np.uint8) + np.zeros((1, 60, 1), np.uint8)
    theirs = np.ascontiguousarray(np.broadcast_to(theirs, (1, 60, 60)))
    path = write_raster(tmp_path / "classes.tif", theirs)
    with pytest.raises(ReferenceDataError) as caught:
        ClassRaster(PRODUCTS["worldcover"], (path,)).labels(GRID)
    if recode:
        ours = write_raster(tmp_path / "ours.tif", np.where(theirs == 1, 80, 40).astype("uint8"))
        labels = ClassRaster(PRODUCTS["worldcover"], (ours,)).labels(GRID)
    else:
        assert "io-lulc" in caught.value.remedy
        labels = ClassRaster(PRODUCTS["io-lulc"], (path,)).labels(GRID)
    np.testing.assert_array_equal(labels, np.where(theirs[0] == 1, 80, 30))


@follows(
    "sargeo_training.data.chips.evidence.warp:_opened",
    "Assign the CRS that it is in, for instance with gdal_edit -a_srs.",
)
def test_the_crs_of_classes_is_assigned(tmp_path: Path, gdal: Done) -> None:
    classes = np.full((1, 60, 60), 80, dtype=np.uint8)
    path = write_raster(tmp_path / "classes.tif", classes, crs=None)
    with pytest.raises(ReferenceDataError):
        ClassRaster(PRODUCTS["worldcover"], (path,)).labels(GRID)
    gdal("gdal_edit", "-a_srs", "EPSG:32633", path)
    assert (ClassRaster(PRODUCTS["worldcover"], (path,)).labels(GRID) == 80).all()


@follows(
    "sargeo_training.data.chips.evidence.warp:_opened",
    "Give a GeoTIFF or another raster that GDAL opens, or get the file again.",
)
@pytest.mark.parametrize("fault", ["missing", "no raster"])
def test_classes_are_given_as_a_raster(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "classes.tif"
    if fault == "no raster":
        written(path, "mostly water")
    with pytest.raises(ReferenceDataError):
        ClassRaster(PRODUCTS["worldcover"], (path,)).labels(GRID)
    write_raster(path, np.full((1, 60, 60), 80, dtype=np.uint8))
    assert (ClassRaster(PRODUCTS["worldcover"], (path,)).labels(GRID) == 80).all()


ROAD = gpd.GeoDataFrame(
    {"highway": ["primary"]},
    geometry=[LineString([GRID.transform @ (5, 5), GRID.transform @ (50, 50)])],
    crs=GRID.crs,
)


def the_road_is_read(path: Path) -> None:
    assert len(read_features(path, GRID)) == 1


@follows(
    "sargeo_training.data.chips.evidence.osm:read_features",
    "Give an extract with the tags as fields, such as an .osm.pbf or a GeoPackage of one.",
)
def test_an_extract_with_tags_is_given(tmp_path: Path) -> None:
    ROAD.rename(columns={"highway": "kind"}).to_file(tmp_path / "roads.gpkg")
    with pytest.raises(ReferenceDataError):
        read_features(tmp_path / "roads.gpkg", GRID)
    ROAD.to_file(tmp_path / "tagged.gpkg")
    the_road_is_read(tmp_path / "tagged.gpkg")


@follows(
    "sargeo_training.data.chips.evidence.osm:_layers",
    "Give an .osm.pbf, GeoPackage, GeoJSON or another file that GDAL opens.",
)
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb"])
def test_an_extract_is_given_as_vectors(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError):
        read_features(written(tmp_path / "roads.txt", "turn left"), GRID)
    path = tmp_path / f"roads{suffix}"
    ROAD.to_crs(4326).to_file(path)
    the_road_is_read(path)


@follows(
    "sargeo_training.data.chips.evidence.osm:_boxes",
    "Assign the CRS that their coordinates are in, for instance in QGIS.",
)
def test_the_crs_of_an_extract_is_assigned(tmp_path: Path, gdal: Done) -> None:
    plain = written(tmp_path / "x.csv", f'WKT,highway\n"{ROAD.geometry[0].wkt}",primary\n')
    with pytest.raises(ReferenceDataError):
        read_features(plain, GRID)
    gdal("ogr2ogr", "-a_srs", "EPSG:32633", tmp_path / "x.gpkg", plain)
    the_road_is_read(tmp_path / "x.gpkg")


# Chips


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes with settings, ``build.yaml``, for large chips of them."""
    folder = tmp_path_factory.mktemp("scenes")
    config = write_scene_folder(folder).model_dump(mode="json", exclude_defaults=True)
    config["chips"]["levels_m"] = [1000]
    written(folder / "build.yaml", yaml.safe_dump(config))
    return folder


def built(done: Done, scenes: Path, out: Path, settings: Path | None = None) -> int:
    """Build chips by the command; return how many."""
    words = ("train", "data", "--config", settings or scenes / "build.yaml", "-o", out)
    done(*words, "--data", scenes, "--workers", 1)
    return len(Shards(out))


def changed(scenes: Path, path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = yaml.safe_load((scenes / "build.yaml").read_text(encoding="utf-8"))
    change(content)
    return written(path, yaml.safe_dump(content))


@follows(
    "sargeo_training.data.chips.build:_base",
    "Give the folder of the data sets with --data or SARGEO_DATA.",
)
@pytest.mark.parametrize("by_variable", [True, False])
def test_the_folder_of_data_sets_is_given(
    by_variable: bool,
    tmp_path: Path,
    refused: Refused,
    done: Done,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By variable or option the build gets as far as to the data."""
    monkeypatch.delenv("SARGEO_DATA", raising=False)
    config = written(tmp_path / "b.yaml", yaml.safe_dump({"sources": [{"name": "sen1floods11"}]}))
    words = ("train", "data", "--config", config, "-o", tmp_path / "out", "--workers", 1)
    refused(*words, code=2)
    if by_variable:
        monkeypatch.setenv("SARGEO_DATA", str(tmp_path))
    option = () if by_variable else ("--data", tmp_path)
    assert "sen1floods11 holds no picture" in refused(*words, *option).problem


@follows("sargeo_training.data.chips.build:_prepare", "Choose another folder, or delete this one.")
@pytest.mark.parametrize("another", [True, False])
@exercises("--config", "--output", "--data", "--workers", of="train data")
def test_another_folder_is_chosen(
    another: bool, scenes: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    out = tmp_path / "out"
    whole = built(done, scenes, out)
    fewer = changed(scenes, tmp_path / "fewer.yaml", lambda c: c["scenes"].pop())
    words = ("train", "data", "--config", fewer, "-o", out, "--data", scenes, "--workers", 1)
    refused(*words, code=2)
    if not another:
        shutil.rmtree(out)
    assert built(done, scenes, tmp_path / "other" if another else out, fewer) < whole


@follows(
    "sargeo_training.data.chips.build:_choose",
    "Check the data, and the levels and splits of the settings.",
)
def test_levels_are_checked(scenes: Path, tmp_path: Path, refused: Refused, done: Done) -> None:
    def small(content: dict[str, Any]) -> None:
        content["chips"] |= {"levels_m": [500], "min_px": 60}

    config = changed(scenes, tmp_path / "small.yaml", small)
    words = ("train", "data", "--config", config, "-o", tmp_path / "x", "--data", scenes)
    refused(*words, "--workers", 1)
    assert built(done, scenes, tmp_path / "out") > 0


@follows(
    "sargeo_training.data.chips.choice:_refuse_equal_ids", "Give each scene a name of its own."
)
def test_each_scene_is_given_a_name(
    scenes: Path, tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two names that differ in what file names must not hold are one in the chips' ids."""

    def name(*names: str) -> Callable[[dict[str, Any]], None]:
        def change(content: dict[str, Any]) -> None:
            for scene, own in zip(content["scenes"], names, strict=True):
                scene["name"] = own

        return change

    alike = changed(scenes, tmp_path / "alike.yaml", name("a b", "a_b"))
    words = ("train", "data", "--config", alike, "-o", tmp_path / "x", "--data", scenes)
    refused(*words, "--workers", 1, code=2)
    own = changed(scenes, tmp_path / "own.yaml", name("north", "south"))
    assert built(done, scenes, tmp_path / "out", own) > 0


@follows(
    "sargeo_training.data.chips.config:BuildConfig.read",
    "Correct the file; open_data.yaml of sargeo_training.data.chips explains every setting.",
)
def test_settings_of_a_build_are_corrected(
    scenes: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    from sargeo_training.data.chips.config import OPEN_DATA

    wrong = changed(scenes, tmp_path / "wrong.yaml", lambda c: c["chips"].update(min_pixel=20))
    words = ("train", "data", "--config", wrong, "-o", tmp_path / "x", "--data", scenes)
    assert "min_px" in refused(*words, "--workers", 1, code=2).problem
    assert "min_px" in OPEN_DATA.read_text(encoding="utf-8")
    right = changed(scenes, tmp_path / "right.yaml", lambda c: c["chips"].update(min_px=20))
    assert built(done, scenes, tmp_path / "out", right) > 0


@follows(
    "sargeo_training.data.chips.pool:Pool.run",
    "Call again with fewer processes: what is finished is kept.",
    simulated="memory is not filled: a process ends itself as the system would end it",
)
def test_fewer_processes_are_called() -> None:
    with Pool(2) as pool, pytest.raises(OutOfMemoryError):
        list(pool.run(os._exit, [9]))
    with Pool(1) as pool:
        assert list(pool.run(abs, [-1, 2])) == [1, 2]


def built_again(done: Done, refused: Refused, scenes: Path, folder: Path) -> int:
    """Build chips again, and delete on the way what is said to be damaged; return how many."""
    words = ("train", "data", "--config", scenes / "build.yaml", "-o", folder, "--data", scenes)
    for shard in sorted((folder / SHARDS).iterdir()):
        try:
            write_index(folder)
        except ReferenceDataError:
            refusal = refused(*words, "--workers", 1)
            assert refusal.remedy.startswith("Delete it. ")
            assert refusal.problem == f"{shard} is damaged."
            shard.unlink()
    return built(done, scenes, folder)


BUILD = "Build the chips again with: sargeo train data."


@follows("sargeo_training.data.shards:Shards.__init__", BUILD)
def test_chips_without_an_index_are_built_again(
    scenes: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    count = built(done, scenes, tmp_path / "chips")
    (tmp_path / "chips" / "index.parquet").unlink()
    refused("train", "texts", tmp_path / "chips", "-o", tmp_path / "told")
    assert built(done, scenes, tmp_path / "chips") == count
    done("train", "texts", tmp_path / "chips", "-o", tmp_path / "told")
    assert len(Shards(tmp_path / "told")) == count


@follows("sargeo_training.data.shards:Shards._damaged", BUILD)
@pytest.mark.parametrize("harm", ["damaged", "missing"])
def test_damaged_chips_are_built_again(
    harm: str, scenes: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    folder = tmp_path / "chips"
    count = built(done, scenes, folder)
    if harm == "damaged":
        flip_arrays(folder, 0)
    else:
        min((folder / SHARDS).iterdir()).unlink()
    with pytest.raises(ReferenceDataError):
        Shards(folder)[0]
    assert built_again(done, refused, scenes, folder) == count
    assert Shards(folder)[0].valid.any()


@follows("sargeo_training.data.shards:replace_texts", BUILD)
def test_chips_of_which_none_can_be_read_are_built_again(
    scenes: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    folder = tmp_path / "chips"
    count = built(done, scenes, folder)
    for shard in (folder / SHARDS).iterdir():
        shard.write_bytes(b"")
    refused("train", "texts", folder, "-o", tmp_path / "told")
    assert built_again(done, refused, scenes, folder) == count
    done("train", "texts", folder, "-o", tmp_path / "told")
    assert len(Shards(tmp_path / "told")) == count


@follows("sargeo_training.data.shards:_rows", f"Delete it. {BUILD}")
def test_a_damaged_shard_is_deleted_and_built_again(
    scenes: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    """No chip of it is lost, although the build had finished it once."""
    folder = tmp_path / "chips"
    count = built(done, scenes, folder)
    shard = min((folder / SHARDS).iterdir())
    whole = shard.read_bytes()
    shard.write_bytes(whole[:700])
    assert built_again(done, refused, scenes, folder) == count
    assert shard.read_bytes() == whole


# Texts


@pytest.fixture
def chips(tmp_path: Path) -> Path:
    return write_chips(tmp_path / "chips", [told_chip(f"told_{k}", seed=k) for k in range(3)])


def settings(fake: FakeEndpoint, **call: Any) -> dict[str, Any]:
    call = {"base_url": fake.base_url, "model": "fake", "retries": 0, **call}
    return {"endpoint": call, "limits": {"concurrency": 1}}


@follows(
    "sargeo_training.text.write_facts:write_facts", "Name another folder for those with texts."
)
def test_texts_of_facts_go_elsewhere(
    chips: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    refused("train", "texts", chips, "-o", chips, code=2)
    done("train", "texts", chips, "-o", tmp_path / "told")
    assert all(len(chip.record.target_texts) == 1 for chip in Shards(tmp_path / "told"))


@pytest.fixture
def write_texts(refused: Refused, done: Done, chips: Path, tmp_path: Path) -> Callable[..., Any]:
    """Write texts by a language model, by the command; ``code`` where it is to fail."""

    def call(content: dict[str, Any], out: Path, code: int = 0) -> Any:
        path = written(tmp_path / "model.yaml", yaml.safe_dump(content))
        words = ("train", "texts", chips, "-o", out, "--model", path)
        if code:
            return refused(*words, code=code)
        done(*words)
        assert all(chip.record.target_texts for chip in Shards(out))
        return None

    return call


Write = Callable[..., Any]


@exercises("--seed", of="train texts")
def test_facts_are_worded_by_a_seed(chips: Path, tmp_path: Path, done: Done) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done("train", "texts", chips, "-o", tmp_path / name, "--seed", seed)
    first, same, other = (
        [chip.record.target_texts[0].detailed for chip in Shards(tmp_path / name)] for name in "abc"
    )
    assert first == same != other


@follows("sargeo_training.text.write_texts:write_all", "Name another folder for those with texts.")
@exercises("--output", "--model", of="train texts")
def test_texts_of_a_model_go_elsewhere(chips: Path, tmp_path: Path, write_texts: Write) -> None:
    with serving(telling()) as fake:
        write_texts(settings(fake), chips, code=2)
        write_texts(settings(fake), tmp_path / "told")


@follows(
    "sargeo_training.text.write_texts:_only_run_in",
    "Wait for it to end, or choose another output folder.",
)
@pytest.mark.parametrize("wait", [True, False])
def test_a_folder_of_texts_in_use_is_waited_for(
    wait: bool, tmp_path: Path, write_texts: Write
) -> None:
    out = tmp_path / "told"
    out.mkdir()
    with serving(telling()) as fake:
        with FileLock(out / ".texts.lock"):
            write_texts(settings(fake), out, code=4)
            if not wait:
                write_texts(settings(fake), tmp_path / "other")
                return
        write_texts(settings(fake), out)


@follows(
    "sargeo_training.text.text_log:TextLog._refused",
    "Name another output folder, or the settings it began with.",
)
@pytest.mark.parametrize("another", [True, False])
def test_texts_go_on_with_their_settings(another: bool, tmp_path: Path, write_texts: Write) -> None:
    out = tmp_path / "told"
    with serving(telling()) as fake:
        write_texts(settings(fake), out)
        other = settings(fake, model="other")
        write_texts(other, out, code=2)
        if another:
            write_texts(other, tmp_path / "elsewhere")
        else:
            write_texts(settings(fake), out)


@follows(
    "sargeo_training.text.endpoint:Endpoint._failure",
    "Check base_url, model and key_variable; where it redirects, name the new address.",
)
@pytest.mark.parametrize("fault", ["key", "redirect"])
def test_the_address_of_an_endpoint_is_checked(
    fault: str, tmp_path: Path, write_texts: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = telling()
    monkeypatch.setenv("OF_THE_TEST", "right")
    with serving(tell) as fake:
        away = Answer(status=307, headers={"Location": f"{fake.base_url}/chat/completions"})
        wrong = away if fault == "redirect" else Answer(status=401, body=b"{}")
        with serving(lambda request, count: wrong) as other:
            write_texts(settings(other), tmp_path / "told", code=4)
        named = settings(fake, key_variable="OF_THE_TEST")
        write_texts(named, tmp_path / "other")


@follows(
    "sargeo_training.text.endpoint:Endpoint._failure",
    "See to the endpoint, then repeat the command: finished records are kept.",
)
def test_an_endpoint_is_seen_to(tmp_path: Path, write_texts: Write) -> None:
    down, tell = Answer(status=503, body=b""), telling()

    def answer(request: Any, count: int) -> Answer:
        return down if 6 <= count < 8 else tell(request, count)

    with serving(answer) as fake:
        chosen = settings(fake, give_up_after=2)
        write_texts(chosen, tmp_path / "told", code=4)
        before = len(fake.requests)
        write_texts(chosen, tmp_path / "told")
        assert len(fake.requests) - before < 15  # five to a record: what was finished is kept


@follows("sargeo_training.text.endpoint:_key", "Set it, or name another as endpoint.key_variable.")
@pytest.mark.parametrize("set_it", [True, False])
def test_a_key_is_set(
    set_it: bool, tmp_path: Path, write_texts: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OF_THE_TEST", raising=False)
    monkeypatch.setenv("ANOTHER", "key")
    with serving(telling()) as fake:
        write_texts(settings(fake, key_variable="OF_THE_TEST"), tmp_path / "told", code=4)
        if set_it:
            monkeypatch.setenv("OF_THE_TEST", "key")
        named = "OF_THE_TEST" if set_it else "ANOTHER"
        write_texts(settings(fake, key_variable=named), tmp_path / "told")
        assert fake.headers[-1]["authorization"] == "Bearer key"


@follows(
    "sargeo_training.text.endpoint_settings:read_writer_settings",
    "Correct the file; endpoint.yaml of sargeo_training.text explains every setting.",
)
def test_settings_of_an_endpoint_are_corrected(tmp_path: Path, write_texts: Write) -> None:
    import sargeo_training.text as hcot

    explained = (Path(hcot.__file__).parent / "endpoint.yaml").read_text(encoding="utf-8")
    with serving(telling()) as fake:
        wrong = settings(fake) | {"limits": {"concurrencies": 1}}
        assert "concurrency" in write_texts(wrong, tmp_path / "told", code=2).problem
        assert "concurrency" in explained
        write_texts(settings(fake), tmp_path / "told")


# Pictures and data sets


@follows(
    "sargeo_training.reference.blocks:GroundBlock.parse",
    "Write SCENE-ROW-COL with a scene of ….",
)
@pytest.mark.parametrize("wrong", ["T11SLT-4608", "T99XXX-0-0", ""])
def test_the_name_of_a_block_is_written(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        GroundBlock.parse(wrong)
    scene = caught.value.remedy.removesuffix(".").rpartition(" of ")[2].split(", ")[0]
    assert GroundBlock.parse(f"{scene}-512-1024") == GroundBlock(scene, 512, 1024)


@follows(
    "sargeo_training.reference.pictures:picture_path",
    "Name the folder of the open data, with the Los Angeles scenes in `scenes`.",
)
def test_the_folder_of_pictures_is_named(tmp_path: Path) -> None:
    scene = min(SCENES)
    with pytest.raises(SceneNotFoundError):
        picture_path(tmp_path / "scenes", OPTICAL, scene)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / f"{OPTICAL}_los_angeles_{scene}.tif").touch()
    assert picture_path(tmp_path, OPTICAL, scene).exists()


@follows(
    "sargeo_training.data.sources.files:opened",
    "Give the folder of the data sets with --data or SARGEO_DATA.",
)
def test_the_file_of_a_data_set_is_there(tmp_path: Path) -> None:
    """Names are those of the data sets: the same file is found in the right folder."""
    right = tmp_path / "right"
    right.mkdir()
    write_raster(right / "a.tif", np.ones((2, 9, 9), dtype=np.float32))
    with pytest.raises(ReferenceDataError):
        read_bands(tmp_path / "wrong" / "a.tif")
    assert read_bands(right / "a.tif").shape == (2, 9, 9)


@follows("sargeo_training.data.sources.files:opened", "Copy or download it again.")
def test_an_image_of_a_data_set_is_copied_again(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.ones((2, 9, 9), dtype=np.float32))
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    with pytest.raises(ReferenceDataError):
        read_bands(path)
    path.write_bytes(whole)
    assert (read_bands(path) == 1).all()
