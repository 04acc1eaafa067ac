"""What sargeo knows, in words; first of all what the real command line tells."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sargeo_qgis.core.map_request import MapRequest
from sargeo_qgis.core.sargeo import parse_event
from sargeo_qgis.core.words import duration, plan_in_words, scene_in_words, size
from support.outcome import Outcome

from sargeo.demo import demo_scene_path

Cli = Callable[..., Outcome]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """The demonstration scene where it may get files beside it."""
    with demo_scene_path() as path:
        return Path(shutil.copy(path, tmp_path))


def test_the_demonstration_scene_and_its_plan_in_words(cli: Cli, scene: Path) -> None:
    facts = json.loads(cli("info", scene, "--json").out)
    assert scene_in_words(facts) == [
        ("Size", "1024 × 1024 pixels"),
        ("Coordinate reference system", "WGS 84 / UTM zone 29N (EPSG:32629)"),
        ("Ground sampling distance", "10.0 × 10.0 m"),
        ("Valid pixels", "91.6%"),
        ("Band 1", "VV, sigma nought, dB"),
        ("Band 2", "VH, sigma nought, dB"),
        ("Incidence angle", "38.0°"),
    ]
    words = MapRequest(str(scene), scene.parent / "out", device="cpu").words()
    told = cli(*words, "--dry-run", "--progress", "jsonl").out
    event, plan = parse_event(told)
    seconds, memory, products, device, windows = (said for _, said in plan_in_words(plan))
    assert event == "result"
    assert " s" in seconds
    assert memory.endswith("B")
    assert (products, device, windows) == ("at most 2.1 MB", "cpu", "9")


def facts_of_a_scene(**changed: Any) -> dict[str, Any]:
    needs = {"untrained_polarisations": [], "resampled": False}
    return {
        "rows": 10,
        "columns": 20,
        "grid": {
            "crs": "Local",
            "epsg": None,
            "row_spacing_m": [9.0, 11.0],
            "column_spacing_m": [4.0, 6.0],
        },
        "ground_spacing_known": True,
        "bands": [{"polarisation": "VV", "quantity": "gamma0", "scale": "linear"}],
        "valid_share": 1.0,
        "incidence_deg": None,
        "model_needs": needs,
        **changed,
    }


def test_what_is_not_known_is_said_or_left_out() -> None:
    band = {"polarisation": None, "quantity": "radar_brightness", "scale": "some_scale"}
    facts = facts_of_a_scene(ground_spacing_known=False, bands=[band])
    said = dict(scene_in_words(facts))
    assert said["Coordinate reference system"] == "Local"
    assert said["Ground sampling distance"] == "unknown"
    assert said["Band 1"] == "unknown polarisation, radar brightness, some scale"
    assert "Incidence angle" not in said


def test_a_platform_is_named_where_it_is_known() -> None:
    assert ("Platform", "Sentinel-1") in scene_in_words(facts_of_a_scene(platform="Sentinel-1"))
    assert "Platform" not in dict(scene_in_words(facts_of_a_scene(platform=None)))


def test_spacings_are_given_by_axis() -> None:
    said = dict(scene_in_words(facts_of_a_scene()))
    assert said["Ground sampling distance"] == "10.0 × 5.0 m"
    assert said["Band 1"] == "VV, gamma nought, linear"


def test_what_the_model_needs_comes_last() -> None:
    needs = {
        "untrained_polarisations": ["HH", "HV"],
        "resampled": True,
        "work_rows": 5,
        "work_columns": 6,
        "work_crs": "EPSG:3413",
    }
    assert scene_in_words(facts_of_a_scene(model_needs=needs))[-2:] == [
        ("Warning", "the model was not trained on HH, HV"),
        (
            "Resampled for the model",
            "to 5 × 6 pixels in EPSG:3413; products are returned on the scene's grid",
        ),
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "1 s"),
        (0.9, "1 s"),
        (89, "89 s"),
        (90, "2 min"),
        (600, "10 min"),
        (5400, "1.5 h"),
        (360_000, "100.0 h"),
    ],
)
def test_a_time_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_097_152, "2.1 MB"), (1.5e9, "1.5 GB")],
)
def test_a_number_of_bytes_with_its_unit(count: float, said: str) -> None:
    assert size(count) == said


@given(st.floats(0, 1e15))
def test_a_size_is_never_far_off(count: float) -> None:
    number, unit = size(count).split()
    worth = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]
    assert float(number) * worth == pytest.approx(count, rel=0.06, abs=0.5)
