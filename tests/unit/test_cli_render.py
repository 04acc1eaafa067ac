"""Facts as text and as JSON."""

from __future__ import annotations

import json
import re

import pytest

from sargeo_cli.render import PROSE, show, show_description

FACTS = {
    "name": "scene [a]",
    "gsd_known": True,
    "incidence_deg": None,
    "grid": {
        "shape": [10, 20],
        "spacing_m": 10.000000001,
        "y": 5_000_000.25,
        "corner": {"row": 0, "col": 0},
    },
    "sizes": {"memory_bytes": 2_100_000_000, "output_bytes": {"landcover": 5}},
    "bands": [{"polarisation": "VV", "scale": "db"}, {"polarisation": "VH", "scale": None}],
    "notes": [],
    "products": ["a/long/path/to/the_first.tif", "b.tif"],
}


def test_text_has_sections_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    show(FACTS)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "  name            scene [a]",
        "  gsd known       yes",
        "  incidence deg   unknown",
        "  notes",
        "  products        a/long/path/to/the_first.tif",
        "                  b.tif",
        "",
        "grid",
        "  shape       10, 20",
        "  spacing m   10",
        "  y           5000000.25",
        "  corner      row 0, col 0",
        "",
        "sizes",
        "  memory   2.1 GB",
        "  output   landcover 5",
        "",
        "bands",
        "polarisation   scale",
        "VV             db",
        "VH             –",
    ]


def test_paths_are_not_wrapped_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/".join(["a folder"] * 50)
    show({"landcover": path})
    assert path in capsys.readouterr().out


def test_json_holds_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    show(FACTS, as_json=True)
    assert json.loads(capsys.readouterr().out) == FACTS


SENTENCES = "Open water covers most of it. Two ships lie [in] the upper left. " * 4
PLACE = {
    "text": SENTENCES.strip(),
    "lon": -8.789879,
    "lat": 40.6676,
    "height_m": 1280.5,
    "width_m": 980.0,
    "valid_share": 0.915,
    "contrast": -0.4577,
    "matching": 0.3317,
}
SAID = {"scene": "a.tif", "model": "m", "device": "cpu", "places": [PLACE, PLACE]}


def described(capsys: pytest.CaptureFixture[str], **changed: object) -> list[str]:
    show_description({**SAID, **changed})
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_what_is_said_of_places_is_read_as_paragraphs(capsys: pytest.CaptureFixture[str]) -> None:
    place = [
        "",
        "lon -8.78988, lat 40.66760, 1.28 by 0.98 km, 92% valid",
        f"  {PLACE['text']}",
        "  contrast -0.46, matching 0.33",
    ]
    own = ["  scene    a.tif", "  model    m", "  device   cpu"]
    assert described(capsys) == [*own, *place, *place]


def test_a_question_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = described(capsys, question="How many [ships]?")
    assert [line for line in lines if "How many" in line] == ["  question   How many [ships]?"]


def test_a_place_without_spacing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    unsized = {**PLACE, "height_m": None, "width_m": None, "valid_share": 1.0}
    lines = described(capsys, places=[unsized])
    assert lines[4] == "lon -8.78988, lat 40.66760, size unknown"


@pytest.mark.parametrize(("columns", "widest"), [("200", PROSE), ("60", 60)])
def test_prose_is_wrapped_between_words_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str, widest: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in described(capsys, places=[PLACE])]
    prose = [line for line in lines[5:] if "contrast" not in line]
    assert len(prose) > 2
    assert widest - 12 < max(len(line) for line in prose) <= widest
    assert " ".join(line.strip() for line in prose) == PLACE["text"]


def test_descriptions_as_json_are_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    show_description(SAID, as_json=True)
    assert json.loads(capsys.readouterr().out) == SAID
