"""Rasters are written row by row into a plain GeoTIFF, and finished as a cloud-optimised one.

A COG needs a finished file, so rows first go into an uncompressed tiled BigTIFF beside the target
(0.2 CPU seconds for 92 Mpx of uint8, against 1.8 with Zstandard). GDAL's COG driver then
compresses and builds the overviews on all cores: 6 CPU seconds for 92 Mpx of land cover, of which
mode overviews take 3.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import DTypeLike, NDArray
from pyproj import CRS

# rasterio.shutil.copy lets GDAL's own errors through, and has no public name for them.
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from sargeo.errors import EnvironmentLackError, OutputNotWritableError
from sargeo.geo.grid import GeoGrid
from sargeo.legend import LAND_COVER, NODATA, UNCERTAIN_CLASS, LandCoverClass
from sargeo.products.files import storage_error
from sargeo.products.names import pam_path
from sargeo.products.style import LEGEND, Colour, class_colours

OverviewResampling = Literal["mode", "average", "nearest"]

TILE = 512
"""Side of the internal tiles in pixels."""

PERCENT_NODATA = 255
"""Nodata of confidences and probabilities, which run from 0 to 100."""


class RasterSink:
    """One raster being written. Nothing stands under ``path`` before `finish` has checked it.

    Parameters
    ----------
    path : Path
        Where the finished file will stand. Temporary files lie beside it.
    grid : GeoGrid
        CRS, transform and shape (H, W) of the raster.
    dtype : dtype
    nodata : int
    band_names : sequence of str
        One for each of the C bands.
    overview_resampling : {"mode", "average", "nearest"} or None
        None: no overviews.
    colours : mapping of int to (red, green, blue, alpha), or None
        Internal colour table of a uint8 raster of one band.
    metadata : mapping of str to str
        Tags of the file.
    scales : sequence of float, optional
        What the values of each band are multiplied by to get quantities; by default they are such.

    tile : int
        Side of the internal tiles in pixels.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        Here and by every method, if the operating system refuses.
    """

    def __init__(
        self,
        path: Path,
        grid: GeoGrid,
        *,
        dtype: DTypeLike,
        nodata: int,
        band_names: Sequence[str],
        overview_resampling: OverviewResampling | None,
        colours: Mapping[int, Colour] | None,
        metadata: Mapping[str, str],
        scales: Sequence[float] | None = None,
        tile: int = TILE,
    ) -> None:
        self.path = path
        self.grid = grid
        self._tile = tile
        self._dtype = np.dtype(dtype)
        self._nodata = nodata
        self._band_names = tuple(band_names)
        self._resampling = overview_resampling
        self._colours = colours
        self._metadata = {name: _kept(text) for name, text in metadata.items() if text}
        self._scales = None if scales is None else tuple(scales)
        self._rows = path.with_name(f".{path.stem}.rows.tif")
        self._cog = path.with_name(f".{path.stem}.cog.tif")
        self._buffer = np.empty((len(self._band_names), self._tile, grid.width), self._dtype)
        self._next_row = 0
        self._checksum = 0
        self._plain_bytes = self._buffer[:, 0].nbytes * grid.height
        try:
            with self._storage_errors():
                self._dataset = self._create()
        except EnvironmentLackError:
            self._rows.unlink(missing_ok=True)
            raise

    def write(self, row: int, values: NDArray[Any]) -> None:
        """Append rows. Rows come in order and without gaps, from one thread at a time.

        Parameters
        ----------
        row : int
            Index of the first row given.
        values : ndarray, shape (C, h, W), or (h, W) for a raster of one band

        Raises
        ------
        ValueError
            If rows are missing or repeated, or the shape does not fit.
        """
        values = values[None] if values.ndim == 2 else values
        self._check_rows(row, values.shape)
        done = 0
        while done < values.shape[1]:
            filled = self._next_row % self._tile
            taken = min(self._tile - filled, values.shape[1] - done)
            self._buffer[:, filled : filled + taken] = values[:, done : done + taken]
            done += taken
            self._next_row += taken
            if self._next_row % self._tile == 0 or self._next_row == self.grid.height:
                self._flush()

    def finish(self) -> None:
        """Turn the rows into a COG, check it, and put it in its place.

        Raises
        ------
        ValueError
            If rows are missing.
        """
        if self._next_row != self.grid.height:
            raise ValueError(f"{self.path} has {self._next_row} of {self.grid.height} rows")
        try:
            with self._storage_errors():
                self._dataset.close()
                self._convert()
                self._check()
                self._publish()
        finally:
            self.abort()

    def abort(self) -> None:
        """Close, and remove everything that is not finished. Harmless after `finish`."""
        self._dataset.close()
        for part in (self._rows, self._cog):
            part.unlink(missing_ok=True)
            pam_path(part).unlink(missing_ok=True)

    def _create(self) -> Any:
        dataset = rasterio.open(
            self._rows,
            "w",
            driver="GTiff",
            height=self.grid.height,
            width=self.grid.width,
            count=len(self._band_names),
            dtype=self._dtype,
            nodata=self._nodata,
            crs=_rasterio_crs(self.grid.crs),
            transform=self.grid.transform,
            tiled=True,
            blockxsize=self._tile,
            blockysize=self._tile,
            interleave="band",
            bigtiff="yes",
            sparse_ok=True,
        )
        dataset.descriptions = self._band_names
        if self._scales is not None:
            dataset.scales = self._scales
        dataset.update_tags(**self._metadata)
        if self._colours is not None:
            dataset.write_colormap(1, dict(self._colours))
        return dataset

    def _check_rows(self, row: int, shape: tuple[int, ...]) -> None:
        bands, height, width = shape
        if row != self._next_row or row + height > self.grid.height:
            raise ValueError(
                f"rows {row} to {row + height} of {self.path} after row {self._next_row} "
                f"of {self.grid.height}"
            )
        if (bands, width) != (len(self._band_names), self.grid.width):
            raise ValueError(f"{shape} does not fit {self.path}: {self._buffer.shape} expected")

    def _flush(self) -> None:
        start = (self._next_row - 1) // self._tile * self._tile
        rows = self._buffer[:, : self._next_row - start]
        self._checksum = zlib.crc32(np.ascontiguousarray(rows).data, self._checksum)
        with self._storage_errors():
            self._dataset.write(rows, window=Window(0, start, self.grid.width, rows.shape[1]))

    def _convert(self) -> None:
        overviews = {"overviews": "none"}
        if self._resampling is not None:
            overviews = {"overviews": "auto", "overview_resampling": self._resampling}
        rasterio.shutil.copy(
            self._rows,
            self._cog,
            driver="COG",
            blocksize=self._tile,
            compress="deflate",
            bigtiff="if_safer",
            num_threads="all_cpus",
            sparse_ok=True,
            **overviews,
        )

    def _check(self) -> None:
        """Compare the COG with what was to be written.

        GDAL says nothing when closing a file fails, and a missing tile reads as nodata. So the
        pixels are read once more (0.3 seconds for 92 Mpx).
        """
        errors = self._untiled()
        with rasterio.open(self._cog) as dataset:
            checksum = 0
            for start in range(0, self.grid.height, self._tile):
                height = min(self._tile, self.grid.height - start)
                window = Window(0, start, self.grid.width, height)
                checksum = zlib.crc32(dataset.read(window=window), checksum)
            if checksum != self._checksum:
                raise storage_error(self.path, self._plain_bytes)
            errors += self._lost(dataset)
        if errors:
            raise OutputNotWritableError(
                f"{self.path} cannot be written as a cloud-optimised GeoTIFF: {'; '.join(errors)}.",
                "Report this with the scene's CRS and size: it should not happen.",
            )

    def _untiled(self) -> list[str]:
        """Return what keeps the file from being read in parts, at any level.

        GDAL's word that the layout is a COG's, and tiles at every level. rio-cogeo's check is not
        asked: it takes a raster or overview of one tile's width for one without tiles, and refuses
        overviews of a raster of one column, whose decimation across is 1.
        """
        errors = []
        with rasterio.open(self._cog) as dataset:
            if dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") != "COG":
                errors.append("GDAL does not call it one")
            levels = len(dataset.overviews(1))
            whole = max(dataset.shape) <= self._tile or self._resampling is None
        if whole != (levels == 0):
            errors.append(f"it has {levels} overviews")
        for level in (None, *range(levels)):
            with rasterio.open(self._cog, overview_level=level) as dataset:
                if set(dataset.block_shapes) != {(self._tile, self._tile)}:
                    errors.append(f"blocks are {dataset.block_shapes[0]} at {dataset.shape}")
        return errors

    def _publish(self) -> None:
        """Give the COG its name, and the file beside it in which GDAL keeps an exotic CRS."""
        if pam_path(self._cog).exists():
            pam_path(self._cog).replace(pam_path(self.path))
        self._cog.replace(self.path)

    def _lost(self, dataset: Any) -> list[str]:
        tags = dataset.tags()
        kept = {
            "nodata": dataset.nodata == self._nodata,
            "CRS": dataset.crs is not None,
            "transform": dataset.transform.almost_equals(self.grid.transform, precision=1e-9),
            "scales": self._scales is None or dataset.scales == self._scales,
            "band names": dataset.descriptions == self._band_names,
            "tags": all(tags.get(key) == value for key, value in self._metadata.items()),
        }
        if self._colours is not None:
            table = dataset.colormap(1)
            kept["colours"] = all(table[v][:3] == c[:3] for v, c in self._colours.items())
        return [f"its {what} did not survive" for what, survived in kept.items() if not survived]

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except (RasterioError, CPLE_BaseError, OSError) as error:
            raise storage_error(self.path, self._plain_bytes, error) from error


_SPACE = " \t\n\r"
"""What XML takes for white space."""

LEGEND_TAG = "classes"
"""Where a raster tells its classes if they are not those of `sargeo.legend`."""


def _kept(text: str) -> str:
    """Spell out what GDAL's XML drops from a tag: control characters and leading space."""
    first = len(text) - len(text.lstrip(_SPACE))
    return "".join(
        f"\\x{ord(c):02x}" if i < first or (c < " " and c not in _SPACE) else c
        for i, c in enumerate(text)
    )


def landcover_sink(
    path: Path,
    grid: GeoGrid,
    metadata: Mapping[str, str],
    classes: Sequence[LandCoverClass] = LAND_COVER,
) -> RasterSink:
    """Return the sink of a land-cover raster: class codes, nodata 0.

    Classes that are not those of `sargeo.legend` are told in the file.
    """
    if tuple(classes) != LAND_COVER:
        legend = (*classes, UNCERTAIN_CLASS)
        return classes_sink(path, grid, legend, "land cover", {**metadata, **legend_tag(legend)})
    crosswalk = {str(c.code): list(c.worldcover) for c in LAND_COVER}
    tags = {**metadata, "worldcover_crosswalk": json.dumps(crosswalk)}
    return classes_sink(path, grid, LEGEND, "land cover", tags)


def legend_tag(legend: Sequence[LandCoverClass]) -> dict[str, str]:
    """Return the tag by which a raster tells its legend."""
    return {LEGEND_TAG: json.dumps([asdict(c) for c in legend], ensure_ascii=False)}


def classes_sink(
    path: Path,
    grid: GeoGrid,
    legend: Sequence[LandCoverClass],
    band_name: str,
    metadata: Mapping[str, str],
) -> RasterSink:
    """Return the sink of a raster of class codes, nodata 0."""
    return RasterSink(
        path,
        grid,
        dtype=np.uint8,
        nodata=NODATA,
        band_names=(band_name,),
        overview_resampling="mode",
        colours=class_colours(legend),
        metadata=metadata,
    )


def confidence_sink(path: Path, grid: GeoGrid, metadata: Mapping[str, str]) -> RasterSink:
    """Return the sink of a raster of confidences in percent, nodata 255."""
    return _percent_sink(path, grid, ("confidence",), metadata)


def probabilities_sink(
    path: Path, grid: GeoGrid, classes: Sequence[LandCoverClass], metadata: Mapping[str, str]
) -> RasterSink:
    """Return the sink of class probabilities in percent, one band per class, nodata 255."""
    return _percent_sink(path, grid, [c.name for c in classes], metadata)


def _percent_sink(
    path: Path, grid: GeoGrid, band_names: Sequence[str], metadata: Mapping[str, str]
) -> RasterSink:
    return RasterSink(
        path,
        grid,
        dtype=np.uint8,
        nodata=PERCENT_NODATA,
        band_names=band_names,
        overview_resampling="average",
        colours=None,
        metadata={**metadata, "unit": "percent"},
    )


def _rasterio_crs(crs: CRS) -> rasterio.crs.CRS:
    epsg = crs.to_epsg(min_confidence=100)
    return rasterio.crs.CRS.from_epsg(epsg) if epsg else rasterio.crs.CRS.from_wkt(crs.to_wkt())
