"""One raster file that GDAL opens: its facts, and its pixels from any thread."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from sargeo.errors import SceneDamagedError, SceneNotFoundError
from sargeo.grid import Block

# How GDAL names one raster of a file that holds several: GPKG:scenes.gpkg:two. No drive: C:.
_PART_OF_FILE = re.compile(r"[A-Z][A-Z0-9_]+:")

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


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
        GDAL's numbers, from 1, of the bands that are not alpha. Sequences below follow them.
    alpha : int or None
        The alpha band's number.
    nodata_kind : str
        "nodata tag", "alpha band", "mask band", or "none" where the file says nothing.
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
    nodata_kind: str
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    descriptions: tuple[str, ...]
    units: tuple[str, ...]
    band_tags: tuple[Mapping[str, str], ...]
    tags: Mapping[str, str]
    tile_shape: tuple[int, int]
    overviews: tuple[int, ...]
    compression: str | None


class RasterFile:
    """A raster file with a pool of dataset handles, never shared by two threads at once.

    Parameters
    ----------
    path : str
        Path, or any name that GDAL opens.

    Raises
    ------
    SceneNotFoundError
        If there is no such file, or it is not a raster.
    SceneDamagedError
        If it is a TIFF that is cut off.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = Lock()
        self._idle: list[Any] = []
        self._closed = False
        dataset = _open_first(path)
        try:
            self.facts = _facts(dataset)
            _check_complete(path, dataset)
        except BaseException:
            dataset.close()
            raise
        self._idle.append(dataset)

    def read(self, block: Block) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read raw values of all bands but alpha, and which pixels the file calls valid.

        Returns
        -------
        values : ndarray of float32, shape (C, H, W)
            As stored, before scale and offset.
        valid : ndarray of bool, shape (H, W)
            By nodata tags, masks and alpha, in all bands; not finite values are not valid.
        """
        window = Window(block.col, block.row, block.width, block.height)
        with self._dataset() as dataset:
            try:
                values = dataset.read(list(self.facts.indexes), window=window, out_dtype="float32")
                valid = self._read_valid(dataset, window)
            except RasterioError as error:
                raise SceneDamagedError(
                    f"Pixels of {self.path} at rows {block.row} to {block.row_stop} cannot be "
                    f"read ({_reason(error)}).",
                    "Copy or download the file again.",
                ) from error
        if any(np.dtype(t).kind == "f" for t in self.facts.dtypes):
            for channel in values:
                valid &= np.isfinite(channel)
        return values, valid

    def close(self) -> None:
        """Close all handles, so that the file can be moved or deleted on Windows too."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for dataset in idle:
            dataset.close()

    def _read_valid(self, dataset: Any, window: Window) -> NDArray[np.bool_]:
        valid = np.ones((window.height, window.width), dtype=bool)
        if self.facts.alpha is not None:
            valid &= dataset.read(self.facts.alpha, window=window) != 0
        if self.facts.nodata_kind in ("nodata tag", "mask band"):
            for index in self.facts.indexes:
                valid &= dataset.read_masks(index, window=window) != 0
        return valid

    @contextmanager
    def _dataset(self) -> Iterator[Any]:
        with self._lock:
            if self._closed:
                raise ValueError(f"{self.path} is closed")
            dataset = self._idle.pop() if self._idle else None
        if dataset is None:
            dataset = _open_again(self.path)
        try:
            yield dataset
        finally:
            with self._lock:
                keep = not self._closed
                if keep:
                    self._idle.append(dataset)
            if not keep:
                dataset.close()


def raster_exists(path: str) -> bool:
    """Tell whether there is such a file; of names that only GDAL knows, whether it opens them."""
    local = _local(path)
    if local is not None:
        return local.is_file()
    try:
        _open_first(path).close()
    except SceneNotFoundError:
        return False
    return True


def _local(path: str) -> Path | None:
    named = path.startswith("/vsi") or "://" in path or _PART_OF_FILE.match(path)
    return None if named else Path(path)


def _open_first(path: str) -> Any:
    local = _local(path)
    if local is not None and local.is_dir():
        raise SceneNotFoundError(f"{path} is a folder.", "Give the raster file itself.")
    if local is not None and not local.exists():
        raise SceneNotFoundError(f"{path} does not exist.", "Check the path.")
    try:
        with warnings.catch_warnings():
            # A raster without a transform is refused with a sentence of ours.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(path)
    except RasterioError as error:
        if local is not None and _is_tiff(local):
            raise SceneDamagedError(
                f"{path} is a TIFF that cannot be opened ({_reason(error)}).",
                "It is probably cut off: copy or download it again.",
            ) from error
        raise SceneNotFoundError(
            f"{path} is not a raster that GDAL opens ({_reason(error)}).",
            "Give a georeferenced raster such as a GeoTIFF.",
        ) from error


def _open_again(path: str) -> Any:
    try:
        return rasterio.open(path)
    except RasterioError as error:
        raise SceneDamagedError(
            f"{path} cannot be opened any more ({_reason(error)}).",
            "Leave the file where it is until the run is over.",
        ) from error


def _is_tiff(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in _TIFF_MAGIC
    except OSError:  # not ours to read: GDAL's words, which the caller shows, tell why
        return False


def _facts(dataset: Any) -> RasterFacts:
    colours = dataset.colorinterp
    kept = [i for i in dataset.indexes if colours[i - 1] != ColorInterp.alpha]
    alphas = [i for i in dataset.indexes if colours[i - 1] == ColorInterp.alpha]

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
        alpha=alphas[0] if alphas else None,
        dtypes=pick(dataset.dtypes),
        colours=pick(colours),
        nodata=pick(dataset.nodatavals),
        nodata_kind=_nodata_kind(pick(dataset.mask_flag_enums), bool(alphas)),
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


def _nodata_kind(flags: tuple[list[MaskFlags], ...], has_alpha: bool) -> str:
    said = {flag for band in flags for flag in band}
    if MaskFlags.nodata in said:
        return "nodata tag"
    if has_alpha:
        return "alpha band"
    return "none" if said == {MaskFlags.all_valid} else "mask band"


def _check_complete(path: str, dataset: Any) -> None:
    """Refuse a local TIFF whose last tile ends beyond the end of the file."""
    if dataset.driver != "GTiff" or not Path(path).is_file():
        return
    size = Path(path).stat().st_size
    end = max(_block_end(dataset, *ij, i) for i in dataset.indexes for ij in _blocks(dataset, i))
    if end > size:
        raise SceneDamagedError(
            f"{path} is cut off: its pixels should reach to byte {end}, but it has {size} bytes.",
            "Copy or download it again.",
        )


def _blocks(dataset: Any, index: int) -> Iterator[tuple[int, int]]:
    height, width = dataset.block_shapes[index - 1]
    for row in range(-(-dataset.height // height)):
        for col in range(-(-dataset.width // width)):
            yield row, col


def _block_end(dataset: Any, row: int, col: int, index: int) -> int:
    """Return the byte after a tile or strip, 0 where the file is sparse."""
    offset, size = (
        dataset.get_tag_item(f"BLOCK_{what}_{col}_{row}", dm="TIFF", bidx=index)
        for what in ("OFFSET", "SIZE")
    )
    return int(offset) + int(size) if offset and size else 0


def _reason(error: BaseException) -> str:
    """Return GDAL's own words: the innermost cause, without its final period."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().rstrip(".")
