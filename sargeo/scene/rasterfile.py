"""One raster file that GDAL opens: its facts, and its pixels from any thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.windows import Window

from sargeo.errors import SceneDamagedError
from sargeo.geo.grid import Block
from sargeo.scene.rasteropen import (
    GDAL_ERRORS,
    damage_explained,
    gdal_words,
    open_again,
    open_raster,
)
from sargeo.scene.sampling import sample_blocks
from sargeo.scene.stored import full_blocks
from sargeo.scene.words import polarisations_in

CACHE_MB = 256
"""Of decoded blocks that GDAL keeps. Its own default is a twentieth of the machine's memory."""


@contextmanager
def bounded_cache() -> Iterator[None]:
    """Keep GDAL's block cache small: stripes are read once, from top to bottom."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MB):
        yield


@dataclass(frozen=True)
class RasterFacts:
    """What a raster file says about itself.

    Attributes
    ----------
    indexes : tuple of int
        GDAL's numbers, from 1, of the bands that are read. Sequences below follow them.
    alpha : int or None
        Number of the band that tells which pixels are opaque. A band that is only called alpha,
        as GDAL calls every fourth band by default, is a band like others.
    nodata_kinds : tuple of str
        Some of "nodata tag", "alpha band" and "mask band"; empty where the file says nothing. A
        pixel is nodata if any of them says so.
    """

    shape: tuple[int, int]
    transform: Affine
    crs: Any
    gcps: int
    rpcs: bool
    driver: str
    indexes: tuple[int, ...]
    alpha: int | None
    dtypes: tuple[str, ...]
    colours: tuple[ColorInterp, ...]
    nodata: tuple[float | None, ...]
    nodata_kinds: tuple[str, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    descriptions: tuple[str, ...]
    units: tuple[str, ...]
    band_tags: tuple[Mapping[str, str], ...]
    tags: Mapping[str, str]
    tile_shape: tuple[int, int]
    overviews: tuple[int, ...]
    compression: str | None

    def of_bands(self, positions: Sequence[int]) -> RasterFacts:
        """Return the facts of some of the bands."""
        by_band = ("indexes", "dtypes", "colours", "nodata", "scales", "offsets", "descriptions")
        chosen: dict[str, Any] = {
            name: tuple(getattr(self, name)[i] for i in positions)
            for name in (*by_band, "units", "band_tags")
        }
        return replace(self, **chosen)


class RasterFile:
    """A raster file with a pool of dataset handles, never shared by two threads at once.

    Parameters
    ----------
    path : str
        Path, or any name that GDAL opens.
    named : int, optional
        How many bands the user names. Where that is all of them, none is an alpha band.

    Raises
    ------
    InputError
        As `sargeo.scene.rasteropen.open_raster` does.
    """

    def __init__(self, path: str, named: int = 0) -> None:
        self.path = path
        self._lock = Lock()
        self._idle: list[Any] = []
        self._closed = False
        dataset = open_raster(path)
        try:
            with damage_explained(path):
                alpha = None if named == dataset.count else _alpha_band(dataset)
                self.facts = _facts(dataset, alpha)
        except BaseException:
            dataset.close()
            raise
        self._idle.append(dataset)

    def read(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read raw values of the chosen bands, and which pixels the file calls valid.

        Returns
        -------
        values : ndarray of float32, shape (C, H, W)
            As stored, before scale and offset.
        valid : ndarray of bool, shape (C, H, W)
            By nodata tags, masks and alpha: what the file says, not what the values tell.
        """
        window = Window(block.col, block.row, block.width, block.height)
        with self._dataset() as dataset:
            try:
                values = self._read_values(dataset, window)
                valid = self._read_valid(dataset, window, values)
            except GDAL_ERRORS as error:
                raise SceneDamagedError(
                    f"Pixels of {self.path} at rows {block.row} to {block.row_stop} cannot be "
                    f"read ({gdal_words(error)}).",
                    "Copy or download the file again.",
                ) from error
        return values, valid

    def choose(self, positions: Sequence[int]) -> None:
        """Read only some of the bands from now on, by their places in ``facts.indexes``."""
        self.facts = self.facts.of_bands(positions)

    def full_blocks(self) -> tuple[Block, ...]:
        """Return blocks that hold what is worth looking at; none where the file does not tell."""
        with self._dataset() as dataset, damage_explained(self.path):
            return full_blocks(dataset)

    def close(self) -> None:
        """Close all handles, so that the file can be moved or deleted on Windows too."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for dataset in idle:
            dataset.close()

    def _read_values(self, dataset: Any, window: Window) -> NDArray[np.float32]:
        facts = self.facts
        if len(set(facts.dtypes)) > 1:  # as in virtual files of several: rasterio refuses that
            bands = [dataset.read(i, window=window, out_dtype="float32") for i in facts.indexes]
            return np.stack(bands)
        values: NDArray[np.float32] = dataset.read(
            list(facts.indexes), window=window, out_dtype="float32"
        )
        return values

    def _read_valid(
        self, dataset: Any, window: Window, values: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        facts = self.facts
        valid = np.ones(values.shape, dtype=bool)
        if facts.alpha is not None:
            valid &= dataset.read(facts.alpha, window=window) != 0
        if "mask band" in facts.nodata_kinds:
            valid &= dataset.read_masks(list(facts.indexes), window=window) != 0
        # By value: GDAL would decode every tile twice for its masks, and has none of a tag where
        # there is a mask band.
        for channel, stored, index, nodata, dtype in zip(
            valid, values, facts.indexes, facts.nodata, facts.dtypes, strict=True
        ):
            if nodata is None:
                continue
            if np.dtype(dtype).kind in "iu" and np.dtype(dtype).itemsize > 2:
                # float32 does not hold all of these.
                channel &= dataset.read(index, window=window) != nodata
            else:
                channel &= stored != np.float32(nodata)
        return valid

    @contextmanager
    def _dataset(self) -> Iterator[Any]:
        with self._lock:
            if self._closed:
                raise ValueError(f"{self.path} is closed")
            dataset = self._idle.pop() if self._idle else None
        if dataset is None:
            dataset = open_again(self.path)
        try:
            yield dataset
        finally:
            with self._lock:
                keep = not self._closed
                if keep:
                    self._idle.append(dataset)
            if not keep:
                dataset.close()


def _alpha_band(dataset: Any) -> int | None:
    """Return the number of the band that is an alpha band by name and values, or None."""
    for index in dataset.indexes:
        called_alpha = dataset.colorinterp[index - 1] == ColorInterp.alpha
        named = polarisations_in(dataset.descriptions[index - 1] or "")
        if called_alpha and dataset.count > 1 and not named and _is_opacity(dataset, index):
            return int(index)
    return None


def _is_opacity(dataset: Any, index: int) -> bool:
    """Tell whether a band holds next to nothing but 0 and full; a resampled edge may lie between.

    What cannot be read is left to `RasterFile.read`, which says so.
    """
    if "complex" in dataset.dtypes[index - 1]:
        return False
    dtype = np.dtype(dataset.dtypes[index - 1])
    full = (1, 255) if dtype.kind == "f" else (1, 255, np.iinfo(dtype).max)
    between = count = 0
    for block in sample_blocks(dataset.shape):
        try:
            values = dataset.read(
                index, window=Window(block.col, block.row, block.width, block.height)
            )
        except GDAL_ERRORS:
            continue
        between += int((~np.isin(values, (0, *full))).sum())
        count += values.size
    return between <= count / 4


def _facts(dataset: Any, alpha: int | None) -> RasterFacts:
    colours = dataset.colorinterp
    kept = [i for i in dataset.indexes if i != alpha]

    def pick(of_all_bands: Any) -> tuple[Any, ...]:
        return tuple(of_all_bands[i - 1] for i in kept)

    return RasterFacts(
        shape=dataset.shape,
        transform=dataset.transform,
        crs=dataset.crs,
        gcps=len(dataset.gcps[0]),
        rpcs=dataset.rpcs is not None,
        driver=dataset.driver,
        indexes=tuple(kept),
        alpha=alpha,
        dtypes=pick(dataset.dtypes),
        colours=pick(colours),
        nodata=pick(dataset.nodatavals),
        nodata_kinds=_nodata_kinds(dataset, kept, alpha is not None),
        scales=pick(dataset.scales),
        offsets=pick(dataset.offsets),
        descriptions=tuple(d or "" for d in pick(dataset.descriptions)),
        units=tuple(u or "" for u in pick(dataset.units)),
        band_tags=tuple(dataset.tags(i) for i in kept),
        tags=dataset.tags(),
        tile_shape=pick(dataset.block_shapes)[0] if kept else (0, 0),
        overviews=tuple(dataset.overviews(kept[0])) if kept else (),
        compression=dataset.compression.value if dataset.compression else None,
    )


def _nodata_kinds(dataset: Any, indexes: Sequence[int], has_alpha: bool) -> tuple[str, ...]:
    said = {flag for i in indexes for flag in dataset.mask_flag_enums[i - 1]}
    # GDAL takes its masks from whatever is called alpha, also where that is a measurement.
    masked = MaskFlags.per_dataset in said and MaskFlags.alpha not in said
    kinds = {
        "nodata tag": any(dataset.nodatavals[i - 1] is not None for i in indexes),
        "alpha band": has_alpha,
        "mask band": masked,
    }
    return tuple(kind for kind, present in kinds.items() if present)
