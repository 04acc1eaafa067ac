"""Making chips: pixels, facts and record from a candidate that was chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sargeo.geo.grid import GeoGrid
from sargeo_training.data.chips.candidates import Candidate
from sargeo_training.data.chips.chip import Chip
from sargeo_training.data.chips.chips import Cut, Window, average
from sargeo_training.data.chips.evidence.layers import facts_of
from sargeo_training.data.chips.facts import Facts
from sargeo_training.data.chips.pictures import Picture
from sargeo_training.data.record import BandRecord, Place, Record
from sargeo_training.images import Split


def make_chip(picture: Picture, candidate: Candidate, split: Split, place: Place | None) -> Chip:
    """Cut a chip and say what is known of it.

    Raises
    ------
    sargeo.errors.InputError
        If pixels or a layer cannot be read.
    pydantic.ValidationError
        If what is told of the chip makes no sense.
    """
    cut = candidate.cut
    window = average(picture.read(cut.block), picture.bands, cut.factor)
    grid = _grid(picture, cut)
    gsd_m = _gsd_m(picture, cut)
    facts = facts_of(
        grid,
        window.labels,
        window.valid,
        window.ships,
        window.searched,
        gsd_m=gsd_m,
        categories=window.categories,
        labels_layer=picture.landcover_by,
        objects_layer=picture.ships_by,
        layers=picture.layers,
    )
    record = Record(
        id=candidate.id,
        source=picture.source,
        scene=picture.name,
        licence=picture.licence,
        split=split,
        platform=picture.platform,
        bands=tuple(BandRecord.of(band) for band in picture.bands),
        polarisation_known=picture.polarisation_known,
        gsd_m=gsd_m,
        extent_m=candidate.extent_m,
        incidence_deg=picture.incidence_deg,
        acquired=picture.acquired,
        shape=(window.valid.shape[0], window.valid.shape[1]),
        crs=grid.crs.to_string() if grid else None,
        transform=tuple(grid.transform)[:6] if grid else None,
        footprint=candidate.footprint,
        centre=candidate.centre,
        place=place,
        facts=facts,
        references=picture.references,
    )
    return Chip(
        record,
        window.values,
        window.valid,
        _labels(picture, window, grid, facts),
        window.searched,
        window.ships,
    )


def _grid(picture: Picture, cut: Cut) -> GeoGrid | None:
    grid = picture.canvas.grid
    return grid.crop(cut.block).zoom_out(cut.factor, cut.factor) if grid else None


def _gsd_m(picture: Picture, cut: Cut) -> tuple[float, float] | None:
    """Return the spacing of the chip's pixels in its middle."""
    block = cut.block
    spacing = picture.canvas.spacing_m(block.row + block.height / 2, block.col + block.width / 2)
    return spacing and (round(spacing[0] * cut.factor, 4), round(spacing[1] * cut.factor, 4))


def _labels(
    picture: Picture, window: Window, grid: GeoGrid | None, facts: Facts
) -> NDArray[np.uint8]:
    """Return the labels that the facts of land cover were measured on."""
    told_by = facts.landcover.layer if facts.landcover else picture.landcover_by
    for raster in picture.layers.classes:
        if grid is not None and raster.product.name == told_by:
            return raster.labels(grid)
    return window.labels
