"""Open a raster file, or say in a sentence why it cannot be opened."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError

from sargeo.errors import (
    InputError,
    SceneDamagedError,
    SceneNotFoundError,
    SeveralRastersError,
    UnsupportedPixelsError,
)
from sargeo.foreign import require_raster_drivers

# How GDAL names one raster of a file that holds several: GPKG:scenes.gpkg:two, netcdf:two.nc:VV.
# No drive: C:.
_PART_OF_FILE = re.compile(r"[A-Za-z][A-Za-z0-9_]+:")

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_MISSING_CODEC = re.compile(r"missing codec ?(?:of )?(.+)")

GDAL_ERRORS = (RasterioError, CPLE_BaseError, CRSError, UnicodeDecodeError)
"""What reading a damaged file raises: rasterio translates some of GDAL's errors, hands others
through as they are, and takes all texts for UTF-8."""

_LAST_BLOCKS = 100_000
"""Blocks whose end is compared with that of the file: a third of a second's work."""

MOST_PIXELS = 10**11
"""Of one scene: all of Europe in pixels of 10 m, which take days. Beyond that, a header is wrong,
or a mosaic is meant of which nobody maps all."""

_LISTED = 6
"""Names of rasters in a message."""


def raster_exists(path: str) -> bool:
    """Tell whether there is such a file; of names that only GDAL knows, whether it opens them."""
    local = _local(path)
    if local is not None:
        return local.is_file()
    try:
        open_raster(path).close()
    except SceneNotFoundError:
        return False
    return True


def open_raster(path: str) -> Any:
    """Open a raster.

    Raises
    ------
    SceneNotFoundError
        If there is no such file, or it is not a raster.
    SeveralRastersError
        If it is a container of rasters.
    UnsupportedPixelsError
        If it is compressed in a way that this GDAL does not read, or has too many pixels.
    SceneDamagedError
        If it is a TIFF that is cut off.
    """
    local = _local(path)
    if local is not None:
        _check_file(path, local)
    try:
        with warnings.catch_warnings():
            # A raster without a transform is refused with a sentence of ours.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(path)
    except GDAL_ERRORS as error:
        raise _not_opened(path, local, gdal_words(error)) from error
    try:
        _check_no_container(path, dataset)
        _check_size(path, dataset)
        with damage_explained(path):
            _check_complete(path, dataset)
    except BaseException:
        dataset.close()
        raise
    return dataset


def _check_file(path: str, local: Path) -> None:
    if not path:
        raise SceneNotFoundError("The name of the scene is empty.", "Give the raster file itself.")
    try:
        folder, there = local.is_dir(), local.exists()
    except OSError as error:  # too long a name, or a folder that may not be looked into
        raise SceneNotFoundError(
            f"{path} cannot be looked up ({error.strerror}).",
            "Check the path, and that you may read there.",
        ) from error
    if folder:
        raise SceneNotFoundError(f"{path} is a folder.", "Give the raster file itself.")
    if not there:
        raise SceneNotFoundError(f"{path} does not exist.", "Check the path.")


def open_again(path: str) -> Any:
    """Open a raster that was open before.

    Raises
    ------
    SceneDamagedError
        If that is no longer possible.
    """
    try:
        return rasterio.open(path)
    except GDAL_ERRORS as error:
        raise SceneDamagedError(
            f"{path} cannot be opened any more ({gdal_words(error)}).",
            "Leave the file where it is until the run is over.",
        ) from error


@contextmanager
def damage_explained(path: str) -> Iterator[None]:
    """Turn what GDAL raises where a file's header is read into an error with a remedy."""
    try:
        yield
    except GDAL_ERRORS as error:
        raise SceneDamagedError(
            f"The header of {path} cannot be read ({gdal_words(error)}).",
            "Copy or download the file again.",
        ) from error


def _not_opened(path: str, local: Path | None, words: str) -> InputError:
    if local is not None and local.is_file() and not local.stat().st_size:
        return SceneDamagedError(
            f"{path} is empty: it holds not a single byte.", "Copy or download it again."
        )
    if local is None or not _is_tiff(local):
        return SceneNotFoundError(
            f"{path} is not a raster that GDAL opens ({words}).",
            "Give a georeferenced raster such as a GeoTIFF.",
        )
    require_raster_drivers("GTiff")
    if lacking := _MISSING_CODEC.search(words):
        return UnsupportedPixelsError(
            f"{path} is compressed with {lacking[1]}, which the GDAL of this installation does not "
            "read.",
            "Write it again with another compression where it can be read, such as "
            f"gdal_translate -co COMPRESS=DEFLATE {local.name} readable.tif.",
        )
    return SceneDamagedError(
        f"{path} is a TIFF that cannot be opened ({words}).",
        "It is probably cut off: copy or download it again.",
    )


def _check_no_container(path: str, dataset: Any) -> None:
    """Refuse a file that holds its rasters one level down."""
    if dataset.count:
        return
    parts = dataset.subdatasets
    if not parts:
        raise SceneNotFoundError(
            f"{path} is a {dataset.driver} file without a raster.", "Give a file that holds one."
        )
    listed = ", ".join(parts[:_LISTED]) + (", …" if len(parts) > _LISTED else "")
    raise SeveralRastersError(
        f"{path} holds {len(parts)} rasters: {listed}.",
        f'Give the name of one in quotes in place of the file, such as "{parts[0]}".',
    )


def _check_size(path: str, dataset: Any) -> None:
    """Refuse what could not be read within a day, before any of it is."""
    if dataset.height * dataset.width > MOST_PIXELS:
        raise UnsupportedPixelsError(
            f"{path} has {dataset.height} by {dataset.width} pixels, more than the "
            f"{MOST_PIXELS:.0e} that sargeo takes on at once.",
            "Cut out what is to be mapped with gdal_translate -projwin LEFT TOP RIGHT BOTTOM, and "
            "give that; if the file should be smaller, its header is damaged: download it again.",
        )


def _check_complete(path: str, dataset: Any) -> None:
    """Refuse a local TIFF whose last tile ends beyond the end of the file."""
    if dataset.driver != "GTiff" or not Path(path).is_file():
        return
    size = Path(path).stat().st_size
    blocks = sum(-(-dataset.height // h) * -(-dataset.width // w) for h, w in dataset.block_shapes)
    if blocks > size:  # each has at least two bytes of offset: to look at all would take hours
        raise SceneDamagedError(
            f"{path} is damaged: {size} bytes cannot hold the {blocks} blocks of its header.",
            "Copy or download it again.",
        )
    end = max(_block_end(dataset, *ij, i) for i in dataset.indexes for ij in _blocks(dataset, i))
    if end > size:
        raise SceneDamagedError(
            f"{path} is cut off: its pixels should reach to byte {end}, but it has {size} bytes.",
            "Copy or download it again.",
        )


def _blocks(dataset: Any, index: int) -> Iterator[tuple[int, int]]:
    """Yield the last `_LAST_BLOCKS` blocks: what is cut off is cut off at its end."""
    height, width = dataset.block_shapes[index - 1]
    rows, cols = -(-dataset.height // height), -(-dataset.width // width)
    for block in range(max(0, rows * cols - _LAST_BLOCKS), rows * cols):
        yield divmod(block, cols)


def _block_end(dataset: Any, row: int, col: int, index: int) -> int:
    """Return the byte after a tile or strip, 0 where the file is sparse."""
    offset, size = (
        dataset.get_tag_item(f"BLOCK_{what}_{col}_{row}", dm="TIFF", bidx=index)
        for what in ("OFFSET", "SIZE")
    )
    return int(offset) + int(size) if offset and size else 0


def _local(path: str) -> Path | None:
    local = Path(path)
    if path.startswith("/vsi") or "://" in path:
        return None
    named_part = _PART_OF_FILE.match(path) and not os.path.exists(path)  # noqa: PTH110 - a name too long is none
    return None if named_part else local


def _is_tiff(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in _TIFF_MAGIC
    except OSError:  # not ours to read: GDAL's words, which the caller shows, tell why
        return False


def gdal_words(error: BaseException) -> str:
    """Return GDAL's own words: the innermost cause, without its final period."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().rstrip(".")
