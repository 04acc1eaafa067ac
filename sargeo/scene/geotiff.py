"""GeoTIFF files, and whatever else GDAL opens, as a scene.

Which of their numbers are measurements is decided in `sargeo.scene.validity`, which of their bands
in `sargeo.scene.choose`, and what those are in `sargeo.scene.interpret`.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sargeo.errors import InputError
from sargeo.geo.grid import Block, GeoGrid
from sargeo.scene.acquisition_time import find_acquisition_time
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.bands import Band
from sargeo.scene.capella import amplitude_factor
from sargeo.scene.choose import Choice, Companion, choose_bands, mean_angle_deg
from sargeo.scene.clues import Clues
from sargeo.scene.interpret import Finding, find_incidence_deg, interpret
from sargeo.scene.platforms import find_platform
from sargeo.scene.rasterfile import RasterFacts, RasterFile
from sargeo.scene.rasteropen import raster_exists
from sargeo.scene.refuse import check_no_picture, check_pixels, georeference
from sargeo.scene.scene import Raster
from sargeo.scene.siblings import common_name, sibling_paths
from sargeo.scene.spread import Spread
from sargeo.scene.validity import Measurements, Storage, Stored
from sargeo.scene.words import informative_text, polarisations_in


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
    acquired : datetime or None
        When the scene was taken, or began to be; see `sargeo.scene.acquisition_time`.
    acquired_from : str
        Where that was found; empty where it is unknown.
    companions : tuple of Companion
        Bands of the files that are not mapped.
    measurements : Measurements
        What tells measurements from nodata.
    """

    name: str
    source: str
    grid: GeoGrid
    bands: tuple[Band, ...]
    gsd_known: bool
    incidence_deg: float | None
    platform: str | None
    platform_from: str
    acquired: datetime | None
    acquired_from: str
    findings: tuple[Finding, ...]
    assumed_gsd_m: float | None
    companions: tuple[Companion, ...]
    measurements: Measurements

    def __init__(self, source: str | Path, assume: Assumptions | None = None) -> None:
        assume = assume or Assumptions()
        self.source = os.fspath(source)
        self.gsd_known = not assume.gsd_unknown
        self.assumed_gsd_m = assume.gsd_m
        self._files: list[RasterFile] = []
        self._likely: tuple[Block, ...] | None = None
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
        values, valid = self.measurements.read(block)
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

    def likely(self) -> tuple[Block, ...]:
        """Return blocks that hold pixels; none where the file does not tell."""
        if self._likely is None:
            self._likely = self._files[0].full_blocks()
        return self._likely

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
        """How the files tell pixels that hold nothing, in words."""
        said = [kind for facts in self.facts for kind in facts.nodata_kinds]
        return ", ".join(dict.fromkeys(said)) or "none"

    def _open(self, path: str, assume: Assumptions) -> None:
        named = assume.polarisations
        self._files.append(RasterFile(path, len(named)))
        paths = [path]
        if len(self.facts[0].indexes) == 1 and len(named) != 1:
            paths = sibling_paths(path, raster_exists)
            for sibling in paths:
                if sibling != path:
                    self._files.append(RasterFile(sibling))
            self._files.sort(key=lambda file: paths.index(file.path))
        self.name = common_name(paths)
        self.grid = _common_grid(self._files)
        choice = self._choose_bands(assume)
        texts = [texts for file in self._files for texts in _texts(file)]
        if not (named or polarisations_in(" ".join(texts[0]))):
            check_no_picture(path, self.facts[0])
        storages = [storage for facts in self.facts for storage in _storages(facts)]
        self.measurements = Measurements(
            self.source, self._read_stored, self.grid.shape, storages, self.likely
        )
        clues = Clues(
            source=self.source,
            texts=texts,
            storages=storages,
            values=[Spread.of(values) for values in self.measurements.sample()],
            positions=choice.kept,
            total=len(choice.kept) + len(choice.companions),
        )
        self.findings = interpret(clues, assume)
        self.bands = tuple(finding.band for finding in self.findings)
        self.measurements.settle(self.bands)
        self.measurements.check_any()
        tags = [tags for facts in self.facts for tags in (facts.tags, *facts.band_tags)]
        self.incidence_deg = find_incidence_deg(tags) or self._angle_deg
        self.platform, self.platform_from = find_platform(tags, path, assume.platform)
        self.acquired, self.acquired_from = find_acquisition_time(tags, path)

    def _choose_bands(self, assume: Assumptions) -> Choice:
        """Leave out what accompanies the measurements, but for the mean of incidence angles."""
        places = [(file, i) for file in self._files for i in range(len(file.facts.indexes))]
        names = [_name_of_band(file.facts, i) for file, i in places]
        choice = choose_bands(self.source, names, assume)
        self.companions = choice.companions
        angles = [c for c in choice.companions if c.what == "incidence angle"]
        self._angle_deg = self._mean_angle_deg(*places[angles[0].position]) if angles else None
        for file in self._files:
            file.choose([i for k in choice.kept for f, i in (places[k],) if f is file])
        self._files = [file for file in self._files if file.facts.indexes]
        for file in self._files:
            check_pixels(file.path, file.facts)
        return choice

    def _mean_angle_deg(self, file: RasterFile, position: int) -> float | None:
        def read(block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
            values, valid = file.read(block)
            angles = values[position : position + 1]
            return angles, valid[position] & (angles[0] > 0)

        return mean_angle_deg(read, self.grid.shape, file.full_blocks)

    def _read_stored(self, block: Block) -> Stored:
        parts = [file.read(block) for file in self._files]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([v for v, _ in parts]), np.concatenate([v for _, v in parts])


def gdal_name(source: str | Path) -> str:
    """Return a source as GDAL wants it: ``/vsi…`` with forward slashes even from a Windows path."""
    text = os.fspath(source)
    slashed = text.replace("\\", "/")
    return slashed if slashed.startswith("/vsi") else text


def _common_grid(files: list[RasterFile]) -> GeoGrid:
    """Return the grid that all files share, refusing files that do not."""
    grids = [georeference(file.path, file.facts) for file in files]
    for file, grid in zip(files, grids, strict=True):
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
    scaled = "amplitude" if amplitude_factor(facts.tags) else ""
    return [
        [
            description,
            informative_text(tags),
            unit,
            f"{scaled} {informative_text(facts.tags)}",
            name,
        ]
        for description, tags, unit in zip(
            facts.descriptions, facts.band_tags, facts.units, strict=True
        )
    ]


def _name_of_band(facts: RasterFacts, position: int) -> str:
    return facts.descriptions[position] or informative_text(facts.band_tags[position])


def _storages(facts: RasterFacts) -> list[Storage]:
    factor = amplitude_factor(facts.tags)
    return [
        Storage(np.dtype(dtype), *((factor, 0.0) if factor else (scale, offset)))
        for dtype, scale, offset in zip(facts.dtypes, facts.scales, facts.offsets, strict=True)
    ]
