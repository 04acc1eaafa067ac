"""An xarray.DataArray with a CRS as a scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from sargeo.errors import NoGeoreferenceError, NothingValidError, UnsupportedPixelsError
from sargeo.grid import Block, GeoGrid
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.bands import POLARISATIONS, Band
from sargeo.scene.interpret import Clues, Finding, find_incidence_deg, interpret, telling_text
from sargeo.scene.platforms import find_platform
from sargeo.scene.refuse import has_no_transform
from sargeo.scene.sampling import sample_values
from sargeo.scene.scene import Raster

if TYPE_CHECKING:
    import xarray


class DataArrayScene:
    """A DataArray with dims (y, x) or (band, y, x), regular coordinates, and a rioxarray CRS.

    The polarisation comes from the labels of the band coordinate, ``attrs`` ("polarisation",
    "units", "long_name", …) or the array's name; the platform from ``attrs`` or from coordinates
    without a dim, as STAC's readers write them. Pixels that are NaN, infinite, or equal to
    rioxarray's nodata value in any band are not valid. A lazy (dask) array is computed block by
    block.

    Parameters
    ----------
    array : xarray.DataArray
    assume : Assumptions, optional
        What the user says in place of the array.

    Raises
    ------
    NoGeoreferenceError
        If the array has no CRS or no regular coordinates.
    UnsupportedPixelsError
        If dims, dtype or the number of bands are not those of a scene.
    UnknownRadiometryError
        If a polarisation or scale stays unknown.
    NothingValidError
        If no pixel is valid.
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

    def __init__(self, array: xarray.DataArray, assume: Assumptions | None = None) -> None:
        assume = assume or Assumptions()
        self.name = str(array.name or "scene")
        self.source = f"xarray.DataArray {self.name!r}"
        self.gsd_known = not assume.gsd_unknown
        self.assumed_gsd_m = assume.gsd_m
        self._array = self._in_order(array)
        self._nodata = array.rio.nodata
        self.grid = self._find_grid(array)
        self.findings = interpret(self._clues(), assume)
        self.bands = tuple(finding.band for finding in self.findings)
        attrs = _text_attrs(array.attrs)
        self.incidence_deg = find_incidence_deg([attrs])
        self.platform, self.platform_from = find_platform(
            [attrs, _single_coords(array)], self.name, assume.platform
        )

    @property
    def nodata_kind(self) -> str:
        """How pixels that hold nothing are told, in words."""
        return "NaN" if self._nodata is None else f"nodata value {self._nodata:g}"

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid; values are 0 where not valid."""
        if self.grid.block.intersection(block) != block:
            raise ValueError(f"{block} does not lie within a scene of shape {self.grid.shape}")
        values, valid = self._read(block)
        return Raster(values, valid, self.grid.crop(block), self.bands)

    def _read(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        rows, cols = block.slices()
        stored = np.asarray(self._array[:, rows, cols].values)
        with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite, thus invalid
            values = stored.astype(np.float32)
        valid = np.logical_and.reduce(np.isfinite(values))
        if self._nodata is not None and not np.isnan(self._nodata):
            valid &= np.logical_and.reduce(stored != self._nodata)
        np.copyto(values, np.float32(0), where=~valid)
        return values, valid

    def _in_order(self, array: xarray.DataArray) -> xarray.DataArray:
        if array.dtype.kind not in "iuf":
            raise UnsupportedPixelsError(
                f"{self.source} holds pixels of type {array.dtype}.",
                "Give real backscatter or amplitude.",
            )
        # Importing rioxarray registers the accessor ``rio``.
        from rioxarray.exceptions import MissingSpatialDimensionError

        try:
            y, x = array.rio.y_dim, array.rio.x_dim
        except MissingSpatialDimensionError as error:
            raise self._wrong_dims(array) from error
        others = [str(dim) for dim in array.dims if dim not in (y, x)]
        layered = array if others else array.expand_dims("band")
        layered = layered.transpose(*(others or ["band"]), y, x)
        if layered.ndim != 3 or layered.size == 0 or layered.shape[0] > len(POLARISATIONS):
            raise self._wrong_dims(array)
        return layered

    def _wrong_dims(self, array: xarray.DataArray) -> UnsupportedPixelsError:
        return UnsupportedPixelsError(
            f"{self.source} has dims {dict(array.sizes)}, where a scene has (y, x) or (band, y, x) "
            "with one band per polarisation.",
            "Select its polarisations and one time.",
        )

    def _find_grid(self, array: xarray.DataArray) -> GeoGrid:
        try:
            crs = CRS.from_user_input(array.rio.crs)
        except CRSError as error:
            raise NoGeoreferenceError(
                f"{self.source} has no CRS.", "Add it with array.rio.write_crs(…)."
            ) from error
        grid = GeoGrid(crs, _transform(array), (self._array.shape[1], self._array.shape[2]))
        if has_no_transform(grid.transform) or grid.sampled_spacing_m()[0].size == 0:
            raise NoGeoreferenceError(
                f"{self.source} has no even x and y coordinates that lie on Earth in {crs.name}.",
                "Give it evenly spaced coordinates of its CRS, or a transform with "
                "array.rio.write_transform(…).",
            )
        return grid

    def _clues(self) -> Clues:
        array = self._array
        labels = [str(label) for label in np.atleast_1d(array[array.dims[0]].values)]
        attrs = _text_attrs(array.attrs)
        values = sample_values(self._read, self.grid.shape)
        if values.shape[1] == 0:
            raise NothingValidError(
                f"{self.source} holds no valid pixel: all are nodata, NaN or infinite.",
                "Give pixels that hold measurements.",
            )
        return Clues(
            source=self.source,
            texts=[
                [label, "", attrs.get("units", ""), telling_text(attrs), self.name]
                for label in labels
            ],
            integer=[array.dtype.kind in "iu"] * len(labels),
            medians=[float(np.median(channel)) for channel in values],
        )


def _transform(array: xarray.DataArray) -> Affine:
    """Return the transform by the coordinates, or as written; no transform if uneven."""
    axes = [array.coords[d].values for d in (array.rio.y_dim, array.rio.x_dim) if d in array.coords]
    steps = [np.diff(axis) for axis in axes]
    if any(np.ptp(step) > 0.1 * abs(step.mean()) for step in steps if step.size):
        return Affine.identity()
    measurable = len(steps) == 2 and all(step.size for step in steps)
    transform: Affine = array.rio.transform(recalc=measurable)
    return transform


def _text_attrs(attrs: Mapping[Any, Any]) -> dict[str, str]:
    """Return attributes as text; a tuple of band names becomes one list."""
    return {
        str(k): " ".join(map(str, v)) if isinstance(v, (list, tuple)) else str(v)
        for k, v in attrs.items()
    }


def _single_coords(array: xarray.DataArray) -> dict[str, str]:
    """Return coordinates that hold one value for all of the array, as text."""
    return {str(name): str(c.item()) for name, c in array.coords.items() if c.ndim == 0}
