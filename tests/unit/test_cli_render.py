"""Facts as text and as JSON."""

from __future__ import annotations

import json

import pytest

from sargeo_cli.render import show

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
    "bands": [{"polarisation": "VV", "scale": "db"}, {"polarisation": "VH", "scale": "db"}],
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
        "VH             db",
    ]


def test_paths_are_not_wrapped_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/".join(["a folder"] * 50)
    show({"landcover": path})
    assert path in capsys.readouterr().out


def test_json_holds_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    show(FACTS, as_json=True)
    assert json.loads(capsys.readouterr().out) == FACTS
