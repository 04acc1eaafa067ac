"""An xarray.DataArray with a CRS as a scene."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from sargeo.errors import NoGeoreferenceError, UnsupportedPixelsError
from sargeo.geo.grid import Block, GeoGrid
from sargeo.scene.acquisition_time import find_acquisition_time
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.bands import Band
from sargeo.scene.choose import Choice, Companion, choose_bands, mean_angle_deg
from sargeo.scene.clues import Clues
from sargeo.scene.interpret import Finding, find_incidence_deg, interpret
from sargeo.scene.platforms import find_platform
from sargeo.scene.refuse import check_crs, has_no_transform
from sargeo.scene.scene import Raster
from sargeo.scene.spread import Spread
from sargeo.scene.validity import Measurements, Storage, Stored
from sargeo.scene.words import informative_text

if TYPE_CHECKING:
    import xarray


class DataArrayScene:
    """A DataArray with dims (y, x) or (band, y, x), regular coordinates, and a rioxarray CRS.

    Dims may also be called lat and lon, as in netCDF; degrees on them need no CRS. Numbers are
    scaled by ``attrs`` ("scale_factor", "add_offset"), as rioxarray leaves them there. Where xarray
    has scaled them, it moved these into ``encoding``, which tells what stored zeros have become.

    The polarisation comes from the labels of the band coordinate, ``attrs`` ("polarisation",
    "units", "long_name", …) or the array's name; the platform from ``attrs`` or from coordinates
    without a dim, as STAC's readers write them, and so does the time of acquisition. Which numbers
    are measurements is decided as for files, in `sargeo.scene.validity`; rioxarray's nodata value
    counts as a file's. A lazy (dask) array is computed block by block.

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
    UsageError
        If the assumptions do not fit the array.
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
    companions: tuple[Companion, ...]
    measurements: Measurements
    assumed_gsd_m: float | None

    def __init__(self, array: xarray.DataArray, assume: Assumptions | None = None) -> None:
        assume = assume or Assumptions()
        self.name = str(array.name or "scene")
        self.source = f"xarray.DataArray {self.name!r}"
        self.gsd_known = not assume.gsd_unknown
        self.assumed_gsd_m = assume.gsd_m
        array = _with_map_dims(array, self.source)
        self._array = self._in_order(array)
        self._nodata = self._said_nodata(array)
        self.grid = self._find_grid(array)
        labels = self._labels(array)
        choice = self._choose_bands(labels, assume)
        storages = self._storages(array)
        self.measurements = Measurements(self.source, self._read_stored, self.grid.shape, storages)
        self.findings = interpret(self._clues(array, labels, choice, storages), assume)
        self.bands = tuple(finding.band for finding in self.findings)
        self.measurements.settle(self.bands)
        self.measurements.check_any()
        attrs = _text_attrs(array.attrs)
        self.incidence_deg = find_incidence_deg([attrs]) or self._angle_deg
        said = [attrs, _single_coords(array)]
        self.platform, self.platform_from = find_platform(said, self.name, assume.platform)
        self.acquired, self.acquired_from = find_acquisition_time(said, self.name)

    @property
    def nodata_kind(self) -> str:
        """How pixels that hold nothing are told by the array, in words."""
        return "none" if self._nodata is None else f"nodata value {self._nodata:g}"

    def read(self, block: Block) -> Raster:
        """Read a block that lies within the grid; values are 0 where not valid."""
        if self.grid.block.intersection(block) != block:
            raise ValueError(f"{block} does not lie within a scene of shape {self.grid.shape}")
        values, valid = self.measurements.read(block)
        return Raster(values, valid, self.grid.crop(block), self.bands)

    def _read_stored(self, block: Block) -> Stored:
        rows, cols = block.slices()
        stored = np.asarray(self._array[:, rows, cols].values)
        with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite, thus invalid
            values = stored.astype(np.float32)
        if self._nodata is None:
            return values, np.ones(values.shape, bool)
        return values, stored != self._nodata

    def _choose_bands(self, labels: list[str], assume: Assumptions) -> Choice:
        """Leave out what accompanies the measurements, but for the mean of incidence angles."""
        choice = choose_bands(self.source, labels, assume)
        self.companions = choice.companions
        whole, self._angle_deg = self._array, None
        for companion in choice.companions:
            if companion.what == "incidence angle" and self._angle_deg is None:
                self._array = whole[[companion.position]]
                self._angle_deg = mean_angle_deg(self._read_angles, self.grid.shape)
        self._array = whole[list(choice.kept)]
        return choice

    def _labels(self, array: xarray.DataArray) -> list[str]:
        """Return what each band calls itself: by words of its coordinate, else its long name.

        rioxarray numbers the bands of a file, and keeps their descriptions as ``long_name``.
        """
        coordinate = np.atleast_1d(self._array[self._array.dims[0]].values)
        names = _of_each_band(array.attrs, "long_name", len(coordinate))
        if names and coordinate.dtype.kind in "biuf":
            return names
        return [str(label) for label in coordinate]

    def _read_angles(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        values, valid = self._read_stored(block)
        return values, valid[0] & (values[0] > 0)

    def _storages(self, array: xarray.DataArray) -> list[Storage]:
        """Return how the bands are stored: rioxarray leaves one scale for all, or one for each."""
        count = array.sizes[self._array.dims[0]] if self._array.dims[0] in array.dims else 1
        decoded = _is_decoded(array)
        place = "encoding" if decoded else "attrs"
        scales = self._numbers(array, place, "scale_factor", 1.0, count)
        offsets = self._numbers(array, place, "add_offset", 0.0, count)
        dtype = np.dtype(array.encoding.get("dtype", array.dtype)) if decoded else array.dtype
        left_out = {companion.position for companion in self.companions}
        return [
            Storage(dtype, float(scales[i]), float(offsets[i]), decoded)
            for i in range(count)
            if i not in left_out
        ]

    def _numbers(
        self, array: xarray.DataArray, place: str, name: str, neutral: float, count: int
    ) -> NDArray[np.float64]:
        said = getattr(array, place).get(name, neutral)
        try:
            numbers = np.broadcast_to(np.asarray(said, float), (count,))
        except (TypeError, ValueError):
            numbers = np.full(count, np.nan)
        if np.isfinite(numbers).all() and (numbers.all() or not neutral):
            return numbers
        raise UnsupportedPixelsError(
            f"The attribute {name} of {self.source}, {said!r}, is neither a number that values can "
            f"be scaled by nor one for each of {count} bands.",
            f'Correct array.{place}["{name}"], or leave it out.',
        )

    def _said_nodata(self, array: xarray.DataArray) -> float | None:
        try:
            value: float | None = array.rio.nodata
        except OverflowError:  # no pixel of this dtype can have it
            return None
        except (TypeError, ValueError) as error:
            if array.dtype.kind != "f" and "NaN" in str(error):
                return None
            raise UnsupportedPixelsError(
                f"The nodata value of {self.source} is no number ({error}).",
                "Name another with array.rio.write_nodata(…), or leave it out of the attributes.",
            ) from error
        return value

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
        if layered.ndim != 3 or layered.size == 0:
            raise self._wrong_dims(array)
        return layered

    def _wrong_dims(self, array: xarray.DataArray) -> UnsupportedPixelsError:
        return UnsupportedPixelsError(
            f"{self.source} has dims {dict(array.sizes)}, where a scene has (y, x) or (band, y, x) "
            "with one band per polarisation.",
            "Select its polarisations and one time.",
        )

    def _find_grid(self, array: xarray.DataArray) -> GeoGrid:
        crs = _said_crs(array, self.source)
        if crs is None:
            raise NoGeoreferenceError(
                f"{self.source} has no CRS.", "Add it with array.rio.write_crs(…)."
            )
        check_crs(
            f"The CRS of {self.source}", crs, "Name the true CRS with array.rio.write_crs(…)."
        )
        grid = GeoGrid(crs, _transform(array), (self._array.shape[1], self._array.shape[2]))
        if has_no_transform(grid.transform) or grid.sampled_spacing_m()[0].size == 0:
            raise NoGeoreferenceError(
                f"{self.source} has no even x and y coordinates that lie on Earth in {crs.name}.",
                "Give it evenly spaced coordinates of its CRS, or a transform with "
                "array.rio.write_transform(…).",
            )
        return grid

    def _clues(
        self, array: xarray.DataArray, labels: list[str], choice: Choice, storages: list[Storage]
    ) -> Clues:
        attrs, total = _text_attrs(array.attrs), len(labels)
        units = _of_each_band(array.attrs, "units", total) or [attrs.get("units", "")] * total
        if _of_each_band(array.attrs, "long_name", total) == labels:
            del attrs["long_name"]  # what one band says of itself says nothing of the others
        tags = informative_text(attrs)
        return Clues(
            source=self.source,
            texts=[[labels[i], "", units[i], tags, self.name] for i in choice.kept],
            storages=storages,
            values=[Spread.of(values) for values in self.measurements.sample()],
            positions=choice.kept,
            total=total,
            say='assume="{}"',
            rescale='set array.attrs["scale_factor"] to {scale:g} and array.attrs["add_offset"] to '
            "{offset:g}",
        )


def _of_each_band(attrs: Mapping[Any, Any], name: str, count: int) -> list[str]:
    """Return an attribute that says something of each band; empty if it does not."""
    said = attrs.get(name)
    each = list(said) if isinstance(said, (list, tuple)) else [said] if count == 1 else []
    return [str(text) for text in each] if len(each) == count and said is not None else []


def _said_crs(array: xarray.DataArray, source: str) -> CRS | None:
    try:
        said = array.rio.crs
        return None if said is None else CRS.from_user_input(said)
    except (CRSError, KeyError, TypeError, ValueError) as error:
        raise NoGeoreferenceError(
            f"The CRS of {source} is not understood ({error}).",
            "Name the CRS with array.rio.write_crs(…), without grid_mapping in its attributes.",
        ) from error


def _is_decoded(array: xarray.DataArray) -> bool:
    """Tell whether xarray has scaled stored numbers: it keeps in the encoding how they were."""
    if array.dtype.kind != "f" or not {"scale_factor", "add_offset"}.isdisjoint(array.attrs):
        return False
    return not {"scale_factor", "add_offset"}.isdisjoint(array.encoding)


def _with_map_dims(array: xarray.DataArray, source: str) -> xarray.DataArray:
    """Return an array whose dims rioxarray knows: netCDF's lat and lon become y and x.

    Where nothing names the datum of latitude and longitude, WGS 84 is taken: others differ from it
    by less than the pixels of most scenes.
    """
    import rioxarray  # noqa: F401  registers the accessor ``rio``

    names = {str(dim).lower(): dim for dim in array.dims}
    for y, x in (("lat", "lon"), ("latitude", "longitude")):
        if y not in names or x not in names:
            continue
        array = array.rename({names[y]: "y", names[x]: "x"})
        array = array.rio.set_spatial_dims("x", "y")
        if _said_crs(array, source) is None:
            array = array.rio.write_crs(4326)
    return array


def _transform(array: xarray.DataArray) -> Affine:
    """Return the transform by the coordinates, or as written; no transform if uneven."""
    axes = [array.coords[d].values for d in (array.rio.y_dim, array.rio.x_dim) if d in array.coords]
    if not all(axis.dtype.kind in "iuf" for axis in axes):  # dates or words
        return Affine.identity()
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
    single = {str(name): c for name, c in array.coords.items() if c.ndim == 0}
    texts = {
        # Of a date in nanoseconds, item() is a number.
        name: np.datetime_as_string(c.values, "us") if c.dtype.kind == "M" else str(c.item())
        for name, c in single.items()
    }
    if "time" in texts:  # as CF calls what STAC calls datetime
        texts.setdefault("datetime", texts["time"])
    return texts
