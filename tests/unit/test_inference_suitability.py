"""Whether a scene can be mapped, and what is told to check."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sargeo.inference.suitability import judge
from sargeo.scene.describe import BY_VALUE
from sargeo_cli.page import Page
from sargeo_cli.views.scene import show_scene

FACTS: dict[str, Any] = {
    "name": "bay",
    "source": "bay.tif",
    "rows": 100,
    "columns": 200,
    "grid": {
        "crs": "WGS 84",
        "epsg": 4326,
        "rotated": False,
        "row_spacing_m": [10.0, 10.0],
        "column_spacing_m": [7.0, 8.0],
        "bbox_lonlat": [1.0, 2.0, 3.0, 4.0],
    },
    "ground_spacing_known": True,
    "assumed_gsd_m": None,
    "bands": [{"polarisation": "VV", "quantity": "sigma0", "scale": "db", "percentiles": {}}],
    "notices": [],
    "nodata": "nodata tag",
    "valid_share": 0.9,
    "masked": [],
    "incidence_deg": None,
    "platform": None,
    "files": [],
    "model_needs": {
        "model": "m",
        "trained_polarisations": ["VV", "VH"],
        "untrained_polarisations": [],
        "trained_platforms": ["Sentinel-1"],
        "trained_spacing_m": [6, 14],
        "refused": None,
        "resampled": False,
        "spacing_factors": [1, 1],
        "work_crs": "EPSG:4326",
        "work_rows": 100,
        "work_columns": 200,
    },
}


def changed(**values: object) -> dict[str, Any]:
    """Return the facts with values of other sections changed, named as section__name."""
    facts = copy.deepcopy(FACTS)
    for path, value in values.items():
        *sections, name = path.split("__")
        target = facts
        for section in sections:
            target = target[section]
        target[name] = value
    return facts


def test_a_scene_as_the_model_knows_them_is_ready() -> None:
    assert judge(FACTS).to_dict() == {"ready": True, "summary": "Ready to map", "checks": []}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"model_needs__untrained_polarisations": ["HH"]}, "not trained with HH"),
        ({"platform": "ALOS-2"}, "does not know ALOS-2"),
        ({"ground_spacing_known": False}, "--assume gsd=METRES"),
        ({"valid_share": 0.004}, "Only 0.40%"),
        ({"notices": ["VV is presumed to be sigma nought."]}, "presumed"),
        (
            {"masked": [{"band": "VV", "why": BY_VALUE[0], "pixels": 4000}]},
            "20.0% of VV is taken for nodata",
        ),
        (
            {"model_needs__resampled": True, "model_needs__spacing_factors": [0.25, 0.3]},
            "coarser than the 6 to 14 m",
        ),
    ],
)
def test_what_is_unusual_is_told(values: dict[str, object], words: str) -> None:
    verdict = judge(changed(**values))
    assert verdict.ready
    assert verdict.summary == "Ready to map, with one point to check first"
    (check,) = verdict.checks
    assert words in check
    assert check.endswith(".")


def test_a_finer_scene_needs_no_check() -> None:
    finer = {"model_needs__resampled": True, "model_needs__spacing_factors": [4, 4]}
    assert judge(changed(**finer)).checks == ()
    unknown = {"model_needs__resampled": True, "model_needs__spacing_factors": None}
    assert judge(changed(**unknown)).checks == ()


def test_uncalibrated_bands_are_told_each() -> None:
    band = {"polarisation": "VH", "quantity": "uncalibrated", "scale": "amplitude"}
    verdict = judge(changed(bands=[band, band]))
    assert verdict.summary == "Ready to map, with 2 points to check first"


def test_a_scene_that_map_refuses_is_not_ready() -> None:
    verdict = judge(changed(model_needs__refused="It has pixels of 1 km. Give smaller ones."))
    assert not verdict.ready
    assert verdict.checks == ("It has pixels of 1 km. Give smaller ones.",)


def test_a_scene_without_a_valid_pixel_is_not_ready() -> None:
    verdict = judge(changed(valid_share=0.0))
    assert not verdict.ready
    assert verdict.summary.startswith("Needs valid pixels")


def test_what_was_masked_is_shown_by_band(capsys: pytest.CaptureFixture[str]) -> None:
    masked = [
        {"band": 1, "why": "values that no backscatter can have (-9999)", "pixels": 15_360},
        {"band": 2, "why": "a region of exact zeros", "pixels": 3},
    ]
    facts = changed(masked=masked) | {"verdict": judge(FACTS).to_dict()}
    show_scene(Page(), facts)
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("Taken for nodata")
    assert lines[start + 1 : start + 4] == [
        "  band  why                                          pixels  of all",
        "  1     values that no backscatter can have (-9999)  15 360  76.8 %",
        "  2     a region of exact zeros                           3  <0.1 %",
    ]
    show_scene(Page(), {**facts, "masked": []})
    assert "Taken for nodata" not in capsys.readouterr().out
