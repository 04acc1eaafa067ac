"""Colours, names and styles all come from the legend."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from rio_cogeo import cog_validate
from support.products import grid_at

from sargeo.legend import LAND_COVER, UNCERTAIN_CLASS
from sargeo.products.pam import write_class_pam
from sargeo.products.raster import landcover_sink
from sargeo.products.style import (
    class_colours,
    classes_qml,
    count_entries,
    count_qml,
    objects_qml,
)

LEGEND = (*LAND_COVER, UNCERTAIN_CLASS)


def written_landcover(folder: Path) -> Path:
    path = folder / "x_landcover.tif"
    grid = grid_at("utm_north", (600, 600))
    sink = landcover_sink(path, grid, {})
    sink.write(0, np.full(grid.shape, 10, np.uint8))
    sink.finish()
    write_class_pam(path)
    return path


def test_the_colour_table_holds_the_legend_and_a_transparent_nodata() -> None:
    colours = class_colours()
    assert colours[0][3] == 0
    assert {code: colour[:3] for code, colour in colours.items() if code} == {
        c.code: c.rgb for c in LEGEND
    }


def test_the_land_cover_style_names_every_class() -> None:
    root = ET.fromstring(classes_qml().split("\n", 1)[1])
    renderer = root.find("pipe/rasterrenderer")
    assert renderer is not None
    assert (renderer.get("type"), renderer.get("band")) == ("paletted", "1")
    entries = [
        (e.get("value"), e.get("label"), e.get("color")) for e in renderer.iter("paletteEntry")
    ]
    assert entries == [(str(c.code), c.name, c.colour) for c in LEGEND]


@pytest.mark.parametrize("largest", [0, 1, 2, 3, 5, 17, 1000, 65534])
def test_count_classes_cover_all_counts_once(largest: int) -> None:
    bounds = [upper for upper, _ in count_entries(largest)]
    assert bounds == sorted(set(bounds))
    assert bounds[0] == 1
    assert bounds[-1] == max(largest, 1)
    assert len({entry.colour for _, entry in count_entries(largest)}) == len(bounds)


def test_the_count_style_hides_zero_and_is_open_above() -> None:
    root = ET.fromstring(count_qml(40).split("\n", 1)[1])
    shader = next(root.iter("colorrampshader"))
    items = list(shader.iter("item"))
    assert shader.get("colorRampType") == "DISCRETE"
    assert (items[0].get("value"), items[0].get("alpha")) == ("0", "0")
    assert items[-1].get("value") == "inf"
    values = [float(item.get("value") or "nan") for item in items]
    assert values == sorted(values)


def test_the_object_style_has_a_symbol_per_kind() -> None:
    root = ET.fromstring(objects_qml(("ship", "platform")).split("\n", 1)[1])
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert renderer.get("attr") == "kind"
    categories = {c.get("value"): c.get("symbol") for c in renderer.iter("category")}
    symbols = {s.get("name") for s in renderer.iter("symbol")}
    assert set(categories) == {"ship", "platform"}
    assert set(categories.values()) == symbols


def test_names_and_table_stand_beside_a_cog_that_stays_one(tmp_path: Path) -> None:
    path = written_landcover(tmp_path)
    assert cog_validate(path, quiet=True, strict=True) == (True, [], [])
    root = ET.parse(f"{path}.aux.xml").getroot()
    names = [c.text or "" for c in root.iter("Category")]
    assert {i: name for i, name in enumerate(names) if name} == {c.code: c.name for c in LEGEND}
    rows = [[f.text or "" for f in row.iter("F")] for row in root.iter("Row")]
    assert rows[0] == ["10", "trees", "0", "100", "0", "10 95"]
    assert [int(row[0]) for row in rows] == [c.code for c in LEGEND]


def test_writing_names_again_keeps_what_else_is_there(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    aux = tmp_path / "x.tif.aux.xml"
    aux.write_text("<PAMDataset><SRS>LOCAL</SRS></PAMDataset>", encoding="utf-8")
    write_class_pam(path)
    once = aux.read_text(encoding="utf-8")
    write_class_pam(path)
    assert aux.read_text(encoding="utf-8") == once
    assert ET.parse(aux).getroot().findtext("SRS") == "LOCAL"


@pytest.mark.skipif(shutil.which("gdalinfo") is None, reason="gdalinfo is not installed")
def test_gdal_reads_names_table_and_colours(tmp_path: Path) -> None:
    path = written_landcover(tmp_path)
    done = subprocess.run(["gdalinfo", "-json", path], capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    band = facts["bands"][0]
    assert facts["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    assert band["colorInterpretation"] == "Palette"
    assert band["noDataValue"] == 0
    table = subprocess.run(["gdalinfo", path], capture_output=True, text=True, check=True).stdout
    assert " 10: trees\n" in table
    assert "<F>low vegetation</F>" in table
