"""Reading what the data sets have in common."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import GeoGrid
from sargeo_training.images import UNKNOWN, Split


@contextmanager
def opened(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open an image of a data set.

    Raises
    ------
    ReferenceDataError
        If it is missing, or GDAL can open or read it no further.
    """
    if not path.exists():
        raise ReferenceDataError(
            f"The training data lack the file {path}.",
            "Give the folder of the data sets with --data or SARGEO_DATA.",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                yield file
    except RasterioError as error:
        raise ReferenceDataError(
            f"The image {path} cannot be read: {str(error).rstrip('.')}.",
            "Copy or download it again.",
        ) from error


def read_bands(path: Path) -> NDArray[Any]:
    """Read all bands of an image, shape (C, H, W), in its own dtype."""
    with opened(path) as file:
        return np.asarray(file.read())


def read_band(path: Path) -> NDArray[Any]:
    """Read the first band of an image, shape (H, W)."""
    return np.asarray(read_bands(path)[0])


def recode(raw: NDArray[Any], codes: dict[int, int]) -> NDArray[np.uint8]:
    """Translate a data set's own codes to ours; what is not named becomes `UNKNOWN`."""
    labels = np.full(raw.shape, UNKNOWN, dtype=np.uint8)
    for theirs, ours in codes.items():
        labels[raw == theirs] = ours
    return labels


def split_by_name(name: str, holdout_share: float, validation_share: float = 0.0) -> Split:
    """Assign an image to a split by a hash of its name: stable, and blind to its content."""
    place = hashlib.sha256(name.encode("utf-8")).digest()[0] / 256
    if place < holdout_share:
        return "holdout"
    return "validation" if place < holdout_share + validation_share else "train"


def read_grid(path: Path) -> GeoGrid:
    """Read where an image lies on Earth."""
    with opened(path) as file:
        return GeoGrid(CRS.from_user_input(file.crs), file.transform, file.shape)


def spacing_m(grid: GeoGrid) -> tuple[float, float]:
    """Return the ground spacing in the middle of a grid, (row to row, column to column)."""
    down, across = grid.spacing_m(grid.height / 2, grid.width / 2)
    return float(down), float(across)
