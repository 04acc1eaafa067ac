"""Texts, questions and embeddings that are refused: what is advised leads to a right answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from support.advice import follows
from support.language import tiny_language_model
from support.rasters import CRS_CASES
from support.seaside import SIDE, decibels, seaside

import sargeo
from sargeo.errors import UsageError

Refused = Callable[..., Any]
Done = Callable[..., str]

UTM, GRID = CRS_CASES["utm_north"]

SEA_AND_LAND = ("--text", "open water", "--text", "built-up land")


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights that reads and writes."""
    return tiny_language_model(tmp_path_factory.mktemp("models") / "speaking")


@pytest.fixture
def classified(done: Done, out: Path) -> Callable[..., None]:
    """Classify a scene or an embedding; the first text is in its left half, the second not."""

    def call(source: object, *words: object) -> None:
        done("classify", source, "-o", out, "--overwrite", *(words or SEA_AND_LAND))
        (path,) = out.glob("*_text.tif")
        with rasterio.open(path) as product:
            codes = product.read(1)
        # Texts tell less surely than the classes that the model has learnt.
        assert (codes[:, : SIDE // 2] == 1).mean() > (codes[:, SIDE // 2 :] == 1).mean() + 0.5

    return call


Classified = Callable[..., None]


@follows(
    "sargeo.language.cells:open_cells",
    "Choose the model that made it by --model, or embed the scene again.",
)
@pytest.mark.parametrize("again", [True, False])
def test_an_embedding_of_another_model(
    again: bool,
    scene: Path,
    out: Path,
    small_model: Path,
    refused: Refused,
    done: Done,
    classified: Classified,
) -> None:
    made_by = small_model if again else "sargeo-tiny"
    done("embed", scene, "-o", out, "--model", made_by)
    embedding = out / "scene_embedding.tif"
    other = "sargeo-tiny" if again else small_model
    refused("classify", embedding, "-o", out, "--model", other, *SEA_AND_LAND)
    if again:
        done("embed", scene, "-o", out, "--overwrite")
        classified(embedding)
    else:
        classified(embedding, "--model", made_by, *SEA_AND_LAND)


@follows("sargeo.language.cells:open_cells", "Leave --assume out, or give the scene itself.")
def test_nothing_is_assumed_of_an_embedding(
    scene: Path, out: Path, refused: Refused, done: Done, classified: Classified
) -> None:
    done("embed", scene, "-o", out)
    embedding = out / "scene_embedding.tif"
    refused("classify", embedding, "-o", out, *SEA_AND_LAND, "--assume", "vv,db", code=2)
    classified(embedding)
    classified(scene, *SEA_AND_LAND, "--assume", "vv,db")


@follows(
    "sargeo.language.classification:_classes",
    'Give at least two texts, such as "ships" and "open water".',
)
def test_two_texts_are_given(scene: Path, out: Path, refused: Refused, done: Done) -> None:
    remedy = refused("classify", scene, "-o", out, "--text", "ships", code=2).remedy
    texts = re.findall('"([^"]+)"', remedy)
    done("classify", scene, "-o", out, "--text", texts[0], "--text", texts[1])
    with rasterio.open(out / "scene_text.tif") as product:
        codes = product.read(1)
    assert (codes[:, :60] == 2).mean() > (codes[:, 68:] == 2).mean()


@follows(
    "sargeo.language.classification:_classes",
    "Give a number from 0 to 1 as the limit of the uncertain class.",
)
@pytest.mark.parametrize("wrong", [40, -1])
def test_a_limit_of_the_uncertain_class_is_given(
    wrong: float, scene: Path, out: Path, refused: Refused, done: Done
) -> None:
    words = ("classify", scene, "-o", out, *SEA_AND_LAND, "--uncertain-below")
    refused(*words, wrong, code=2)
    done(*words, 0.6)
    with (
        rasterio.open(out / "scene_text.tif") as classes,
        rasterio.open(out / "scene_text_confidence.tif") as confidence,
    ):
        np.testing.assert_array_equal(classes.read(1) == 254, confidence.read(1) < 60)


CHECK = "Check its nodata value and the area of interest."


@pytest.fixture
def holed(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A scene with a hole, and an area within the hole."""
    values = decibels()
    values[:, :40, :40] = -99
    scene, hole = seaside(tmp_path / "scene.tif", values, nodata=-99), tmp_path / "hole.gpkg"
    area = shapely.Point(GRID @ (20, 20)).buffer(99)
    gpd.GeoDataFrame(geometry=[area], crs=UTM).to_file(hole)
    yield scene, hole


@follows("sargeo.inference.run:nothing_valid", CHECK)
def test_an_area_without_pixels_is_not_classified(
    holed: tuple[Path, Path], out: Path, refused: Refused, classified: Classified
) -> None:
    scene, hole = holed
    refused("classify", scene, "-o", out, *SEA_AND_LAND, "--aoi", hole)
    classified(scene)


@follows("sargeo.inference.run:nothing_valid", CHECK)
def test_an_area_without_pixels_is_not_embedded(
    holed: tuple[Path, Path], out: Path, refused: Refused, done: Done, classified: Classified
) -> None:
    scene, hole = holed
    refused("embed", scene, "-o", out, "--aoi", hole)
    done("embed", scene, "-o", out)
    classified(out / "scene_embedding.tif")


@follows("sargeo.inference.run:nothing_valid", CHECK)
def test_a_scene_without_pixels_in_view_is_not_described(
    tmp_path: Path, small_model: Path, refused: Refused, done: Done
) -> None:
    """The look around the area is empty; with the area left out, there is something to see."""
    values = np.full((1, SIDE, 3 * SIDE), -99, dtype="float32")
    values[:, :, 2 * SIDE :] = decibels()
    scene, hole = seaside(tmp_path / "scene.tif", values, nodata=-99), tmp_path / "hole.gpkg"
    area = shapely.Point(GRID @ (20, 20)).buffer(99)
    gpd.GeoDataFrame(geometry=[area], crs=UTM).to_file(hole)
    refused("caption", scene, "--aoi", hole, "--model", small_model)
    told = json.loads(done("caption", scene, "--model", small_model, "--json"))
    assert [place["valid_share"] for place in told["places"]] == [1]


@follows(
    "sargeo.language.description:_looks",
    "Give an --aoi of at most …, or find places by sargeo search.",
)
@pytest.mark.parametrize("search", [True, False])
def test_a_part_of_a_large_scene_is_described(
    search: bool, tmp_path: Path, small_model: Path, refused: Refused, done: Done
) -> None:
    values = np.tile(decibels(), (1, 6, 6))
    scene = seaside(tmp_path / "scene.tif", values)
    remedy = refused("caption", scene, "--model", small_model).remedy
    if search:
        places = tmp_path / "places.gpkg"
        done("search", scene, "--text", "ships", "--model", small_model, "-o", places)
        assert len(gpd.read_file(places)) > 0
        return
    side_m = 1000 * float(re.search(r"at most ([\d.]+) by", remedy)[1])
    area = shapely.box(GRID.c, GRID.f - side_m, GRID.c + side_m, GRID.f)
    gpd.GeoDataFrame(geometry=[area], crs=UTM).to_file(tmp_path / "area.gpkg")
    words = ("caption", scene, "--model", small_model, "--aoi", tmp_path / "area.gpkg")
    told = json.loads(done(*words, "--json"))
    assert 1 < len(told["places"]) <= 16


def assert_at_sea(places: Path) -> None:
    """The places that fit best are in the left half."""
    best = gpd.read_file(places)
    assert len(best) > 0
    assert best.to_crs(UTM).centroid.x.max() < (GRID @ (SIDE // 2, 0))[0]


FEW = ("--text", "open water", "--extent", 320, "--top", 2)


@follows("sargeo.language.retrieval:_check", "Ask for 1 or more.")
@pytest.mark.parametrize("wrong", [0, -3])
def test_places_are_asked_for(
    wrong: int, scene: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    places = tmp_path / "places.gpkg"
    refused("search", scene, "-o", places, *FEW[:-1], wrong, code=2)
    done("search", scene, "-o", places, *FEW[:-1], 1)
    assert len(gpd.read_file(places)) == 1
    assert_at_sea(places)


@follows("sargeo.language.retrieval:_check", "Give an extent above 0 metres.")
@pytest.mark.parametrize("wrong", [0, -100])
def test_an_extent_is_given(
    wrong: object, scene: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    places = tmp_path / "places.gpkg"
    refused("search", scene, "-o", places, *FEW, "--extent", wrong, code=2)
    done("search", scene, "-o", places, *FEW)
    assert_at_sea(places)


@follows("sargeo.language.retrieval:_plan", "Give --assume gsd=METRES.")
def test_the_size_of_pixels_is_assumed(
    scene: Path, tmp_path: Path, refused: Refused, done: Done
) -> None:
    places = tmp_path / "places.gpkg"
    refused("search", scene, "-o", places, *FEW, "--assume", "gsd=unknown")
    done("search", scene, "-o", places, *FEW, "--assume", "gsd=10")
    assert_at_sea(places)


@follows(
    "sargeo.language.retrieval:_ranked",
    "Give a smaller extent, or scenes with more valid pixels.",
)
@pytest.mark.parametrize("smaller", [True, False])
def test_places_with_pixels_are_searched(
    smaller: bool, tmp_path: Path, refused: Refused, done: Done
) -> None:
    values = decibels()
    values[:, :48] = values[:, :, 48:] = -99
    scene, places = seaside(tmp_path / "scene.tif", values, nodata=-99), tmp_path / "places.gpkg"
    words = ("-o", places, "--text", "open water", "--top", 1, "--extent")
    refused("search", scene, *words, 1280)
    if smaller:
        done("search", scene, *words, 320)
    else:
        done("search", seaside(tmp_path / "whole.tif"), *words, 640)
    assert_at_sea(places)


@follows("sargeo.language.retrieval:_check", "Give at least one scene or embedding.")
def test_a_scene_is_given(scene: Path, tmp_path: Path) -> None:
    """In Python alone: the command line asks for one by itself."""
    with pytest.raises(UsageError):
        sargeo.search([], ["open water"])
    found = sargeo.search([scene], ["open water"], extent_m=320, top=2, device="cpu")
    assert len(found.places) == 2


@follows(
    "sargeo.language.speaking:clean_texts", 'Say in words what to look for, such as "open water".'
)
@pytest.mark.parametrize("command", ["classify", "search", "ask"])
def test_what_to_look_for_is_said(
    command: str, scene: Path, tmp_path: Path, refused: Refused, done: Done, classified: Classified
) -> None:
    if command == "ask":
        remedy = refused("ask", scene, " ", code=2).remedy
        told = json.loads(done("ask", scene, re.findall('"([^"]+)"', remedy)[0], "--json"))
        assert told["places"]
        return
    output = {"classify": tmp_path / "o", "search": tmp_path / "places.gpkg"}[command]
    remedy = refused(command, scene, "-o", output, "--text", " ", code=2).remedy
    (text,) = re.findall('"([^"]+)"', remedy)
    if command == "classify":
        classified(scene, "--text", text, "--text", "built-up land")
    else:
        done("search", scene, "-o", output, "--text", text, *FEW[2:])
        assert_at_sea(output)


@follows("sargeo.language.speaking:clean_texts", "Give each text once.")
def test_each_text_is_given_once(
    scene: Path, out: Path, refused: Refused, classified: Classified
) -> None:
    refused("classify", scene, "-o", out, *SEA_AND_LAND, "--text", " open  water", code=2)
    classified(scene)


@follows("sargeo.language.speaking:clean_texts", "Give at most ….")
def test_fewer_texts_are_given(
    scene: Path, out: Path, small_model: Path, refused: Refused, done: Done
) -> None:
    texts = [word for i in range(101) for word in ("--text", f"class {i}")]
    words = ("classify", scene, "-o", out, "--model", small_model)
    (most,) = re.findall(r"\d+", refused(*words, *texts, code=2).remedy)
    done(*words, *texts[: 2 * int(most)])
    with rasterio.open(out / "scene_text.tif") as product:
        assert product.read(1).min() >= 1


@follows("sargeo.language.speaking:_refuse_long", "Say it in fewer words.")
@pytest.mark.parametrize("command", ["classify", "ask"])
def test_fewer_words_are_said(
    command: str, scene: Path, out: Path, refused: Refused, done: Done, classified: Classified
) -> None:
    long = "open water with waves and wind on it " * 60
    if command == "ask":
        refused("ask", scene, long, code=2)
        assert json.loads(done("ask", scene, "is there open water?", "--json"))["places"]
        return
    refused("classify", scene, "-o", out, "--text", long, "--text", "built-up land", code=2)
    classified(scene)
