"""GeoTIFF files, and whatever else GDAL opens, as a scene.

What counts as nodata is decided once, when the scene is opened, so that it never depends on the
window that is read:

- pixels that a nodata tag, a mask band, a ``.msk`` file or an alpha band leaves out in any band;
- NaN and infinite values in any band;
- where a file says nothing of the above: zeros in every band, if the scene has a *region* of such
  zeros. A region is a square of 8 by 8 pixels, or an outermost row or column, within the fixed
  sample of blocks (`sargeo.scene.sampling`). A lone zero, as in clipped or noise-corrected data,
  is then invalid too; without a region every zero is a measurement.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.errors import InputError, NothingValidError
from sargeo.grid import Block, GeoGrid
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.bands import Band
from sargeo.scene.interpret import (
    Clues,
    Finding,
    find_incidence_deg,
    interpret,
    polarisations_in,
    telling_text,
)
from sargeo.scene.platforms import find_platform
from sargeo.scene.rasterfile import RasterFacts, RasterFile, raster_exists
from sargeo.scene.refuse import check_no_picture, check_pixels, georeference
from sargeo.scene.sampling import row_blocks, sample_blocks
from sargeo.scene.scene import Raster
from sargeo.scene.siblings import common_name, sibling_paths

REGION = 8
"""Side in pixels of a square of zeros that makes zero nodata."""

_Pixels = tuple[NDArray[np.float32], NDArray[np.bool_]]


class GeoTiffScene:
    """A scene in one file, or in one file per polarisation.

    Reads may come from any thread. Close it, or use it as a context manager, before the file is
    moved or deleted.

    Parameters
    ----------
    source : str or Path
        Path, or a name that GDAL opens, such as ``/vsizip/…``. Of files that differ only in the
        polarisation (``x_vv.tif``, ``x_vh.tif``) any one stands for all.
    assume : Assumptions, optional
        What the user says in place of the file.

    Raises
    ------
    InputError
        If the file is refused; its subclasses say why.
    UsageError
        If the assumptions do not fit the file.

    Attributes
    ----------
    findings : tuple of Finding
        Where polarisation, quantity and scale of each band were found.
    assumed_gsd_m : float or None
        Ground spacing in metres that the user gave in place of the grid's.
    platform_from : str
        Where the platform was found; empty where it is unknown.
    zero_is_nodata : bool
        Whether zeros in every band are nodata although no file says so.
    """

    name: str
    source: str
    grid: GeoGrid
    bands: tuple[Band, ...]
    gsd_known: bool
    incidence_deg: float | None
    platform: str | None
    platform_from: str
    findings: tuple[Finding, ...]
    assumed_gsd_m: float | None
    zero_is_nodata: bool

    def __init__(self, source: str | Path, assume: Assumptions | None = None) -> None:
        assume = assume or Assumptions()
        self.source = os.fspath(source)
        self.gsd_known = not assume.gsd_unknown
        self.assumed_gsd_m = assume.gsd_m
        self.zero_is_nodata = False
        self._files: list[RasterFile] = []
        try:
            self._open(gdal_name(source), assume)
        except BaseException:
            self.close()
            raise

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid; values are 0 where not valid.

        Raises
        ------
        SceneDamagedError
            If the file's pixels cannot be read.
        ValueError
            If the block reaches beyond the grid, or the scene is closed.
        """
        if self.grid.block.intersection(block) != block:
            raise ValueError(f"{block} does not lie within a scene of shape {self.grid.shape}")
        values, valid = self._scaled(self._read_raw(block))
        np.copyto(values, np.float32(0), where=~valid)
        return Raster(values, valid, self.grid.crop(block), self.bands)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def facts(self) -> tuple[RasterFacts, ...]:
        """What each file says about itself."""
        return tuple(file.facts for file in self._files)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of the scene, in the order of the bands."""
        return tuple(file.path for file in self._files)

    @property
    def nodata_kind(self) -> str:
        """How pixels that hold nothing are told, in words."""
        said = [facts.nodata_kind for facts in self.facts if facts.nodata_kind != "none"]
        said += ["untagged zeros"] if self.zero_is_nodata else []
        return ", ".join(dict.fromkeys(said)) or "none"

    def _open(self, path: str, assume: Assumptions) -> None:
        self._files.append(RasterFile(path))
        paths = [path]
        if len(self.facts[0].indexes) == 1 and len(assume.polarisations) != 1:
            paths = sibling_paths(path, raster_exists)
            for sibling in paths:
                if sibling != path:
                    self._files.append(RasterFile(sibling))
            self._files.sort(key=lambda file: paths.index(file.path))
        self.name = common_name(paths)
        self.grid = _common_grid(self._files)
        texts = [texts for file in self._files for texts in _texts(file)]
        if not (assume.polarisations or polarisations_in(" ".join(texts[0]))):
            check_no_picture(path, self.facts[0])
        clues = Clues(
            source=self.source,
            texts=texts,
            integer=[whole for facts in self.facts for whole in _integer(facts)],
            medians=[float(np.median(values)) for values in self._decide_validity()],
        )
        self.findings = interpret(clues, assume)
        self.bands = tuple(finding.band for finding in self.findings)
        tags = [tags for facts in self.facts for tags in (facts.tags, *facts.band_tags)]
        self.incidence_deg = find_incidence_deg(tags)
        self.platform, self.platform_from = find_platform(tags, path, assume.platform)

    def _decide_validity(self) -> NDArray[np.float32]:
        """Decide whether zero is nodata, and return a sample of valid values, shape (C, N)."""
        blocks = sample_blocks(self.grid.shape)
        parts = [self._read_raw(block) for block in blocks]
        if all(facts.nodata_kind == "none" for facts in self.facts):
            self.zero_is_nodata = any(
                has_zero_region(_zeros(part), block, self.grid.shape)
                for part, block in zip(parts, blocks, strict=True)
            )
        scaled = (self._scaled(part) for part in parts)
        sample = np.concatenate([values[:, valid] for values, valid in scaled], axis=1)
        return sample if sample.shape[1] else self._first_valid()

    def _first_valid(self) -> NDArray[np.float32]:
        for block in row_blocks(self.grid.shape):
            values, valid = self._scaled(self._read_raw(block))
            if valid.any():
                return values[:, valid]
        raise NothingValidError(
            f"{self.source} holds no valid pixel: all are nodata, NaN or infinite.",
            "Check the nodata value with gdalinfo, or give another scene.",
        )

    def _read_raw(self, block: Block) -> _Pixels:
        parts = [file.read(block) for file in self._files]
        if len(parts) == 1:
            return parts[0]
        valid = np.logical_and.reduce([v for _, v in parts])
        return np.concatenate([values for values, _ in parts]), valid

    def _scaled(self, raw: _Pixels) -> _Pixels:
        """Apply scale and offset in place, and leave out zeros where they are nodata."""
        values, valid = raw
        if self.zero_is_nodata:
            valid &= ~_zeros(raw)
        pairs = [pair for f in self.facts for pair in zip(f.scales, f.offsets, strict=True)]
        for channel, (scale, offset) in zip(values, pairs, strict=True):
            if (scale, offset) != (1.0, 0.0):
                channel *= np.float32(scale)
                channel += np.float32(offset)
        return values, valid


def gdal_name(source: str | Path) -> str:
    """Return a source as GDAL wants it: ``/vsi…`` with forward slashes even from a Windows path."""
    text = os.fspath(source)
    slashed = text.replace("\\", "/")
    return slashed if slashed.startswith("/vsi") else text


def has_zero_region(zeros: NDArray[np.bool_], block: Block, shape: tuple[int, int]) -> bool:
    """Tell whether zeros in a block fill a square of `REGION`, or its part of a scene's edge."""
    edges = [
        (block.row == 0, zeros[0]),
        (block.col == 0, zeros[:, 0]),
        (block.row_stop == shape[0], zeros[-1]),
        (block.col_stop == shape[1], zeros[:, -1]),
    ]
    if any(at_edge and line.size >= REGION and line.all() for at_edge, line in edges):
        return True
    height, width = (min(REGION, n) for n in zeros.shape)
    rows, cols = zeros.shape[0] // height, zeros.shape[1] // width
    squares = zeros[: rows * height, : cols * width].reshape(rows, height, cols, width)
    return bool(squares.all(axis=(1, 3)).any())


def _zeros(raw: _Pixels) -> NDArray[np.bool_]:
    zeros: NDArray[np.bool_] = (raw[0] == 0).all(axis=0)
    return zeros


def _common_grid(files: list[RasterFile]) -> GeoGrid:
    """Return the grid that all files share, refusing files that do not."""
    grids = [georeference(file.path, file.facts) for file in files]
    for file, grid in zip(files, grids, strict=True):
        check_pixels(file.path, file.facts)
        if not _same(grid, grids[0]) or len(file.facts.indexes) != 1 < len(files):
            raise InputError(
                f"{files[0].path} and {file.path} look like two polarisations of one scene, but "
                "their grids or numbers of bands differ.",
                "Warp them onto one grid with gdalwarp, or map one of them alone, naming its "
                "polarisation, such as --assume vv.",
            )
    return grids[0]


def _same(grid: GeoGrid, other: GeoGrid) -> bool:
    """Tell whether grids agree to a hundredth of a pixel."""
    if grid.shape != other.shape or grid.crs != other.crs:
        return False
    rows, cols = np.array([0, 0, grid.height]), np.array([0, grid.width, 0])
    there = other.rowcol(*grid.xy(rows, cols))
    return bool(np.allclose(there, (rows, cols), rtol=0, atol=0.01))


def _texts(file: RasterFile) -> list[list[str]]:
    facts, name = file.facts, common_name([file.path])
    return [
        [description, telling_text(tags), unit, telling_text(facts.tags), name]
        for description, tags, unit in zip(
            facts.descriptions, facts.band_tags, facts.units, strict=True
        )
    ]


def _integer(facts: RasterFacts) -> list[bool]:
    return [
        np.dtype(dtype).kind in "iu" and (scale, offset) == (1.0, 0.0)
        for dtype, scale, offset in zip(facts.dtypes, facts.scales, facts.offsets, strict=True)
    ]
