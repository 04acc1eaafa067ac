"""The joined model: towers that see and read, and heads that stand on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sargeo.model.context import Context
from sargeo.model.landcover import LandCoverHead
from sargeo.model.objects import ObjectHead, ObjectMaps
from sargeo.model.spec import ModelSpec, TowerSpec
from sargeo.model.vision import Features, ImageTower


@dataclass(frozen=True, slots=True, kw_only=True)
class RawOutputs(ObjectMaps):
    """What the heads say, before softmax and decoding; what losses are taken of.

    Attributes
    ----------
    landcover : Tensor, shape (N, K, H / 4, W / 4)
        Logits.
    heat, offset, size : Tensor
        As in `ObjectMaps`, of cells of the same size.
    """

    landcover: Tensor


class SarKnowlip(nn.Module):
    """An image tower with a land-cover head and an object head.

    Parameters
    ----------
    tower : TowerSpec
    classes : int
        Number of land-cover classes.
    object_kinds : int
        Number of kinds of objects.
    """

    def __init__(self, tower: TowerSpec, *, classes: int, object_kinds: int) -> None:
        super().__init__()
        self.tower = ImageTower(tower)
        self.landcover = LandCoverHead(tower.decoder_dim, classes)
        self.objects = ObjectHead(tower.decoder_dim, object_kinds)

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> SarKnowlip:
        """Build the network that a spec describes, with random weights."""
        return cls(spec.tower, classes=len(spec.classes), object_kinds=len(spec.object_kinds))

    @classmethod
    def restore(cls, spec: ModelSpec, weights: Mapping[str, NDArray[Any]]) -> SarKnowlip:
        """Build the network that a spec describes, in float32, with weights by name.

        Raises
        ------
        RuntimeError
            If names or shapes are others than the network's.
        """
        network = cls.from_spec(spec)
        network.load_state_dict({name: torch.from_numpy(v) for name, v in weights.items()})
        return network

    def encode(self, pixels: Tensor, valid: Tensor, context: Context) -> Features:
        """Return the tower's features; see `ImageTower.forward`."""
        features: Features = self.tower(pixels, valid, context)
        return features

    def forward(self, pixels: Tensor, valid: Tensor, context: Context) -> RawOutputs:
        """Run tower and heads; see `ImageTower.forward` for the shapes."""
        decoded = self.encode(pixels, valid, context).decoded
        # Heads stay in float32 under autocast: they cost little, and in bfloat16 neighbouring
        # cells tie for the peak.
        with torch.autocast(decoded.device.type, enabled=False):
            decoded = decoded.float()
            maps: ObjectMaps = self.objects(decoded)
            return RawOutputs(
                landcover=self.landcover(decoded),
                heat=maps.heat,
                offset=maps.offset,
                size=maps.size,
            )
