"""Land cover from class rasters: WorldCover, Impact Observatory, Dynamic World, CORINE."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.warp import Resampling

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.evidence.crosswalks import PRODUCTS, Product
from sargeo_training.data.chips.evidence.landcover import landcover_facts
from sargeo_training.data.chips.evidence.warp import read_onto
from sargeo_training.data.facts import LandCoverFacts
from sargeo_training.images import UNKNOWN

WHAT = "class raster"


@dataclass(frozen=True)
class ClassRaster:
    """The tiles of one land-cover product.

    Attributes
    ----------
    product : Product
    paths : tuple of Path
        Where tiles overlap, the first that knows a pixel tells it.
    """

    product: Product
    paths: tuple[Path, ...]

    def gather(self, grid: GeoGrid, valid: NDArray[np.bool_]) -> LandCoverFacts | None:
        """Return what the product says of the ground of a chip."""
        return landcover_facts(self.labels(grid), valid, self.product.name)

    def labels(self, grid: GeoGrid) -> NDArray[np.uint8]:
        """Read the product on a grid.

        The code of the nearest pixel, or the most frequent one where pixels of the grid are larger
        than the product's.

        Returns
        -------
        ndarray of uint8, shape (H, W)
            Codes of `sargeo.legend`, or partial labels of `sargeo_training.images`.

        Raises
        ------
        sargeo.errors.ReferenceDataError
            If a tile cannot be read, or holds a code that the product's legend does not define.
        """
        labels = np.full(grid.shape, UNKNOWN, dtype=np.uint8)
        for path in self.paths:
            raw = read_onto(path, grid, WHAT, fine=Resampling.nearest, coarse=Resampling.mode)
            labels = np.where(labels == UNKNOWN, self._recoded(raw, path), labels)
        return labels

    def _recoded(self, raw: NDArray[np.float64], path: Path) -> NDArray[np.uint8]:
        labels = np.full(raw.shape, UNKNOWN, dtype=np.uint8)
        for code in np.unique(raw[np.isfinite(raw)]):
            if code not in self.product.codes:
                raise ReferenceDataError(
                    f"The {WHAT} {path} holds the code {code:g}, which {self.product.name} does "
                    "not define.",
                    f"Name the product that the file is of ({', '.join(PRODUCTS)}), or recode it.",
                )
            labels[raw == code] = self.product.codes[int(code)]
        return labels
