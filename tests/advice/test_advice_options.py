"""Every option of every command does what its help says."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from support.advice import EXERCISED, exercises, follows
from support.commands import all_commands
from support.language import tiny_language_model
from support.outcome import Outcome
from support.rasters import CRS_CASES
from support.seaside import SIDE, assert_right, decibels, landcover, seaside

import sargeo
from sargeo.errors import CancelledError

Cli = Callable[..., Outcome]
Done = Callable[..., str]
Refused = Callable[..., Any]

UTM, GRID = CRS_CASES["utm_north"]

TEXTS = ("--text", "open water", "--text", "built-up land")

MAPS = ("map", "embed", "classify", "search")
TELLS = ("caption", "ask")
READS = (*MAPS, *TELLS, "info")


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_language_model(tmp_path_factory.mktemp("models") / "speaking")


def words_of(command: str, scene: Path) -> tuple[object, ...]:
    """Return a call of a command that works on any scene that says what it holds."""
    out = scene.parent / "out"
    return {
        "map": ("map", scene, "-o", out),
        "embed": ("embed", scene, "-o", out),
        "classify": ("classify", scene, "-o", out, *TEXTS),
        "search": ("search", scene, "-o", out.with_suffix(".gpkg"), *TEXTS[:2], "--extent", 320),
        "caption": ("caption", scene),
        "ask": ("ask", scene, "is there open water?"),
        "info": ("info", scene),
    }[command]


def result_of(printed: str) -> Mapping[str, Any]:
    """Return what a command told at its end, as JSON or as the last of JSON lines."""
    lines = printed.strip().splitlines()
    return json.loads(printed if lines[0] == "{" else lines[-1])


def as_json(command: str) -> tuple[str, ...]:
    return ("--progress", "jsonl") if command in MAPS else ("--json",)


def told(command: str, scene: Path, done: Done, *options: object) -> Mapping[str, Any]:
    return result_of(done(*words_of(command, scene), *options, *as_json(command)))


@exercises("--model", "--json", of=("info", *TELLS))
@pytest.mark.parametrize("command", ["info", *TELLS])
def test_a_model_tells(command: str, scene: Path, small_model: Path, done: Done) -> None:
    found = told(command, scene, done, "--model", small_model)
    assert (found.get("model_needs") or found)["model"] == "sargeo-test"


@exercises("--model", "--progress", of=MAPS)
@pytest.mark.parametrize("command", MAPS)
def test_a_model_maps(command: str, scene: Path, small_model: Path, done: Done) -> None:
    assert told(command, scene, done, "--model", small_model)["model"] == "sargeo-test"


@exercises("--device", of=(*MAPS, *TELLS))
@pytest.mark.parametrize("command", [*MAPS, *TELLS])
def test_a_device_works(
    command: str, scene: Path, small_model: Path, done: Done, refused: Refused
) -> None:
    model = ("--model", small_model)
    assert told(command, scene, done, *model, "--device", "cpu")["device"] == "cpu"
    refused(*words_of(command, scene), *model, "--device", "cuda:99", code=4)


@exercises("--assume", of=READS)
@pytest.mark.parametrize("command", READS)
def test_what_a_file_does_not_say_is_assumed(
    command: str, scene: Path, small_model: Path, done: Done, refused: Refused
) -> None:
    seaside(scene, names=[""])
    words = (*words_of(command, scene), "--model", small_model)
    refused(*words)
    done(*words, "--assume", "vh,db")
    if command == "info":
        (band,) = json.loads(done(*words, "--assume", "vh,db", "--json"))["bands"]
        assert (band["polarisation"], band["scale"]) == ("VH", "db")


@pytest.fixture
def eastern(tmp_path: Path) -> Path:
    """The eastern half of the scene, as vectors."""
    area = shapely.box(*(GRID @ (SIDE // 2, SIDE)), *(GRID @ (SIDE, 0)))
    gpd.GeoDataFrame(geometry=[area], crs=UTM).to_file(tmp_path / "east.gpkg")
    return tmp_path / "east.gpkg"


@exercises("--aoi", of=("map", "classify"))
@pytest.mark.parametrize("command", ["map", "classify"])
def test_nothing_is_mapped_outside_an_area(
    command: str, scene: Path, eastern: Path, small_model: Path, done: Done
) -> None:
    told(command, scene, done, "--aoi", eastern, "--model", small_model)
    ending = {"map": "landcover", "classify": "text"}[command]
    with rasterio.open(scene.parent / "out" / f"scene_{ending}.tif") as product:
        codes = product.read(1)
    np.testing.assert_array_equal(codes != 0, np.arange(SIDE) >= SIDE // 2 + 0 * codes)


@exercises("--aoi", of="embed")
def test_nothing_is_embedded_outside_an_area(
    scene: Path, eastern: Path, small_model: Path, done: Done
) -> None:
    told("embed", scene, done, "--aoi", eastern, "--model", small_model)
    with rasterio.open(scene.parent / "out" / "scene_embedding.tif") as product:
        known = product.read(product.count) != -128
    middle = known.shape[1] // 2
    assert known[:, middle:].all()
    assert not known[:, : middle - 1].any()


@exercises("--aoi", of=TELLS)
@pytest.mark.parametrize("command", TELLS)
def test_an_area_is_told_of(
    command: str, tmp_path: Path, small_model: Path, done: Done, eastern: Path
) -> None:
    """A look is at least as large as the area: the scene is larger still."""
    scene = seaside(tmp_path / "wide.tif", np.tile(decibels(), (1, 1, 4)))
    (place,) = told(command, scene, done, "--aoi", eastern, "--model", small_model)["places"]
    lon, _ = gpd.GeoSeries([shapely.Point(GRID @ (96, 64))], crs=UTM).to_crs(4326)[0].coords[0]
    assert place["lon"] == pytest.approx(lon, abs=1e-3)
    assert len(told(command, scene, done, "--model", small_model)["places"]) > 1


@exercises("--batch-size", of=MAPS)
@pytest.mark.parametrize("command", MAPS)
def test_windows_are_taken_together(
    command: str, tmp_path: Path, small_model: Path, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a row of windows as large as this model has them."""
    import sargeo.model.api as api

    watched, sizes = api._memory_watched, set()

    def watch(batch: Any) -> Any:
        sizes.add(len(batch.pixels))
        return watched(batch)

    monkeypatch.setattr(api, "_memory_watched", watch)
    scene = seaside(tmp_path / "wide.tif", np.tile(decibels(), (1, 1, 4)))
    done(*words_of(command, scene), "--model", small_model, "--batch-size", 3)
    assert max(sizes) == 3


@exercises("--watch-stdin", of=MAPS)
@pytest.mark.parametrize("command", MAPS)
def test_the_end_of_standard_input_cancels(
    command: str, scene: Path, small_model: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        words = (*words_of(command, scene), "--model", small_model)
        assert cli(*words, "--watch-stdin").code == CancelledError.exit_code
        done_without = cli(*words, *(("--overwrite",) if command != "search" else ()))
    assert done_without.code == 0


@exercises("--overwrite", of=("map", "embed", "classify"))
@pytest.mark.parametrize("command", ["map", "embed", "classify"])
def test_what_is_there_is_replaced(
    command: str, scene: Path, small_model: Path, done: Done, refused: Refused
) -> None:
    words = (*words_of(command, scene), "--model", small_model)
    done(*words)
    (before,) = (scene.parent / "out").glob("*.json")
    first = before.read_bytes()
    refused(*words, code=2)
    assert before.read_bytes() == first
    done(*words, "--overwrite")
    assert before.read_bytes() != first


@exercises("--output", of=("embed", "classify"))
@pytest.mark.parametrize("command", ["embed", "classify"])
def test_products_are_where_they_should_be(
    command: str, scene: Path, small_model: Path, done: Done
) -> None:
    found = told(command, scene, done, "--model", small_model)["products"]
    assert sorted(found) == sorted(
        str(p) for p in (scene.parent / "out").iterdir() if not p.name.startswith(".")
    )


@exercises("--text", of="classify")
def test_texts_are_classes(scene: Path, small_model: Path, done: Done) -> None:
    shares = told("classify", scene, done, "--model", small_model)["class_shares"]
    assert set(shares) <= {"open water", "built-up land"}
    assert sum(shares.values()) == pytest.approx(1)


@exercises("--uncertain-below", of="classify")
def test_uncertain_texts_are_marked(scene: Path, small_model: Path, done: Done) -> None:
    done(*words_of("classify", scene), "--model", small_model, "--uncertain-below", 1)
    with rasterio.open(scene.parent / "out" / "scene_text.tif") as product:
        assert (product.read(1) == 254).any()


@exercises("--text", "--output", "--top", "--extent", of="search")
def test_places_are_found_as_asked_for(scene: Path, small_model: Path, done: Done) -> None:
    places = scene.with_name("places.csv")
    words = ("search", scene, *TEXTS, "-o", places, "--top", 3, "--extent", 320)
    done(*words, "--model", small_model)
    table = pd.read_csv(places)
    assert table["text"].value_counts().to_dict() == {"open water": 3, "built-up land": 3}
    assert (table["extent_m"] == 320).all()


@exercises("--output", of="map")
@exercises("--products", of="map")
@pytest.mark.parametrize("products", ["landcover", "objects", "landcover,objects"])
def test_products_are_made_as_asked_for(products: str, scene: Path, done: Done) -> None:
    found = told("map", scene, done, "--products", products)["products"]
    assert {Path(p).parent for p in found} == {scene.parent / "out"}
    endings = {"landcover": "_landcover.tif", "objects": "_objects.gpkg"}
    made = {name for name, end in endings.items() if any(p.endswith(end) for p in found)}
    assert made == set(products.split(","))


@exercises("--class-probabilities", of="map")
def test_class_probabilities_are_written(session_map: Path, scene: Path, done: Done) -> None:
    done(*words_of("map", scene), "--class-probabilities")
    with (
        rasterio.open(scene.parent / "out" / "scene_probabilities.tif") as each,
        rasterio.open(scene.parent / "out" / "scene_confidence.tif") as best,
    ):
        assert "open water" in each.descriptions
        np.testing.assert_allclose(each.read().max(axis=0), best.read(1), atol=1)


@exercises("--web-map", of="map")
def test_a_page_is_written(scene: Path, done: Done) -> None:
    done(*words_of("map", scene), "--web-map")
    page = (scene.parent / "out" / "scene_map.html").read_text(encoding="utf-8")
    assert "open water" in page


@exercises("--dry-run", of="map")
def test_a_dry_run_only_tells(scene: Path, done: Done) -> None:
    plan = told("map", scene, done, "--dry-run")
    assert (plan["rows"], plan["cols"], plan["windows"]) == (SIDE, SIDE, 1)
    assert not (scene.parent / "out").exists()


@exercises("--patch", "--margin", of="map")
def test_windows_are_cut_as_asked_for(scene: Path, done: Done) -> None:
    sizes = ("--patch", 96, "--margin", 32)
    plan = told("map", scene, done, "--dry-run", *sizes)
    assert (plan["patch"], plan["margin"], plan["windows"]) == (96, 32, 4)
    done(*words_of("map", scene), *sizes)
    assert_right(scene.parent / "out")


def ships(scene: Path, done: Done, *options: object) -> gpd.GeoDataFrame:
    done(*words_of("map", scene), "--overwrite", "--min-confidence", 0.05, *options)
    return sargeo.read_objects(scene.parent / "out")


@exercises("--min-confidence", "--min-length", "--max-length", of="map")
def test_objects_are_kept_by_confidence_and_length(scene: Path, done: Done) -> None:
    every = ships(scene, done)
    middle = every["length_m"].median()
    longer = ships(scene, done, "--min-length", middle)
    shorter = ships(scene, done, "--max-length", middle)
    assert len(longer) == (every["length_m"] >= middle).sum()
    assert len(shorter) == (every["length_m"] <= middle).sum()
    surest = every["confidence"].max()
    done(*words_of("map", scene), "--overwrite", "--min-confidence", surest)
    assert len(sargeo.read_objects(scene.parent / "out")) == 1


@exercises("--exclude", "--land-mask", of="map")
@pytest.mark.parametrize("option", ["--exclude", "--land-mask"])
def test_objects_are_left_out_by_place(option: str, scene: Path, done: Done) -> None:
    every = ships(scene, done)
    place = every.geometry.iloc[:1].buffer(30)
    gpd.GeoDataFrame(geometry=place, crs=every.crs).to_file(scene.with_name("place.gpkg"))
    other = "--land-mask" if option == "--exclude" else "--exclude"
    far = gpd.GeoDataFrame(geometry=place.translate(5000), crs=every.crs)
    far.to_file(scene.with_name("far.gpkg"))
    files = (option, scene.with_name("place.gpkg"), other, scene.with_name("far.gpkg"))
    left = ships(scene, done, *files)
    assert len(left) == len(every) - every.within(place.union_all()).sum()
    assert len(left) < len(every)


@exercises("--coast-buffer", of="map")
def test_objects_near_land_are_left_out(scene: Path, eastern: Path, done: Done) -> None:
    every = ships(scene, done, "--land-mask", eastern)
    coast = (GRID @ (SIDE // 2, 0))[0]
    left = ships(scene, done, "--land-mask", eastern, "--coast-buffer", 300)
    near = (coast - every.geometry.x < 300).sum()
    assert near > 0
    assert len(left) == len(every) - near


@exercises("--cell-size", "--uncertain-below", of="map")
def test_cells_and_doubts_are_as_asked_for(scene: Path, done: Done) -> None:
    done(*words_of("map", scene), "--cell-size", 640, "--uncertain-below", 0.4)
    with rasterio.open(scene.parent / "out" / "scene_count.tif") as counts:
        assert counts.shape == (2, 2)
    with rasterio.open(scene.parent / "out" / "scene_confidence.tif") as confidence:
        doubtful = confidence.read(1) < 40
    np.testing.assert_array_equal(landcover(scene.parent / "out") == 254, doubtful)


@exercises("--json", of=("doctor", "model list", "model show"))
@pytest.mark.parametrize("command", ["doctor", "model list", "model show"])
def test_json_is_printed(command: str, done: Done) -> None:
    found = json.loads(done(*command.split(), "--json"))
    expected = {"doctor": "software", "model list": "models", "model show": "weights_sha256"}
    assert found[expected[command]]
    assert not done(*command.split()).startswith("{")


@exercises("--json", of=MAPS)
@pytest.mark.parametrize("command", MAPS)
def test_runs_are_told_as_one_document(command: str, scene: Path, done: Done) -> None:
    found = json.loads(done(*words_of(command, scene), "--json"))
    assert found["model"] == "sargeo-tiny"


@exercises("--json", of="demo")
def test_the_demonstration_is_told_as_one_document(tmp_path: Path, done: Done) -> None:
    assert json.loads(done("demo", "-o", tmp_path, "--json"))["objects"] > 0


@exercises("--json", of=("model verify", "model export"))
@pytest.mark.parametrize("command", ["model verify", "model export"])
def test_what_is_done_with_models_is_told_as_one_document(
    command: str, tmp_path: Path, done: Done
) -> None:
    where = ("-o", tmp_path / "model") if command == "model export" else ()
    assert json.loads(done(*command.split(), "sargeo-tiny", *where, "--json"))


@exercises("--json", of="webmap")
def test_the_page_is_told_as_json(scene: Path, done: Done) -> None:
    done(*words_of("map", scene))
    page = scene.parent / "page.html"
    assert page.name in done("webmap", scene.parent / "out", "-o", page, "--json")
    assert page.exists()


@exercises("--csv", of=("zones", "assess"))
@pytest.mark.parametrize("command", ["zones", "assess"])
def test_tables_are_printed_as_csv(command: str, scene: Path, done: Done) -> None:
    done(*words_of("map", scene))
    west = shapely.box(GRID.c, GRID.f - 10 * SIDE, GRID.c + 5 * SIDE, GRID.f)
    areas = scene.with_name("areas.gpkg")
    gpd.GeoDataFrame({"class": ["open water"]}, geometry=[west], crs=UTM).to_file(areas)
    out = scene.parent / "out"
    product = out if command == "zones" else out / "scene_landcover.tif"
    rows = list(csv.DictReader(io.StringIO(done(command, areas, product, "--csv"))))
    assert rows
    assert all(None not in row for row in rows)


@follows("sargeo_cli.render:refuse_two_formats", "Give only one of them.")
def test_one_format_is_given(scene: Path, done: Done, refused: Refused) -> None:
    told = refused("zones", scene, scene.parent, "--json", "--csv", code=2).problem
    assert "--json" in told
    assert json.loads(done("info", scene, "--json"))


@exercises("--output", "--device", "--progress", of="demo")
def test_the_demonstration_is_mapped(tmp_path: Path, done: Done, refused: Refused) -> None:
    words = ("demo", "-o", tmp_path, "--progress", "jsonl")
    assert "cuda:99" in refused(*words, "--device", "cuda:99", code=4).problem
    found = result_of(done(*words, "--device", "cpu"))
    assert found["device"] == "cpu"
    assert (tmp_path / "demo_scene_landcover.tif").exists()


def test_every_option_is_exercised() -> None:
    """A new option is missing here until a test looks for what it does."""
    for path in Path(__file__).parent.glob("test_*.py"):
        import_module(path.stem)
    known = {(str(c), option) for c in all_commands() for option in c.options}
    assert known - EXERCISED.keys() == set()
    assert EXERCISED.keys() - known == set()


NUMBERS = {
    "map": (
        *("--cell-size", "--uncertain-below", "--min-confidence"),
        *("--min-length", "--max-length", "--coast-buffer"),
    ),
    "classify": ("--uncertain-below",),
    "search": ("--extent",),
    "assess": ("--tolerance",),
}


def test_all_options_that_take_a_fraction_are_known() -> None:
    from typer.main import get_command

    from sargeo_cli.main import app

    found = {
        name: {
            max(p.opts, key=len) for p in command.params if p.type_descriptor.annotation is float
        }
        for name, command in get_command(app).commands.items()
    }
    assert {name: there for name, there in found.items() if there} == {
        name: set(options) for name, options in NUMBERS.items()
    }


@pytest.mark.parametrize("wrong", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    ("command", "option"), [(name, option) for name, all_ in NUMBERS.items() for option in all_]
)
def test_numbers_that_are_not_finite_are_refused_before_the_run(
    command: str, option: str, wrong: str, scene: Path, refused: Refused
) -> None:
    words = ("assess", scene, scene) if command == "assess" else words_of(command, scene)
    kept = [w for i, w in enumerate(words) if "--extent" not in (w, words[i - 1])]
    given = ("--land-mask", "auto") if option == "--coast-buffer" else ()
    refused(*kept, *given, option, wrong, code=2)
    assert not (scene.parent / "out").exists()
