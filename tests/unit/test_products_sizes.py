"""A raster of any size can be written: every writer, tall and flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from support.products import grid_at

from sargeo.errors import OutputNotWritableError
from sargeo.legend import LAND_COVER
from sargeo.products.count import CountGrid
from sargeo.products.embedding import EmbeddingHeader, GridHeader, embedding_sink
from sargeo.products.raster import (
    RasterSink,
    confidence_sink,
    landcover_sink,
    probabilities_sink,
)
from sargeo.products.texts import texts_sink

Shape = tuple[int, int]
Writer = Callable[[Path, Shape], None]

TILES = (256, 512)
"""Sides of internal tiles, of embeddings and of all other rasters."""


def finish(sink: RasterSink, value: int) -> None:
    """Write the same value everywhere: what is tested is the shape."""
    bands = len(sink._band_names)
    sink.write(0, np.full((bands, *sink.grid.shape), value, sink._dtype))
    sink.finish()


def landcover(path: Path, shape: Shape) -> None:
    finish(landcover_sink(path, grid_at("utm_north", shape), {}), 30)


def confidence(path: Path, shape: Shape) -> None:
    finish(confidence_sink(path, grid_at("utm_north", shape), {}), 70)


def probabilities(path: Path, shape: Shape) -> None:
    finish(probabilities_sink(path, grid_at("utm_north", shape), LAND_COVER, {}), 20)


def texts(path: Path, shape: Shape) -> None:
    finish(texts_sink(path, grid_at("utm_north", shape), LAND_COVER, {}), 30)


def count(path: Path, shape: Shape) -> None:
    cells = CountGrid.plan(grid_at("utm_north", shape), 1)
    assert cells.grid.shape == shape
    cells.add_valid(0, np.ones(shape, dtype=bool))
    cells.write(path, [], [], {})


def embedding(path: Path, shape: Shape) -> None:
    grid = GridHeader.of(grid_at("utm_north", shape))
    header = EmbeddingHeader(
        name="x", source="x", model="m", model_sha256="", dimensions=2, stride=1,
        scene=grid, work=grid, cell_size_m=None,
    )  # fmt: skip
    finish(embedding_sink(path, header, {}), 5)


WRITERS = (landcover, confidence, probabilities, texts, count, embedding)
EDGES = (1, 255, 256, 257, 511, 512, 513)


def both_ways(narrow: int, wide: int) -> Iterator[Shape]:
    yield narrow, wide
    yield wide, narrow


def check(write: Writer, path: Path, shape: Shape) -> None:
    write(path, shape)
    with rasterio.open(path) as dataset:
        assert dataset.shape == shape


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("edge", EDGES)
def test_edges_of_one_tile(write: Writer, edge: int, tmp_path: Path) -> None:
    for shape in both_ways(edge, 600):
        check(write, tmp_path / "x.tif", shape)


@pytest.mark.parametrize(
    "shape", [(2049, 1024), (2049, 1025), (1026, 1025), (4100, 2048), (2049, 1), (1, 2049)]
)
def test_overviews_of_one_tiles_width(shape: Shape, tmp_path: Path) -> None:
    check(confidence, tmp_path / "x.tif", shape)
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.overviews(1)


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS)
def test_every_width_up_to_1100(write: Writer, tmp_path: Path) -> None:
    for width in range(1, 1101):
        for shape in both_ways(width, 520):
            check(write, tmp_path / "x.tif", shape)


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("power", range(5))
def test_around_powers_of_two_tiles(write: Writer, power: int, tmp_path: Path) -> None:
    for tile in TILES:
        for width in range(tile * 2**power - 2, tile * 2**power + 3):
            for shape in both_ways(width, 2 * width + 1 if power < 3 else 700):
                check(write, tmp_path / "x.tif", shape)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"driver": "GTiff", "tiled": True, "blockxsize": 512, "blockysize": 512}, "call it one"),
        ({"driver": "GTiff"}, "blocks are"),
        ({"driver": "COG", "blocksize": 256}, "blocks are"),
        ({"driver": "COG", "blocksize": 512, "overviews": "none"}, "0 overviews"),
    ],
)
def test_what_is_no_cog_is_refused(
    options: dict[str, object], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = rasterio.shutil.copy
    monkeypatch.setattr(rasterio.shutil, "copy", lambda a, b, **_: copy(a, b, **options))
    with pytest.raises(OutputNotWritableError, match=fault):
        confidence(tmp_path / "x.tif", (600, 600))
    assert list(tmp_path.iterdir()) == []
