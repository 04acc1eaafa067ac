"""Arrays in, arrays out: a model without files and projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from sargeo.errors import UsageError
from sargeo.geo.grid import Block
from sargeo.legend import NODATA
from sargeo.model.spec import ModelSpec
from sargeo.scene.bands import POLARISATIONS, SCALES, Band, Polarisation, Quantity, Scale
from sargeo.scene.radiometry import Normalisation
from sargeo.scene.validity import Measurements, Storage, Stored
from sargeo.tiling.batch import Acquisition, Network
from sargeo.tiling.detections import Detections
from sargeo.tiling.objects import merge_across_seams
from sargeo.tiling.source import ArraySource
from sargeo.tiling.sweep import Tiling, sweep

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of an array.

    Attributes
    ----------
    landcover : ndarray of uint8, shape (H, W)
        Codes of `sargeo.legend`; 0 where not valid.
    confidence : ndarray of float32, shape (H, W)
        Calibrated probability of that class, 0 to 1 in steps of 0.01; NaN where not valid.
    objects : DataFrame
        Columns row, col (continuous pixels, the centre of the first pixel is 0.5), height_px,
        width_px, length_px, confidence (0 to 1) and kind, by descending confidence.
    """

    landcover: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    objects: pd.DataFrame


def predict(
    network: Network,
    spec: ModelSpec,
    device: torch.device,
    pixels: ArrayLike,
    *,
    bands: Sequence[Polarisation],
    scale: Scale,
    quantity: Quantity | None,
    valid: ArrayLike | None,
    gsd_m: float | None,
) -> Prediction:
    """Map an array; see `sargeo.model.api.SarModel.predict`.

    Parameters
    ----------
    network : Network
        Whose maps are class probabilities.
    spec : ModelSpec
        Names the classes and kinds of objects of the network's channels.
    device : torch.device
        Of the network.
    """
    given = np.asarray(pixels)
    kinds = _bands(given.shape, bands, scale, quantity)
    values, known = _measured(given, kinds)
    if valid is not None:
        known &= np.asarray(valid, dtype=bool)
    normalisation = Normalisation.of_values(values, known, kinds, spec.normalisation.constants())
    source = ArraySource(normalisation.apply(np.where(known, values, 0), known), known)
    acquisition = Acquisition(kinds, None if gsd_m is None else (gsd_m, gsd_m))
    tiling = Tiling(spec.patch, spec.margin, batch_size=1)
    swept = list(sweep(network, source, acquisition, tiling, device=device))
    winner = np.concatenate([strip.winner for _, strip in swept])
    percent = np.concatenate([strip.probability for _, strip in swept])
    codes = np.array(spec.classes, dtype=np.uint8)
    found = merge_across_seams(
        Detections.concatenate([result.detections for result, _ in swept]),
        np.concatenate([result.owner for result, _ in swept]),
        acquisition.gsd_m or (1.0, 1.0),
    )
    return Prediction(
        landcover=np.where(known, codes[winner], np.uint8(NODATA)),
        confidence=np.where(known, percent / np.float32(100), np.float32(np.nan)),
        objects=_table(found.take(found.confidence >= spec.min_confidence), spec),
    )


def _measured(
    given: NDArray[np.generic], kinds: Sequence[Band]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Tell measurements from nodata by the rule that holds for files."""
    whole = Block(0, 0, given.shape[1], given.shape[2])

    def read(block: Block) -> Stored:
        rows, cols = block.slices()
        with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite, thus invalid
            stored = given[:, rows, cols].astype(np.float32)
        return stored, np.ones(stored.shape, dtype=bool)

    storages = [Storage(given.dtype)] * len(kinds)
    measurements = Measurements("the array", read, (whole.height, whole.width), storages)
    measurements.settle(kinds)
    return measurements.read(whole)


def _bands(
    shape: tuple[int, ...],
    polarisations: Sequence[Polarisation],
    scale: Scale,
    quantity: Quantity | None,
) -> tuple[Band, ...]:
    if len(shape) != 3 or shape[0] != len(polarisations) or 0 in shape:
        raise UsageError(
            f"Pixels of shape {shape} do not fit the bands {tuple(polarisations)}.",
            "Give an array of shape (bands, rows, columns) with one polarisation for each band.",
        )
    if not set(polarisations) <= set(POLARISATIONS) or len(set(polarisations)) != shape[0]:
        raise UsageError(
            f"{tuple(polarisations)} are not different polarisations.",
            f"Choose from {', '.join(POLARISATIONS)}.",
        )
    if scale not in SCALES:
        raise UsageError(f"{scale!r} is no scale.", f"Choose from {', '.join(SCALES)}.")
    assumed: Quantity = "uncalibrated" if scale == "amplitude" else "sigma0"
    return tuple(Band(p, quantity or assumed, scale) for p in polarisations)


def _table(found: Detections, spec: ModelSpec) -> pd.DataFrame:
    import pandas as pd  # slow to import, and not needed by the command line

    table = pd.DataFrame({name: getattr(found, name) for name in Detections.columns()})
    names = dict(enumerate(spec.object_kinds))
    return table.assign(kind=table["kind"].map(names).astype("str"))
