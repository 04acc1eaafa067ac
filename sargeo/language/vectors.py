"""Vectors of cells: brought to unit length, put into eight bits, and compared with texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sargeo.products.embedding import EMBEDDING_NODATA, MOST, VECTOR_SCALE, WEIGHT_SCALE
from sargeo.tiling.mosaic import CellStrip

_LEAST_LENGTH = 1e-12


@dataclass(frozen=True, slots=True)
class VectorStrip:
    """Rows of cells as vectors, on the device.

    Attributes
    ----------
    row : int
        First row of cells.
    vectors : Tensor of float32, shape (D, h, w)
        Of unit length; undefined, but finite, where not known.
    log_weight : Tensor of float32, shape (h, w)
        Logarithm of the weight of a cell in the mean of several.
    known : Tensor of bool, shape (h, w)
    wanted : ndarray of bool, shape (H, W)
        Pixels of these rows for which a result is asked.
    """

    row: int
    vectors: Tensor
    log_weight: Tensor
    known: Tensor
    wanted: NDArray[np.bool_]

    @classmethod
    def of_blend(cls, strip: CellStrip, stride: int) -> VectorStrip:
        """Take blended values and weights (D, then 1 channel) apart.

        A mean of values v with weights exp(w) points where one of unit vectors v / |v| with
        weights exp(w + log |v|) does, so nothing is lost with the length. Only cells that hold
        wanted pixels are known: what stands in a file is what a sweep says.
        """
        total = strip.sums[-1]
        blended = strip.sums[:-1] / torch.where(total > 0, total, 1.0)
        length = blended[:-1].norm(dim=0).clamp(min=_LEAST_LENGTH)
        log_weight = (blended[-1] + length.log()).clamp(-MOST * WEIGHT_SCALE, MOST * WEIGHT_SCALE)
        known = (total > 0) & cells_with(strip.wanted, stride, total)
        return cls(strip.row, blended[:-1] / length, log_weight, known, strip.wanted)

    @classmethod
    def of_codes(
        cls, row: int, codes: NDArray[np.int8], wanted: NDArray[np.bool_], device: torch.device
    ) -> VectorStrip:
        """Read what `codes` wrote, shape (D + 1, h, w)."""
        values = torch.from_numpy(codes).to(device, torch.float32)
        length = values[:-1].norm(dim=0).clamp(min=_LEAST_LENGTH)
        known = values[-1] != EMBEDDING_NODATA
        return cls(row, values[:-1] / length, values[-1] * WEIGHT_SCALE, known, wanted)

    def codes(self) -> NDArray[np.int8]:
        """Return vectors and log weights in eight bits, nodata where not known."""
        largest = torch.linalg.vector_norm(self.vectors, torch.inf, dim=0)
        scale = 1 / (VECTOR_SCALE * largest.clamp(min=_LEAST_LENGTH))
        values = torch.cat([self.vectors * scale, self.log_weight[None] / WEIGHT_SCALE])
        values.round_().masked_fill_(~self.known, EMBEDDING_NODATA)
        coded: NDArray[np.int8] = values.to(torch.int8).cpu().numpy()
        return coded

    def probabilities(self, texts: Tensor, temperature: float) -> CellStrip:
        """Return the softmax over similarities to texts.

        Parameters
        ----------
        texts : Tensor of float32, shape (K, D)
            Of unit length.
        temperature : float
            Divides the similarities (cosines).

        Returns
        -------
        CellStrip
            Of K channels.
        """
        similarity = torch.einsum("kd,dhw->khw", texts, self.vectors)
        full = self.known.to(similarity.dtype)
        shares = (similarity / temperature).softmax(dim=0) * full
        return CellStrip(self.row, torch.cat([shares, full[None]]), self.wanted)


def cells_with(wanted: NDArray[np.bool_], stride: int, like: Tensor) -> Tensor:
    """Tell which cells hold a wanted pixel, in the shape and on the device of a tensor (h, w)."""
    pixels = torch.from_numpy(wanted).to(like.device, torch.float32)
    height, width = like.shape
    grow = (0, width * stride - pixels.shape[1], 0, height * stride - pixels.shape[0])
    if not pixels.numel():
        return torch.zeros_like(like, dtype=torch.bool)
    return functional.max_pool2d(functional.pad(pixels, grow)[None], stride)[0] > 0
