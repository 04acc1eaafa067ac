"""Names that GDAL or its wrappers take for something else are names of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.products import grid_at, ships_at, write_products

import sargeo
from sargeo.products.vector import read_objects_file
from sargeo.products.windows import open_product
from sargeo.webmap import write_web_map

STEMS = (
    "a!b", "!", "a.zip!b", "x;y", "a?b", "a#b", "a%20b", "a:b", "a[1]*", "two words", "Küste",
    "tab\tin", "line\nin", "zip:a", "a.gpkg!objects", "$HOME", "it's", 'quo"te', "a&b=c,d",
)  # fmt: skip


@pytest.mark.parametrize("stem", STEMS)
def test_products_of_any_name_are_written_and_read(stem: str, tmp_path: Path) -> None:
    folder = tmp_path / "out!put;"
    try:
        folder.mkdir()
        (folder / stem).touch()
    except OSError:
        pytest.skip("this file system has no such names")
    (folder / stem).unlink()
    grid, here = grid_at("utm_north", (60, 80)), np.array([5.5])
    paths = write_products(
        folder, grid, np.full(grid.shape, 30, np.uint8), ships_at(here, here), stem
    )
    assert {path.name for path in folder.iterdir()} == {path.name for path in paths.existing()}
    with open_product(paths.count) as count:
        assert count.read(count.grid.block).sum() == 1
    assert len(read_objects_file(paths.objects)) == 1
    assert len(sargeo.read_objects(folder)) == 1
    assert sargeo.open_products(folder).sizes["x"] == 80
    assert "ship" in write_web_map(paths, paths.page).read_text(encoding="utf-8")
