"""Reasons to refuse a raster before its pixels are looked at: each names the remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from affine import Affine
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.enums import ColorInterp

from sargeo.errors import NoGeoreferenceError, UnsupportedPixelsError
from sargeo.geo.grid import GeoGrid
from sargeo.scene.rasterfile import RasterFacts

_DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")

_PICTURE = {ColorInterp.red, ColorInterp.green, ColorInterp.blue}

_NAME_CRS = "Name the CRS with rio edit-info --crs EPSG:CODE FILE, which comes with sargeo"
"""rasterio's own command: gdal_edit is where GDAL is installed for itself."""

_IN_PLACE = "GTiff"
"""The driver whose files take another CRS and place; netCDF and others have to be written anew."""

_TERRAIN_CORRECTION = (
    "Terrain-correct it to a map grid first, in SNAP (Range-Doppler Terrain Correction) or with "
    "sarsen."
)


def georeference(path: str, facts: RasterFacts) -> GeoGrid:
    """Return the grid of a raster.

    Raises
    ------
    NoGeoreferenceError
        If it has no CRS or no transform, lies in slant range, or does not lie on Earth.
    """
    if has_no_transform(facts.transform):
        raise _unplaced(path, facts)
    if facts.crs is None:
        raise NoGeoreferenceError(
            f"{path} has a transform but no CRS.",
            f"{_NAME_CRS}, or export the scene again with it."
            if facts.driver == _IN_PLACE
            else "Export the scene again with it, or write it with gdal_translate -a_srs EPSG:CODE "
            "FILE placed.tif.",
        )
    grid = GeoGrid(_crs(path, facts), facts.transform, facts.shape)
    if grid.sampled_spacing_m()[0].size == 0:
        raise NoGeoreferenceError(
            f"The coordinates of {path}, from {grid.transform.c:.8g}, {grid.transform.f:.8g}, do "
            f"not lie on Earth in {grid.crs.name}.",
            "Correct the CRS with rio edit-info --crs EPSG:CODE FILE, or the place with rio "
            "edit-info --transform.",
        )
    return grid


def check_pixels(path: str, facts: RasterFacts) -> None:
    """Refuse pixels that are no SAR intensity.

    Raises
    ------
    UnsupportedPixelsError
        If pixels are complex, of an unusual dtype, a palette, or scaled to nothing.
    """
    complex_pixels = [t for t in facts.dtypes if "complex" in t]
    if complex_pixels:
        raise UnsupportedPixelsError(
            f"{path} holds complex pixels ({complex_pixels[0]}), as in a single-look product.",
            "Detect, calibrate and terrain-correct it to intensity first, for instance in SNAP.",
        )
    for dtype in facts.dtypes:
        if dtype not in _DTYPES:
            raise UnsupportedPixelsError(
                f"{path} holds pixels of type {dtype}.",
                f"Convert it to float32 with gdal_translate -ot Float32 (known: {_listed()}).",
            )
    for scale, offset in zip(facts.scales, facts.offsets, strict=True):
        if not (scale and math.isfinite(scale) and math.isfinite(offset)):
            raise UnsupportedPixelsError(
                f"{path} gives its pixels a scale of {scale:g} and an offset of {offset:g}, by "
                "which no value is left.",
                "Write it again with the right ones, such as gdal_translate -a_scale 1 -a_offset 0 "
                "FILE right.tif where there is nothing to scale.",
            )
    if ColorInterp.palette in facts.colours:
        raise UnsupportedPixelsError(
            f"{path} holds a colour palette: it is a map or a picture, not a SAR scene.",
            "Give the scene's backscatter or amplitude.",
        )


def check_no_picture(path: str, facts: RasterFacts) -> None:
    """Refuse red, green and blue; ask where nothing says that they are polarisations."""
    if set(facts.colours) >= _PICTURE:
        raise UnsupportedPixelsError(
            f"{path} is a colour picture (red, green, blue), not a SAR scene.",
            "Give the scene's backscatter; if these bands are polarisations, name them, such as "
            "--assume hh,vv,hv.",
        )


def _listed() -> str:
    return ", ".join(_DTYPES)


def has_no_transform(transform: Affine) -> bool:
    """Tell the transform that GDAL gives where a file has none, or one that maps all to a line."""
    unit = abs(transform.a) == 1 and abs(transform.e) == 1 and transform.b == transform.d == 0
    return bool((unit and transform.c == transform.f == 0) or transform.determinant == 0)


def _unplaced(path: str, facts: RasterFacts) -> NoGeoreferenceError:
    if _in_slant_range(facts.tags):
        return NoGeoreferenceError(f"{path} lies in slant range.", _TERRAIN_CORRECTION)
    if facts.gcps:
        return NoGeoreferenceError(
            f"{path} is placed by {facts.gcps} ground control points only, not by a map grid.",
            f"{_TERRAIN_CORRECTION[:-1]}, or warp it with gdalwarp -tps where the ground is flat.",
        )
    if facts.rpcs:
        return NoGeoreferenceError(
            f"{path} is placed by rational polynomials (RPC) only, not by a map grid.",
            "Orthorectify it with gdalwarp -rpc and an elevation model, or in SNAP.",
        )
    lacks = "neither a CRS nor a transform" if facts.crs is None else "a CRS, but no transform"
    if facts.driver != _IN_PLACE:
        return NoGeoreferenceError(
            f"{path} has {lacks}: where its pixels lie on Earth is not known.",
            "Export the scene again as a georeferenced GeoTIFF, or, if you know its place, write "
            "it with gdal_translate -a_srs EPSG:CODE -a_ullr LEFT TOP RIGHT BOTTOM FILE "
            "placed.tif.",
        )
    return NoGeoreferenceError(
        f"{path} has {lacks}: where its pixels lie on Earth is not known.",
        "Export the scene again as a georeferenced GeoTIFF, or, if you know its place, add it with "
        'rio edit-info --crs EPSG:CODE --transform "[SIZE, 0, LEFT, 0, -SIZE, TOP]" FILE.',
    )


def _in_slant_range(tags: Mapping[str, str]) -> bool:
    said = " ".join(f"{k} {v}" for k, v in tags.items())
    return bool(re.search(r"slant|(?<![a-z])slc(?![a-z])", said, re.IGNORECASE))


def _crs(path: str, facts: RasterFacts) -> CRS:
    try:
        crs = CRS.from_user_input(facts.crs)
    except CRSError as error:
        raise NoGeoreferenceError(
            f"The CRS of {path} is not understood ({error}).", f"{_NAME_CRS}."
        ) from error
    check_crs(
        f"The CRS of {path}", crs, "Name the true CRS with rio edit-info --crs EPSG:CODE FILE."
    )
    return crs


def check_crs(what: str, crs: CRS, remedy: str) -> None:
    """Refuse a CRS that is not of a map.

    Raises
    ------
    NoGeoreferenceError
        If it is geocentric, vertical, local, or of another planet.
    """
    if crs.is_geocentric:
        raise NoGeoreferenceError(
            f"{what}, {crs.name}, is geocentric: its coordinates run from the centre of the Earth, "
            "not over a map.",
            remedy,
        )
    if not (crs.is_geographic or crs.is_projected):
        raise NoGeoreferenceError(
            f"{what}, {crs.name}, is a local one that is not tied to the Earth.", remedy
        )
    try:
        Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
    except ProjError as error:
        raise NoGeoreferenceError(
            f"{what}, {crs.name}, leads to no longitude and latitude on Earth.", remedy
        ) from error
