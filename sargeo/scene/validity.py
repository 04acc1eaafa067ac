"""Where nodata is decided: which of a scene's numbers are measurements, by value.

Files lie about what they hold: fill values without a tag, a border of zeros beside a tag of another
value, one tagged file of a pair. So every reader (`sargeo.scene.geotiff`, `sargeo.scene.xarray`)
hands its numbers to this one rule. A pixel of a band is nodata if

- the file or array says so (nodata value, mask band, alpha band), or it is NaN or infinite;
- no backscatter can have its value (`Limits`), or it is one of the numbers that programs fill with;
- it lies in a *region* of zeros, or of one value far from any backscatter (-99 dB, say). A region
  is a square of `REGION` by `REGION` pixels or a line of `REGION` squared; beyond the scene's edge
  all counts as zero, so an outermost row or column of zeros is one too. Zeros within `REGION`
  pixels of a region belong to it; any other zero is a measurement, as in clipped or noise-corrected
  data. In 8 bits, where dark water is rounded to zero, a zero counts only where all bands hold one.

A pixel of the scene is nodata if any band is. All of this depends on the scene and the pixel only,
never on the block that is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sargeo.errors import NothingValidError
from sargeo.geo.grid import Block
from sargeo.scene.bands import Band
from sargeo.scene.sampling import Likely, row_blocks, sample_blocks, sample_values

REGION = 8
"""Side in pixels of a square of fill. Speckle fills no such square with one number: of clipped data
in which half of all pixels are zero, one square in 2^64 is."""

HALO = REGION * REGION + REGION
"""How far around a block, in pixels, values can decide over its pixels."""

FILL_NUMBERS = (-99999.0, -32768.0, -32767.0, -9999.0, -999.0)
"""What programs write for nodata: none can be backscatter unless a scale makes it so."""

_BEYOND_ALL = 1e15
"""No power, amplitude or decibel is larger, calibrated or not: squares of 16-bit numbers end at
4e9, powers of uncalibrated float products were seen up to 1e12."""

Stored = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""Numbers as stored, (C, H, W), and which the file or array calls valid, (C, H, W)."""

Planes = NDArray[np.float32]
Flags = NDArray[np.bool_]


class Why(IntEnum):
    """Why a pixel of a band is nodata."""

    SAID = 1
    """The file or array says so."""
    NOT_FINITE = 2
    IMPOSSIBLE = 3
    """No backscatter has this value."""
    REGION = 4
    """It lies in a region of zeros, or of a value far from any backscatter."""


@dataclass(frozen=True, slots=True)
class Storage:
    """How a band is stored.

    Attributes
    ----------
    dtype : numpy.dtype
    scale, offset : float
        Measurement = stored number times scale plus offset.
    """

    dtype: np.dtype[np.generic]
    scale: float = 1.0
    offset: float = 0.0

    @property
    def scaled(self) -> bool:
        """Whether stored numbers are not the measurements themselves."""
        return (self.scale, self.offset) != (1.0, 0.0)

    def holds_fill(self, stored: NDArray[np.float32]) -> NDArray[np.bool_] | None:
        """Tell which stored numbers stand for nodata whatever is measured; None if none does."""
        numbers: tuple[float, ...] = FILL_NUMBERS
        if self.scaled:
            # Of scaled integers -9999 may be -9.999 dB; the least is what no one measures with.
            bits = 8 * self.dtype.itemsize
            numbers = (-(2.0 ** (bits - 1)),) if self.dtype.kind == "i" else ()
        if not numbers or not (stored <= max(numbers)).any():
            return None
        filled: Flags = np.logical_or.reduce([stored == number for number in numbers])
        return filled

    @property
    def coarse(self) -> bool:
        """Whether dark water may be rounded to zero."""
        return self.dtype.kind in "iu" and self.dtype.itemsize == 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Which values backscatter can have.

    Attributes
    ----------
    low, high : float
        A pixel below ``low`` or above ``high`` is no measurement. Wide: a lone corner reflector in
        pixels of a quarter of a metre reaches 70 dB, and noise removed from calm water leaves next
        to nothing, or negative power.
    region_low, region_high : float
        Neither is a region of one value up to ``region_low`` or from ``region_high`` on: no sensor
        sees below -60 dB, and no surface as wide as a region returns 40 dB.
    """

    low: float
    high: float
    region_low: float
    region_high: float

    @classmethod
    def of(cls, band: Band) -> Limits:
        """Return the limits of a band's values in its own scale."""
        if band.scale == "db":
            return cls(-150, 100, -60, 40)
        below_zero = float(np.nextafter(np.float32(0), np.float32(-1)))
        if not band.calibrated:
            return cls(-_BEYOND_ALL, _BEYOND_ALL, below_zero, _BEYOND_ALL)
        if band.scale == "linear":
            return cls(-100, 1e10, below_zero, 1e4)
        return cls(-10, 1e5, below_zero, 1e2)


_UNKNOWN = Limits(-_BEYOND_ALL, _BEYOND_ALL, -_BEYOND_ALL, _BEYOND_ALL)
"""Of a band of which nothing is known yet."""


class Measurements:
    """The measurements in a scene's stored numbers, told from what stands for nodata.

    Parameters
    ----------
    source : str
        For messages.
    read_stored : callable
        Gives the stored numbers of a block; may be called from any thread.
    shape : tuple of int
        (rows, cols) of the scene.
    storages : sequence of Storage
        One for each band.
    likely : callable
        Names blocks that hold pixels, where a file tells it.
    """

    def __init__(
        self,
        source: str,
        read_stored: Callable[[Block], Stored],
        shape: tuple[int, int],
        storages: Sequence[Storage],
        likely: Likely = tuple,
    ) -> None:
        self._source = source
        self._read_stored = read_stored
        self._whole = Block(0, 0, *shape)
        self._storages = tuple(storages)
        self._limits = (_UNKNOWN,) * len(self._storages)
        self._suspicious = False
        self._likely = likely
        self._met: tuple[Block, ...] = ()

    def sample(self) -> NDArray[np.float32]:
        """Return a sample of the measurements before it is known what they are, shape (C, N).

        Except in 8 bits only of pixels that differ from their neighbours: what fills a region with
        one value is not measured, and would pass for the scene's median.

        Raises
        ------
        NothingValidError
            If no pixel holds a number.
        """

        def read(block: Block) -> tuple[Planes, Flags]:
            values, valid = self.read(block)
            if not self._met and valid.any():
                self._met = (block,)
            if any(storage.coarse for storage in self._storages):
                return values, valid
            uneven = valid & ~np.logical_or.reduce([_flat(channel) for channel in values])
            return values, uneven if uneven.any() else valid

        shape = self._whole.height, self._whole.width
        sample = sample_values(read, shape, self._likely)
        if sample.shape[1] == 0:
            raise self._nothing_valid()
        return sample

    def settle(self, bands: Sequence[Band]) -> None:
        """Take into account what the bands are, now that it is known."""
        self._limits = tuple(Limits.of(band) for band in bands)

    def check_any(self) -> None:
        """Look for a measurement.

        Raises
        ------
        NothingValidError
            If there is none.
        """
        shape = self._whole.height, self._whole.width
        searched = (self._met, sample_blocks(shape), row_blocks(shape))
        blocks = (block for part in searched for block in part)
        if not any(self.read(block)[1].any() for block in blocks):
            raise self._nothing_valid()

    def read(self, block: Block) -> tuple[Planes, Flags]:
        """Read a block.

        Returns
        -------
        values : ndarray of float32, shape (C, H, W)
            Measurements; 0 where not valid.
        valid : ndarray of bool, shape (H, W)
            Where every band holds a measurement.
        """
        values, reasons = self._judged(block)
        valid: Flags = ~np.logical_or.reduce(reasons != 0)
        np.copyto(values, np.float32(0), where=~valid)
        return values, valid

    def reasons(self, block: Block) -> NDArray[np.uint8]:
        """Tell why the pixels of a block are nodata, by band: `Why` or 0; shape (C, H, W)."""
        return self._judged(block)[1]

    def _judged(self, block: Block) -> tuple[Planes, NDArray[np.uint8]]:
        part = self._around(block) if self._suspicious else block
        values, said = self._read_stored(part)
        reasons = self._judge_pixels(values, said)
        dubious = self._dubious(values, reasons)
        if dubious.any():
            if part != self._around(block):
                # Where one block holds zeros, others will: their surroundings are read at once.
                self._suspicious = True
                return self._judged(block)
            edges = self._edges(part)
            for reason, doubt in zip(reasons, dubious, strict=True):
                # What is nodata already counts: a fringe of zeros beside it is no measurement.
                reason[_regions(doubt | (reason != 0), edges) & doubt] = Why.REGION
        rows, cols = block.slices(part)
        return values[:, rows, cols], reasons[:, rows, cols]

    def _judge_pixels(self, values: Planes, said: Flags) -> NDArray[np.uint8]:
        """Scale stored numbers in place, and tell those that are nodata by themselves."""
        reasons = np.zeros(values.shape, np.uint8)
        for channel, reason, valid, storage, limits in zip(
            values, reasons, said, self._storages, self._limits, strict=True
        ):
            filled = storage.holds_fill(channel)
            if storage.scaled:
                channel *= np.float32(storage.scale)
                channel += np.float32(storage.offset)
            # NaN is neither above nor below anything.
            possible = (channel >= np.float32(limits.low)) & (channel <= np.float32(limits.high))
            if not possible.all():
                reason[~possible] = np.where(
                    np.isfinite(channel[~possible]), Why.IMPOSSIBLE, Why.NOT_FINITE
                )
            if filled is not None:
                reason[filled] = Why.IMPOSSIBLE
            reason[~valid] = Why.SAID
        return reasons

    def _dubious(self, values: Planes, reasons: NDArray[np.uint8]) -> Flags:
        """Return pixels that are nodata if they fill a region, shape (C, H, W)."""
        zeros = [v == np.float32(s.offset) for v, s in zip(values, self._storages, strict=True)]
        everywhere = np.logical_and.reduce(zeros)
        dubious = np.empty(values.shape, bool)
        for channel, storage, limits, zero, doubt in zip(
            values, self._storages, self._limits, zeros, dubious, strict=True
        ):
            doubt[...] = everywhere if storage.coarse else zero
            far = channel <= np.float32(limits.region_low)
            far |= channel >= np.float32(limits.region_high)
            if far.any():
                doubt |= far & _flat(channel)
        dubious &= reasons == 0
        return dubious

    def _around(self, block: Block) -> Block:
        wide = Block(
            block.row - HALO, block.col - HALO, block.height + 2 * HALO, block.width + 2 * HALO
        )
        part = wide.intersection(self._whole)
        if part is None:
            raise ValueError(f"{block} does not lie within {self._whole}")
        return part

    def _edges(self, part: Block) -> tuple[bool, bool, bool, bool]:
        """Tell which sides of a block are the scene's: top, bottom, left, right."""
        whole = self._whole
        return (
            part.row == whole.row,
            part.row_stop == whole.row_stop,
            part.col == whole.col,
            part.col_stop == whole.col_stop,
        )

    def _nothing_valid(self) -> NothingValidError:
        return NothingValidError(
            f"{self._source} holds no valid pixel: all are nodata, NaN, infinite, or numbers that "
            "no backscatter has.",
            "Look at its values and its nodata value in a GIS, or give another scene.",
        )


def _flat(values: Planes) -> Flags:
    """Tell pixels that equal a neighbour above, below, left or right exactly; shape (H, W)."""
    flat = np.zeros(values.shape, bool)
    for now, before, equal in (
        (flat[1:], flat[:-1], values[1:] == values[:-1]),
        (flat[:, 1:], flat[:, :-1], values[:, 1:] == values[:, :-1]),
    ):
        now |= equal
        before |= equal
    return flat


def _regions(fill: Flags, edges: tuple[bool, bool, bool, bool]) -> Flags:
    """Return fill that forms regions or lies near one; ``edges`` are those of the scene."""
    pad, (height, width) = REGION - 1, fill.shape
    top, bottom, left, right = (pad * edge for edge in edges)
    padded = np.pad(fill, ((top, bottom), (left, right)), constant_values=True)
    squares = _opened(padded, (REGION, REGION))[top : top + height, left : left + width]
    length = REGION * REGION
    region = squares | _opened(fill, (length, 1)) | _opened(fill, (1, length))
    if not region.any():
        return region
    near = region
    for axis in (0, 1):
        near = _dilated(near, 2 * REGION + 1, axis)[_inner(REGION, axis)]
    grown: Flags = near & fill
    return grown


def _opened(flags: Flags, shape: tuple[int, int]) -> Flags:
    """Keep what some rectangle of True of a shape covers."""
    if any(n < size for n, size in zip(flags.shape, shape, strict=True)):
        return np.zeros(flags.shape, bool)
    for axis, size in enumerate(shape):
        flags = _joined(flags, size, axis, np.logical_and)
    for axis, size in enumerate(shape):
        flags = _dilated(flags, size, axis)
    return flags


def _dilated(flags: Flags, size: int, axis: int) -> Flags:
    """Stretch every True over ``size`` pixels from it on; the array grows by ``size`` - 1."""
    widths = [(0, 0), (0, 0)]
    widths[axis] = (size - 1, size - 1)
    return _joined(np.pad(flags, widths), size, axis, np.logical_or)


def _inner(by: int, axis: int) -> tuple[slice, ...]:
    inner = [slice(None), slice(None)]
    inner[axis] = slice(by, -by)
    return tuple(inner)


def _joined(flags: Flags, size: int, axis: int, join: Callable[..., Flags]) -> Flags:
    """Join each ``size`` pixels in a row along an axis, by doubling: log2(size) passes."""
    flags = np.moveaxis(flags, axis, 0)
    width = 1
    while width < size:
        step = min(width, size - width)
        flags = join(flags[:-step], flags[step:])
        width += step
    return np.moveaxis(flags, 0, axis)
