"""Where files say that they hold data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window
from support.rasters import CRS_CASES

from sargeo.geo.grid import Block
from sargeo.scene.open import open_scene
from sargeo.scene.stored import full_blocks

UTM, GRID = CRS_CASES["utm_north"]
SIDE = 20_000


def speckle(side: int) -> np.ndarray:
    return np.random.default_rng(1).normal(-12, 3, (side, side)).astype(np.float32)


def mosaic(path: Path, *, zeros: bool) -> Path:
    """Write a large file with 200 by 200 pixels in a corner, sparse or of zeros elsewhere."""
    shape = {"width": SIDE, "height": SIDE, "count": 1, "dtype": "float32"}
    tiles = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate"}
    with rasterio.open(path, "w", crs=UTM, transform=GRID, sparse_ok=True, **shape, **tiles) as f:
        for row in range(0, SIDE if zeros else 0, 2048):
            rows = np.zeros((min(2048, SIDE - row), SIDE), np.float32)
            f.write(rows, 1, window=Window(0, row, SIDE, len(rows)))
        f.write(speckle(200), 1, window=Window(19_700, 19_800, 200, 200))
        f.set_band_description(1, "VV dB")
    return path


def virtual_mosaic(path: Path) -> Path:
    """Write a mosaic of 100 000 by 100 000 pixels, of which one source has 128 by 128."""
    source = path.with_name("source.tif")
    shape = {"width": 128, "height": 128, "count": 1, "dtype": "float32"}
    with rasterio.open(source, "w", crs=UTM, transform=GRID, **shape) as file:
        file.write(speckle(128), 1)
    path.write_text(
        f"""<VRTDataset rasterXSize="100000" rasterYSize="100000"><SRS>{UTM}</SRS>
        <GeoTransform>{GRID.c},10,0,{GRID.f},0,-10</GeoTransform>
        <VRTRasterBand dataType="Float32" band="1"><Description>VV dB</Description>
        <SimpleSource><SourceFilename relativeToVRT="1">source.tif</SourceFilename>
        <SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="128" ySize="128"/>
        <DstRect xOff="41234" yOff="52345.5" xSize="128" ySize="128"/></SimpleSource>
        </VRTRasterBand></VRTDataset>""",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("zeros", [False, True])
def test_a_tiff_tells_its_full_blocks(zeros: bool, tmp_path: Path) -> None:
    with rasterio.open(mosaic(tmp_path / "x.tif", zeros=zeros)) as dataset:
        assert full_blocks(dataset) == (
            Block(19_456, 19_456, 512, 512),
            Block(19_968, 19_456, 32, 512),
        )


def test_a_virtual_mosaic_tells_its_sources(tmp_path: Path) -> None:
    with rasterio.open(virtual_mosaic(tmp_path / "x.vrt")) as dataset:
        assert full_blocks(dataset) == (Block(52_345, 41_234, 129, 128),)


@pytest.mark.parametrize("kind", ["sparse", "zeros", "virtual"])
def test_little_is_read_to_open_a_mosaic_nearly_empty(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.tif"
    path = virtual_mosaic(path) if kind == "virtual" else mosaic(path, zeros=kind == "zeros")
    read = []
    from sargeo.scene.rasterfile import RasterFile

    original = RasterFile.read
    monkeypatch.setattr(RasterFile, "read", lambda f, b: read.append(b) or original(f, b))
    with open_scene(path) as scene:
        assert scene.bands[0].scale == "db"
    assert sum(block.size for block in read) < 4e7
