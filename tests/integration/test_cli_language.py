"""The commands for texts as a user runs them, with a small model of random weights."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pystac
import pytest
import rasterio
from pystac.extensions.classification import ClassificationExtension
from rio_cogeo import cog_validate
from shapely.geometry import box
from support.language import tiny_language_model
from support.outcome import Outcome
from support.rasters import write_raster, write_scene

from sargeo.language.palette import colours
from sargeo.model.api import GeneratedText, SarModel
from sargeo.products.embedding import read_header
from sargeo.products.windows import open_product
from sargeo.tiling.batch import Acquisition, Batch
from sargeo_cli.main import run

Cli = Callable[..., Outcome]

SHAPE = (270, 401)
TEXTS = ("--text", "open water", "--text", "built-up land", "--text", "trees")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_language_model(tmp_path_factory.mktemp("models") / "speaking")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scene")
    return write_scene(folder / "harbour.tif", shape=SHAPE, nodata_kind="nan").path


@pytest.fixture(scope="module")
def embedding(scene: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("embedding")
    assert run(["embed", str(scene), "-o", str(out), "--model", str(model)]) == 0
    return out / "harbour_embedding.tif"


def assert_refused(outcome: Outcome, code: int, *words: str) -> None:
    """Two sentences on standard error, and nothing else."""
    assert outcome.code == code, outcome.err
    assert "Traceback" not in outcome.err + outcome.out
    problem, remedy = [line for line in outcome.err.splitlines() if line.strip()][-2:]
    assert problem.startswith("Error: ")
    assert remedy.startswith("What to do: ")
    for word in words:
        assert word.lower() in problem.lower()


def test_embed_writes_a_cog_that_tells_what_it_is(embedding: Path, model: Path) -> None:
    valid, errors, _ = cog_validate(embedding)
    assert valid, errors
    with rasterio.open(embedding) as dataset, rasterio.open(embedding) as again:
        tags = dataset.tags()
        assert dataset.dtypes == ("int8",) * 9
        assert dataset.nodata == -128
        assert dataset.shape == (68, 101)
        assert tuple(dataset.transform)[:6] == (40, 0, 500_000, 0, -40, 5_000_000)
        assert dataset.scales == (1 / 127,) * 8 + (1 / 16,)
        assert dataset.offsets == (0.0,) * 9
        assert dataset.descriptions[-1] == "log weight"
        codes = again.read()
    spec = json.loads((model / "spec.json").read_text(encoding="utf-8"))
    assert tags["model"] == "sargeo-test 0"
    assert tags["model_sha256"] == spec["weights_sha256"]
    assert "length" in tags["reading"]
    header = read_header(embedding)
    assert header is not None
    assert (header.name, header.dimensions, header.stride) == ("harbour", 8, 4)
    assert (header.scene.shape, header.work.shape) == (SHAPE, SHAPE)
    known = codes[-1] != -128
    assert ((codes != -128) == known).all()
    assert not known[:5, :5].any()
    assert (np.abs(codes[:-1, known]).max(axis=0) == 127).all()


def test_the_item_of_an_embedding_lies_on_its_cells(embedding: Path) -> None:
    item = pystac.Item.from_file(str(embedding.with_name("harbour_embedding.stac.json")))
    asset = item.assets["embedding"]
    assert item.properties["proj:shape"] == [68, 101]
    assert item.properties["proj:transform"][0] == 40
    assert item.properties["sargeo:command"][:2] == ["sargeo", "embed"]
    assert "embedded with sargeo-test" in item.properties["processing:lineage"]
    assert [band["data_type"] for band in asset.extra_fields["bands"]] == ["int8"] * 9
    assert Path(embedding.parent / asset.href).exists()


def test_every_item_says_when_and_with_which_model(model: Path, tmp_path: Path, cli: Cli) -> None:
    """Also of a scene of which only its embedding is left."""
    name = "S1A_IW_GRDH_1SDV_20200101T053011_20200101T053036_030613_0381CC_8A2B"
    scene = write_scene(tmp_path / f"{name}.tif", shape=(60, 90)).path
    out, options = tmp_path / "out", ("--model", model, "-o", tmp_path / "out")
    assert cli("map", scene, *options).code == 0
    assert cli("embed", scene, *options).code == 0
    scene.unlink()
    assert cli("classify", out / f"{name}_embedding.tif", *TEXTS, *options).code == 0
    for ending in ("", "_embedding", "_text"):
        item = pystac.Item.from_file(str(out / f"{name}{ending}.stac.json"))
        assert item.datetime == datetime(2020, 1, 1, 5, 30, 11, tzinfo=UTC)
        assert item.properties["sargeo:datetime_means"] == "acquisition"
        (link,) = (link for link in item.links if "mlm:name" in link.extra_fields)
        assert link.rel == "derived_from"
        path = Path(url2pathname(urlsplit(str(link.target)).path))
        described = json.loads(path.read_text(encoding="utf-8"))
        checksum = described["assets"]["weights"]["file:checksum"]
        assert checksum == "1220" + item.properties["sargeo:model_sha256"]
        assert described["properties"]["mlm:name"] == link.extra_fields["mlm:name"]
    header = read_header(out / f"{name}_embedding.tif")
    assert header is not None
    assert header.acquired == datetime(2020, 1, 1, 5, 30, 11, tzinfo=UTC)


def test_an_embedding_that_knows_no_time_says_nothing_of_it(embedding: Path) -> None:
    """So that versions of sargeo that know no such field still read it."""
    with rasterio.open(embedding) as dataset:
        assert "acquired" not in json.loads(dataset.tags()["SARGEO_EMBEDDING"])
    header = read_header(embedding)
    assert header is not None
    assert header.acquired is None
    assert header.to_dict() == json.loads(header.to_json())


def test_classify_writes_a_map_with_names_and_colours(
    cli: Cli, scene: Path, model: Path, tmp_path: Path
) -> None:
    outcome = cli("classify", scene, *TEXTS, "-o", tmp_path, "--model", model)
    assert outcome.code == 0, outcome.err
    assert {p.name for p in tmp_path.iterdir()} == {
        "harbour_text.tif",
        "harbour_text.tif.aux.xml",
        "harbour_text.qml",
        "harbour_text_confidence.tif",
        "harbour_text.stac.json",
    }
    assert f"Next: open {tmp_path / 'harbour_text.tif'} in QGIS" in outcome.out
    with rasterio.open(tmp_path / "harbour_text.tif") as dataset:
        codes, table = dataset.read(1), dataset.colormap(1)
        assert (dataset.dtypes[0], dataset.nodata, dataset.shape) == ("uint8", 0, SHAPE)
        assert ["#{:02x}{:02x}{:02x}".format(*table[i][:3]) for i in (1, 2, 3)] == list(colours(3))
    assert set(np.unique(codes)) <= {0, 1, 2, 3}
    pam = ET.parse(tmp_path / "harbour_text.tif.aux.xml").getroot()
    names = ["", "open water", "built-up land", "trees"]
    assert [e.text or "" for e in pam.iter("Category")] == names
    assert "WorldCover" not in [e.text for e in pam.iter("Name")]
    style = (tmp_path / "harbour_text.qml").read_text(encoding="utf-8")
    assert 'label="built-up land"' in style
    item = pystac.Item.from_file(str(tmp_path / "harbour_text.stac.json"))
    classes = ClassificationExtension.ext(item.assets["text"]).classes
    assert classes is not None
    assert [c.title for c in classes[1:]] == names[1:]
    assert item.properties["sargeo:settings"]["texts"] == names[1:]


def test_a_scene_and_its_embedding_give_one_map(
    cli: Cli, scene: Path, embedding: Path, model: Path, tmp_path: Path
) -> None:
    maps = []
    for source, out in ((scene, tmp_path / "a"), (embedding, tmp_path / "b")):
        assert cli("classify", source, *TEXTS, "-o", out, "--model", model).code == 0
        with open_product(out / "harbour_text.tif") as product:
            codes = product.read(product.grid.block)
        with open_product(out / "harbour_text_confidence.tif") as product:
            maps.append((codes, product.read(product.grid.block).astype(int)))
    (codes, percents), (read_codes, read_percents) = maps
    known = codes > 0
    # What is a pixel short of a cell, the embedding does not know.
    assert (read_codes[known] > 0).all()
    assert ((read_codes > 0) & ~known).mean() < 0.02
    assert (codes != read_codes)[known].mean() < 0.01
    assert np.abs(percents - read_percents)[known].max() <= 1


def test_search_writes_every_format(
    cli: Cli, scene: Path, embedding: Path, model: Path, tmp_path: Path
) -> None:
    columns = ["text", "rank", "score", "scene", "lon", "lat", "extent_m"]
    words = ("--text", "ships", "--text", "Häfen, groß", "--top", 3, "--extent", 600)
    for ending in (".gpkg", ".geojson", ".csv"):
        path = tmp_path / f"places{ending}"
        found = ["search", scene, embedding, *words, "-o", path, "--model", model]
        assert cli(*found).code == 0
        assert cli(*found).code == 0  # a table that is there is replaced
        table = pd.read_csv(path) if ending == ".csv" else gpd.read_file(path)
        assert list(table.columns)[:7] == columns
        assert list(table["rank"]) == [1, 2, 3, 1, 2, 3]
        assert set(table["text"]) == {"ships", "Häfen, groß"}
        assert set(table["extent_m"]) == {600}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    result = cli(*found, "--progress", "jsonl")
    events = [json.loads(line) for line in result.out.splitlines()]
    assert events[-1]["event"] == "result"
    assert len(events[-1]["places"]) == 6
    searched = [e for e in events if e["event"] == "progress" and e["phase"] == "search"]
    assert searched[-2]["done"] == searched[-2]["total"] == events[0]["windows"]


def test_long_runs_speak_json_lines(cli: Cli, scene: Path, model: Path, tmp_path: Path) -> None:
    for command, words in (("embed", ()), ("classify", TEXTS)):
        outcome = cli(
            command, scene, *words, "-o", tmp_path, "--model", model, "--progress", "jsonl"
        )
        events = [json.loads(line) for line in outcome.out.splitlines()]
        assert [events[0]["event"], events[-1]["event"]] == ["start", "result"]
        phases = [e["phase"] for e in events if e["event"] == "progress"]
        assert list(dict.fromkeys(phases)) == ["read", command, "finish"]
        assert outcome.err == ""
        again = cli(command, scene, *words, "-o", tmp_path, "--model", model)
        assert_refused(again, 2, "already holds")
        over = cli(command, scene, *words, "-o", tmp_path, "--model", model, "--overwrite")
        assert over.code == 0


def area_around(path: Path, width_m: float) -> Path:
    """Write an area around the middle of the scene."""
    x, y = 500_000 + 5 * SHAPE[1], 5_000_000 - 5 * SHAPE[0]
    reach = width_m / 2
    shape = box(x - reach, y - reach, x + reach, y + reach)
    gpd.GeoDataFrame(geometry=[shape], crs=32633).to_crs(4326).to_file(path)
    return path


def test_caption_describes_each_look_with_its_scores(
    cli: Cli, scene: Path, model: Path, tmp_path: Path
) -> None:
    everything = json.loads(cli("caption", scene, "--model", model, "--json").out)
    assert len(everything["places"]) == 3 * 4
    assert "question" not in everything
    aoi = area_around(tmp_path / "aoi.gpkg", 500)
    outcome = cli("caption", scene, "--aoi", aoi, "--model", model, "--json")
    (place,) = json.loads(outcome.out)["places"]
    assert place["text"]
    assert place["height_m"] == pytest.approx(1280, rel=0.01)
    assert -1 <= place["contrast"] <= 1
    assert 0 <= place["matching"] <= 1
    assert place["valid_share"] == 1
    middle = gpd.read_file(aoi).geometry[0].centroid
    assert (place["lon"], place["lat"]) == pytest.approx((middle.x, middle.y), abs=2e-4)
    shown = cli("caption", scene, "--aoi", aoi, "--model", model).out
    assert place["text"] in shown
    assert f"lon {place['lon']:.5f}, lat {place['lat']:.5f}" in shown
    assert "Answer" not in shown


def test_descriptions_are_sentences(
    cli: Cli, scene: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = SarModel.describe

    def tell(self: SarModel, batch: Batch, acquisition: Acquisition) -> GeneratedText:
        said = describe(self, batch, acquisition)
        return dataclasses.replace(said, texts=["open water. 2 ships, 3.5 km off. a port"])

    monkeypatch.setattr(SarModel, "describe", tell)
    aoi = area_around(tmp_path / "aoi.gpkg", 500)
    outcome = cli("caption", scene, "--aoi", aoi, "--model", model, "--json")
    (place,) = json.loads(outcome.out)["places"]
    assert place["text"] == "Open water. 2 ships, 3.5 km off. A port"


def test_ask_answers_over_an_area(cli: Cli, scene: Path, model: Path, tmp_path: Path) -> None:
    aoi = area_around(tmp_path / "aoi.gpkg", 2000)
    asked = ["ask", scene, "How many  ships are there?", "--aoi", aoi, "--model", model]
    facts = json.loads(cli(*asked, "--json").out)
    assert facts["question"] == "How many ships are there?"
    assert len(facts["places"]) == 4
    assert {"text", "lon", "lat", "contrast", "matching"} <= set(facts["places"][0])
    shown = cli(*asked).out
    assert shown.count("How many ships are there?") == 1
    assert shown.count("similarity") == 4


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("classify", "{scene}", "--text", " ", "--text", "ships"), 2, "empty"),
        (("classify", "{scene}", "--text", "ships"), 2, "alone"),
        (("classify", "{scene}", "--text", "{long}", "--text", "ships"), 2, "longer"),
        (("search", "{scene}", "--text", "{long}"), 2, "longer"),
        (("search", "{scene}", "missing.tif", "--text", "ships"), 3, "missing.tif"),
        (("embed", "missing.tif"), 3, "missing.tif"),
    ],
)
def test_refusals(
    cli: Cli, scene: Path, model: Path, tmp_path: Path, words: tuple[str, ...], code: int,
    problem: str,
) -> None:  # fmt: skip
    known = {"scene": scene, "long": "ship " * 80}
    out = tmp_path / ("places.csv" if words[0] == "search" else "out")
    command = [word.format(**known) for word in words]
    assert_refused(cli(*command, "-o", out, "--model", model), code, problem)
    assert not out.exists()


def test_descriptions_are_refused_where_they_make_no_sense(
    cli: Cli, scene: Path, model: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.geojson"
    gpd.GeoDataFrame(geometry=[box(100, 10, 101, 11)], crs=4326).to_file(elsewhere)
    for words in (("caption", scene), ("ask", scene, "what is there?")):
        outcome = cli(*words, "--model", model, "--aoi", elsewhere)
        assert_refused(outcome, 3, "does not touch")
    assert_refused(cli("ask", scene, "  ", "--model", model), 2, "empty")
    assert_refused(cli("ask", scene, "ships " * 50, "--model", model), 2, "longer")
    large = write_scene(tmp_path / "large.tif", shape=(700, 700)).path
    outcome = cli("caption", large, "--model", model)
    assert_refused(outcome, 3, "takes 36 looks")
    assert "at most 5.12 by 5.12 km" in outcome.err


@pytest.mark.parametrize("command", ["embed", "classify", "search", "caption", "ask"])
def test_a_model_that_only_maps_is_refused(
    cli: Cli, scene: Path, tiny_model: Path, tmp_path: Path, command: str
) -> None:
    words = {
        "embed": ("-o", tmp_path / "out"),
        "classify": (*TEXTS, "-o", tmp_path / "out"),
        "search": ("--text", "ships", "-o", tmp_path / "places.csv"),
        "caption": (),
        "ask": ("what is there?",),
    }[command]
    outcome = cli(command, scene, *words, "--model", tiny_model)
    assert_refused(outcome, 4, "without language")
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_refused_as_scenes_are(
    cli: Cli, embedding: Path, model: Path, tmp_path: Path
) -> None:
    unplaced = tmp_path / "unplaced.tif"
    write_raster(unplaced, np.ones((1, 40, 40), np.float32), crs=None, transform=None)
    outcome = cli("classify", unplaced, *TEXTS, "-o", tmp_path / "out", "--model", model)
    assert_refused(outcome, 3, "unplaced.tif")
    assert_refused(cli("caption", embedding, "--model", model), 3, "embedding.tif")
    assert_refused(cli("embed", embedding, "-o", tmp_path / "out", "--model", model), 3)
    assert not (tmp_path / "out").exists()
