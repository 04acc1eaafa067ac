"""Scenes and words: encode, classify, search, describe, ask."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from advice import follows
from conftest import ROOT
from driving import Told, pixels, refusal, run
from qgis.core import QgsProcessingContext, QgsProcessingUtils, QgsProject, QgsVectorLayer

TEXTS = "open water\n\n  built-up land \ntrees"

MAKE_MODEL = """
import sys
from pathlib import Path
from support.language import tiny_language_model
tiny_language_model(Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small model that knows texts, and speaks nonsense."""
    folder = tmp_path_factory.mktemp("models") / "speaking"
    subprocess.run(
        [os.environ["SARGEO_PYTHON"], "-c", MAKE_MODEL, str(folder)],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
    )
    return str(folder)


@pytest.fixture(scope="module")
def embedding(model: str, small_scene: Path, tmp_path_factory: Any) -> str:
    """The small scene, encoded."""
    folder = tmp_path_factory.mktemp("encoded")
    told = Told()
    outputs = run("embed", told, SCENE=str(small_scene), OUTPUT_FOLDER=str(folder), MODEL=model)
    assert outputs["EMBEDDING"] == str(folder / "small_embedding.tif")
    assert outputs["OUTPUT_FOLDER"] == str(folder)
    assert any(text.endswith("the processor (no graphics card in use).") for text in told.texts)
    assert "Encoding" in " ".join(told.texts)
    return str(outputs["EMBEDDING"])


def test_a_map_by_texts_is_that_of_the_command_line(
    cli: Callable[..., str], model: str, small_scene: Path, tmp_path: Path
) -> None:
    told = Told()
    given = {"SCENE": str(small_scene), "TEXTS": TEXTS, "MODEL": model}
    outputs = run("classify", told, OUTPUT_FOLDER=str(tmp_path / "q"), **given)
    words = [word for text in TEXTS.split("\n") if text for word in ("--text", text.strip())]
    cli("classify", small_scene, *words, "-o", tmp_path / "c", "--model", model)
    for name in ("TEXT", "TEXT_CONFIDENCE"):
        path = Path(outputs[name])
        assert path.read_bytes() == (tmp_path / "c" / path.name).read_bytes()
    assert any(text.startswith("open water: ") for text in told.texts)


def test_an_encoded_scene_is_classified_and_shown(
    model: str, embedding: str, tmp_path: Path, project: QgsProject
) -> None:
    context = QgsProcessingContext()
    context.setProject(project)
    outputs = run(
        "classify",
        None,
        context,
        SCENE=embedding,
        TEXTS=TEXTS,
        MODEL=model,
        UNCERTAIN_BELOW=1.0,
        OUTPUT_FOLDER=str(tmp_path),
    )
    assert Path(outputs["TEXT"]) == Path(outputs["OUTPUT_FOLDER"]) / "small_text.tif"
    assert (pixels(outputs["TEXT"]) == 254).mean() > 0.5
    details = context.layersToLoadOnCompletion()
    assert {details[path].name for path in details} == {
        "Classes by text",
        "Confidence of classes by text (%)",
    }
    again = refusal(
        "classify", SCENE=embedding, TEXTS=TEXTS, MODEL=model, OUTPUT_FOLDER=str(tmp_path)
    )
    assert "“Overwrite existing products”" in again


def test_only_the_area_is_encoded(model: str, small_scene: Path, tmp_path: Path) -> None:
    outputs = run(
        "embed",
        SCENE=str(small_scene),
        EXTENT="515000,516000,4501300,4502300 [EPSG:32629]",
        OUTPUT_FOLDER=str(tmp_path),
        MODEL=model,
    )
    known = pixels(outputs["EMBEDDING"]) != -128
    assert known.sum() in range(25 * 25, 27 * 27)
    assert [p.suffix for p in tmp_path.iterdir() if "area" in p.name] == []


def test_places_are_found(model: str, embedding: str, small_scene: Path, tmp_path: Path) -> None:
    told = Told()
    output = tmp_path / "places.gpkg"
    outputs = run(
        "search",
        told,
        SCENES=[embedding, str(small_scene)],
        TEXTS="ships",
        TOP=3,
        EXTENT=600,
        OUTPUT=str(output),
        MODEL=model,
    )
    layer = QgsVectorLayer(outputs["OUTPUT"], "places")
    assert layer.crs().authid() == "EPSG:4326"
    found = sorted(layer.getFeatures(), key=lambda feature: feature["rank"])
    assert [feature["rank"] for feature in found] == [1, 2, 3]
    assert {feature["text"] for feature in found} == {"ships"}
    for feature in found:
        box = feature.geometry().boundingBox()
        assert box.xMinimum() < feature["lon"] < box.xMaximum()
        assert box.yMinimum() < feature["lat"] < box.yMaximum()
    assert "3 places found." in told.texts


def test_a_scene_is_described_and_questions_are_answered(
    model: str, small_scene: Path, cli_json: Callable[..., Any]
) -> None:
    given = {"SCENE": str(small_scene), "MODEL": model}
    facts = cli_json("caption", small_scene, "--model", model)
    outputs = run("caption", **given)
    assert json.loads(outputs["FACTS"]) == facts
    assert outputs["TEXT"].split("\n") == [place["text"] for place in facts["places"]]
    told = Told()
    question = "how many ships are there?"
    area = "515000,516000,4501300,4502300 [EPSG:32629]"
    answered = json.loads(run("ask", told, QUESTION=question, EXTENT=area, **given)["FACTS"])
    assert answered["question"] == question
    (place,) = answered["places"]
    assert any(f"matching {place['matching']}" in text for text in told.texts)


def test_refusals_are_in_the_words_of_qgis(
    model: str, embedding: str, small_scene: Path, tmp_path: Path
) -> None:
    given = {"SCENE": str(small_scene), "OUTPUT_FOLDER": str(tmp_path / "out")}
    assert "alone" in refusal("classify", TEXTS="ships", MODEL=model, **given)
    assert not (tmp_path / "out").exists()
    assert "empty" in refusal("ask", SCENE=str(small_scene), QUESTION=" ", MODEL=model)


@follows(
    "sargeo_qgis.processing.search:Search.perform",
    "Choose a name that ends in .gpkg, .geojson or .csv.",
)
@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".csv"])
def test_a_name_is_chosen_for_the_places(
    model: str, embedding: str, tmp_path: Path, ending: str
) -> None:
    searched = {"SCENES": [embedding], "TEXTS": "ships", "TOP": 2, "MODEL": model}
    refusal("search", OUTPUT=str(tmp_path / "places.shp"), **searched)
    output = run("search", OUTPUT=str(tmp_path / f"places{ending}"), **searched)["OUTPUT"]
    places = QgsVectorLayer(output, "places")
    assert sorted(int(feature["rank"]) for feature in places.getFeatures()) == [1, 2]


def test_a_run_that_is_cancelled_leaves_nothing(
    model: str, small_scene: Path, tmp_path: Path
) -> None:
    told = Told(on_progress=lambda feedback: feedback.cancel())
    folder = tmp_path / "new"
    assert run("embed", told, SCENE=str(small_scene), OUTPUT_FOLDER=str(folder), MODEL=model) == {}
    assert not folder.exists()


def test_layers_find_their_style(model: str, embedding: str, tmp_path: Path) -> None:
    from sargeo_qgis.styling.results import style_layer

    outputs = run(
        "classify", SCENE=embedding, TEXTS=TEXTS, MODEL=model, OUTPUT_FOLDER=str(tmp_path)
    )
    context = QgsProcessingContext()
    layer = QgsProcessingUtils.mapLayerFromString(outputs["TEXT"], context)
    style_layer(layer, "TEXT")
    labels = [entry.label for entry in layer.renderer().classes()]
    assert labels == ["open water", "built-up land", "trees"]
