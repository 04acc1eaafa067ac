"""Cutting chips: pixels, facts and record of a chip that was planned and chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import GeoGrid
from sargeo.scene.bands import Band
from sargeo.scene.radiometry import from_power, to_power
from sargeo_training.data.chip import BandRecord, Chip, Record
from sargeo_training.data.chips.evidence.layers import facts_of
from sargeo_training.data.chips.planning import PlannedChip
from sargeo_training.data.chips.source_images import SourceImage
from sargeo_training.data.facts import Facts
from sargeo_training.images import LabelledPixels


def cut_chip(image: SourceImage, planned: PlannedChip) -> Chip:
    """Cut a chip and say what is known of it.

    Raises
    ------
    sargeo.errors.InputError
        If pixels or a layer cannot be read.
    pydantic.ValidationError
        If what is known of the chip makes no sense.
    ValueError
        If the chip belongs to no split yet.
    """
    pixels = average(image.read(planned.block), image.bands, planned.factor)
    grid, gsd_m = _grid(image, planned), _gsd_m(image, planned)
    facts = facts_of(
        grid,
        pixels.labels,
        pixels.valid,
        pixels.ships,
        pixels.searched,
        gsd_m=gsd_m,
        categories=pixels.categories,
        labels_layer=image.landcover_by,
        objects_layer=image.ships_by,
        layers=image.layers,
    )
    record = Record(
        id=planned.id,
        source=image.source,
        scene=image.name,
        licence=image.licence,
        split=planned.assigned_split,
        platform=image.platform,
        bands=tuple(BandRecord.of(band) for band in image.bands),
        polarisation_known=image.polarisation_known,
        gsd_m=gsd_m,
        extent_m=planned.extent_m,
        incidence_deg=image.incidence_deg,
        acquired=image.acquired,
        shape=pixels.shape,
        crs=grid.crs.to_string() if grid else None,
        transform=tuple(grid.transform)[:6] if grid else None,
        footprint=planned.footprint,
        centre=planned.centre,
        place=planned.place,
        facts=facts,
        references=image.references,
    )
    return Chip(
        record=record,
        values=pixels.values,
        valid=pixels.valid,
        labels=_labels(image, pixels, grid, facts),
        searched=pixels.searched,
        ships=pixels.ships,
        categories=pixels.categories,
    )


def average(pixels: LabelledPixels, bands: tuple[Band, ...], factor: int) -> LabelledPixels:
    """Average over squares of ``factor`` pixels: power where valid, the commonest of labels.

    A pixel is valid if any that it averages is, and searched if all are.
    """
    if factor == 1:
        return pixels
    weight = _squares(pixels.valid, factor).sum(axis=(1, 3), dtype=np.float32)
    valid = weight > 0
    values = [
        _mean(band, channel, pixels.valid, weight, factor)
        for band, channel in zip(bands, pixels.values, strict=True)
    ]
    stacked = np.stack(values)
    return LabelledPixels(
        values=stacked.astype(np.uint8) if pixels.values.dtype == np.uint8 else stacked,
        valid=valid,
        labels=_commonest(pixels.labels, factor),
        searched=np.asarray(_squares(pixels.searched, factor).all(axis=(1, 3))),
        ships=pixels.ships / np.float32(factor),
        categories=pixels.categories,
    )


def _grid(image: SourceImage, planned: PlannedChip) -> GeoGrid | None:
    if image.grid is None:
        return None
    return image.grid.crop(planned.block).zoom_out(planned.factor, planned.factor)


def _gsd_m(image: SourceImage, planned: PlannedChip) -> tuple[float, float] | None:
    """Return the spacing of the chip's pixels in its middle."""
    block, factor = planned.block, planned.factor
    spacing = image.spacing_m(block.row + block.height / 2, block.col + block.width / 2)
    return spacing and (round(spacing[0] * factor, 4), round(spacing[1] * factor, 4))


def _labels(
    image: SourceImage, pixels: LabelledPixels, grid: GeoGrid | None, facts: Facts
) -> NDArray[np.uint8]:
    """Return the labels that the facts of land cover were measured on."""
    measured_on = facts.landcover.layer if facts.landcover else image.landcover_by
    for raster in image.layers.classes:
        if grid is not None and raster.product.name == measured_on:
            return raster.labels(grid)
    return pixels.labels


def _squares(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return a plane (H, W) as (H / factor, factor, W / factor, factor)."""
    height, width = (n // factor for n in plane.shape)
    return plane.reshape(height, factor, width, factor)


def _mean(
    band: Band,
    channel: NDArray[Any],
    valid: NDArray[np.bool_],
    weight: NDArray[np.float32],
    factor: int,
) -> NDArray[np.float32]:
    power = to_power(channel.astype(np.float32), band.scale) * valid
    mean = _squares(power, factor).sum(axis=(1, 3)) / np.maximum(weight, 1)
    values = np.where(weight > 0, from_power(mean, band.scale), np.float32(0))
    if channel.dtype == np.uint8:
        values = np.round(values).clip(0, 255)
    return np.asarray(values, dtype=np.float32)


def _commonest(labels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return the commonest code of each square; the least of equals."""
    codes = np.unique(labels)
    counts = [_squares(labels == code, factor).sum(axis=(1, 3)) for code in codes]
    return np.asarray(codes[np.argmax(counts, axis=0)], dtype=np.uint8)
