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
  data. In 8 bits, where dark water is rounded to zero, a zero counts only where all bands hold one,
  or where another band is too bright for dark water (`sargeo.scene.darkwater`). Where calibrated
  integers are so coarse that calm water must become zero, only the latter counts;
- it lies in or near a square of `FULL_REGION` pixels a side that hold the greatest number of an
  integer type. Any other is a measurement that was cut off.

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
from sargeo.scene.darkwater import lit_from
from sargeo.scene.regions import HALO, REGION, Flags, Planes, flat, mostly, regions, squares
from sargeo.scene.sampling import Likely, row_blocks, sample_blocks, sample_values

FULL_REGION = 2 * REGION
"""Side in pixels of a square of the type's greatest number. Larger than of zeros: in bytes, where
bright targets are cut off, all of a ship or a roof may hold it, and lines of 64 pixels do."""

FILL_NUMBERS = (-99999.0, -32768.0, -32767.0, -9999.0, -999.0)
"""What programs write for nodata: none can be backscatter unless a scale makes it so."""

GREATEST = tuple(float(np.iinfo(kind).max) for kind in ("i2", "u2", "i4", "u4"))
"""Greatest numbers of types, which wider ones and floats may hold when they were copied there."""

_CALM_WATER = 10**-2.5
"""Power of -25 dB: calm water returns less in either polarisation of most sensors."""

_BEYOND_ALL = 1e15
"""No power, amplitude or decibel is larger, calibrated or not: squares of 16-bit numbers end at
4e9, powers of uncalibrated float products were seen up to 1e12."""

Stored = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""Numbers as stored, (C, H, W), and which the file or array calls valid, (C, H, W)."""


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
    decoded : bool
        Whether that was done before: what is read are measurements.
    """

    dtype: np.dtype[np.generic]
    scale: float = 1.0
    offset: float = 0.0
    decoded: bool = False

    @property
    def scaled(self) -> bool:
        """Whether the numbers that are read are not the measurements themselves."""
        return not self.decoded and self._multiplied

    @property
    def _multiplied(self) -> bool:
        return (self.scale, self.offset) != (1.0, 0.0)

    def holds_fill(self, given: Planes) -> Flags | None:
        """Tell which numbers stand for nodata whatever is measured; None if none does."""
        # Of scaled integers -9999 may be -9.999 dB; the least is what no one measures with.
        numbers = () if self._multiplied else FILL_NUMBERS
        if self.dtype.kind == "i":
            numbers = (*numbers, -(2.0 ** (8 * self.dtype.itemsize - 1)))
        return self._find(given, numbers)

    def holds_greatest(self, given: Planes) -> Flags | None:
        """Tell which numbers are the greatest of an integer type; None if none is."""
        numbers = GREATEST
        if self.dtype.kind in "iu":
            own = 2.0 ** (8 * self.dtype.itemsize - (self.dtype.kind == "i")) - 1
            numbers = (*(n for n in GREATEST if n < own), own)
        return self._find(given, numbers)

    def _find(self, given: Planes, numbers: Sequence[float]) -> Flags | None:
        """Tell which of the numbers that are read are some of the stored ones; None if none is."""
        within = 0.0
        if self.decoded and self._multiplied:
            # Others than us have rounded; floats are stored in no steps.
            numbers = [number * self.scale + self.offset for number in numbers]
            within = abs(self.scale) / 2 if self.dtype.kind in "iu" else 0.0
        low, high = given.min(), given.max()
        sought = [n for n in numbers if not (n + within < low or n - within > high)]
        if not sought:
            return None
        found: Flags = np.logical_or.reduce(
            [abs(given - np.float32(n)) <= within if within else given == n for n in sought]
        )
        return found if found.any() else None

    @property
    def coarse(self) -> bool:
        """Whether dark water may be rounded to zero."""
        return self.dtype.kind in "iu" and self.dtype.itemsize == 1

    def rounds_water(self, band: Band) -> bool:
        """Tell whether calm water must become zero, as less than half a step of known power."""
        if self.dtype.kind not in "iu" or band.scale == "db" or not band.calibrated:
            return False
        half = abs(self.scale) / 2
        return (half if band.scale == "linear" else half**2) >= _CALM_WATER


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
        sees below -60 dB, and no surface as wide as a region returns 40 dB, or a tenth less: 9999
        is a fill, also of power.
    """

    low: float
    high: float
    region_low: float
    region_high: float

    @classmethod
    def of(cls, band: Band) -> Limits:
        """Return the limits of a band's values in its own scale."""
        if band.scale == "db":
            return cls(-150, 100, -60, 39.9)
        below_zero = float(np.nextafter(np.float32(0), np.float32(-1)))
        if not band.calibrated:
            return cls(-_BEYOND_ALL, _BEYOND_ALL, below_zero, _BEYOND_ALL)
        if band.scale == "linear":
            return cls(-100, 1e10, 1e-6, 10**3.99)
        return cls(-10, 1e5, 1e-3, 10**1.995)


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
        self._rounding = (False,) * len(self._storages)
        self._lit = np.full((len(self._storages),) * 2, np.inf)
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
            uneven = valid & ~np.logical_or.reduce([flat(channel) for channel in values])
            return values, uneven if uneven.any() else valid

        shape = self._whole.height, self._whole.width
        sample = sample_values(read, shape, self._likely)
        if sample.shape[1] == 0:
            raise self._nothing_valid()
        if all(storage.dtype.kind in "iu" for storage in self._storages):
            scales, offsets = zip(*((s.scale, s.offset) for s in self._storages), strict=True)
            self._lit = lit_from(sample, scales, offsets)
        return sample

    def settle(self, bands: Sequence[Band]) -> None:
        """Take into account what the bands are, now that it is known."""
        self._limits = tuple(Limits.of(band) for band in bands)
        pairs = zip(self._storages, bands, strict=True)
        self._rounding = tuple(storage.rounds_water(band) for storage, band in pairs)

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
        reasons, full = self._judge_pixels(values, said)
        dubious = self._dubious(values, reasons)
        if full or dubious.any():
            if part != self._around(block):
                # Where one block holds zeros, others will: their surroundings are read at once.
                self._suspicious = True
                return self._judged(block)
            for index, greatest in full.items():
                filled = squares(greatest, FULL_REGION)
                reasons[index][filled & (reasons[index] == 0)] = Why.REGION
            edges = self._edges(part)
            for reason, doubt in zip(reasons, dubious, strict=True):
                # What is nodata already counts: a fringe of zeros beside it is no measurement.
                if doubt.any():
                    reason[regions(doubt | (reason != 0), edges) & doubt] = Why.REGION
        rows, cols = block.slices(part)
        return values[:, rows, cols], reasons[:, rows, cols]

    def _judge_pixels(
        self, values: Planes, said: Flags
    ) -> tuple[NDArray[np.uint8], dict[int, Flags]]:
        """Scale stored numbers in place; tell those that are nodata by themselves.

        Also tell, by band, those that are if they fill a region, being the greatest of a type.
        """
        reasons, full = np.zeros(values.shape, np.uint8), {}
        for index, (channel, reason, valid, storage, limits) in enumerate(
            zip(values, reasons, said, self._storages, self._limits, strict=True)
        ):
            filled, greatest = storage.holds_fill(channel), storage.holds_greatest(channel)
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
            if greatest is not None and (greatest & (reason == 0)).any():
                full[index] = greatest
        return reasons, full

    def _dubious(self, values: Planes, reasons: NDArray[np.uint8]) -> Flags:
        """Return pixels that are nodata if they fill a region, shape (C, H, W)."""
        zeros = [v == np.float32(s.offset) for v, s in zip(values, self._storages, strict=True)]
        everywhere = np.logical_and.reduce(zeros)
        dubious = np.empty(values.shape, bool)
        for index, (channel, storage, limits, zero, doubt) in enumerate(
            zip(values, self._storages, self._limits, zeros, dubious, strict=True)
        ):
            doubt[...] = zero
            if storage.coarse or self._rounding[index]:
                doubt &= self._lit_around(index, values, reasons, zero)
                if not self._rounding[index]:
                    doubt |= everywhere
            low, high = np.float32(limits.region_low), np.float32(limits.region_high)
            # Of NaN this is False, and it is looked for.
            if not (channel.min() > low and channel.max() < high):
                far = ((channel <= low) | (channel >= high)) & ~zero
                if far.any():
                    doubt |= far & flat(channel)
        dubious &= reasons == 0
        return dubious

    def _lit_around(
        self, index: int, values: Planes, reasons: NDArray[np.uint8], zero: Flags
    ) -> Flags:
        """Tell at which zeros of a band another one is mostly too bright for dark water."""
        lit = np.zeros(zero.shape, bool)
        if not zero.any():
            return lit
        for channel, reason, least in zip(values, reasons, self._lit[index], strict=True):
            if np.isfinite(least):
                lit |= mostly(channel > np.float32(least), zero & (reason == 0))
        return lit

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
