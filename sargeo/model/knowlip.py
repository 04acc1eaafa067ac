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
from sargeo.model.language import LanguagePart
from sargeo.model.objects import ObjectHead, ObjectMaps
from sargeo.model.spec import ModelSpec, TowerSpec, VitSpec
from sargeo.model.tokens import Tokeniser
from sargeo.model.vision import Features, ImageTower
from sargeo.model.vit import VitTower


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
    """An image tower with a land-cover head, an object head and, in some models, language.

    Parameters
    ----------
    tower : ConvNextSpec or VitSpec
    classes : int
        Number of land-cover classes.
    object_kinds : int
        Number of kinds of objects.
    sensors : int
        How many sensors the tower tells apart.
    language : LanguagePart, optional
    """

    def __init__(
        self,
        tower: TowerSpec,
        *,
        classes: int,
        object_kinds: int,
        sensors: int = 0,
        language: LanguagePart | None = None,
    ) -> None:
        super().__init__()
        self.tower = (
            VitTower(tower, sensors) if isinstance(tower, VitSpec) else ImageTower(tower, sensors)
        )
        self.landcover = LandCoverHead(tower.decoder_dim, classes)
        self.objects = ObjectHead(tower.decoder_dim, object_kinds)
        self.language = language

    @classmethod
    def from_spec(cls, spec: ModelSpec, tokeniser: Tokeniser | None = None) -> SarKnowlip:
        """Build the network that a spec describes, with random weights.

        Raises
        ------
        ValueError
            If the spec has language, and the tokeniser is missing or does not fit it.
        """
        return cls(
            spec.tower,
            classes=len(spec.classes),
            object_kinds=len(spec.object_kinds),
            sensors=len(spec.sensors),
            language=_language(spec, tokeniser),
        )

    @classmethod
    def restore(
        cls,
        spec: ModelSpec,
        weights: Mapping[str, NDArray[Any]],
        tokeniser: Tokeniser | None = None,
    ) -> SarKnowlip:
        """Build the network that a spec describes, in float32, with weights by name.

        Raises
        ------
        RuntimeError
            If names or shapes are others than the network's.
        ValueError
            If spec and tokeniser do not fit each other.
        """
        network = cls.from_spec(spec, tokeniser)
        network.load_state_dict({name: torch.from_numpy(v) for name, v in weights.items()})
        return network

    def encode(self, pixels: Tensor, valid: Tensor, context: Context) -> Features:
        """Return the tower's features; see `ImageTower.forward`."""
        features: Features = self.tower(pixels, valid, context)
        return features

    def forward(self, pixels: Tensor, valid: Tensor, context: Context) -> RawOutputs:
        """Run tower and heads; see `ImageTower.forward` for the shapes."""
        return self.heads(self.encode(pixels, valid, context).decoded)

    def heads(self, decoded: Tensor) -> RawOutputs:
        """Run the heads on the decoded features of `encode`."""
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


def _language(spec: ModelSpec, tokeniser: Tokeniser | None) -> LanguagePart | None:
    if spec.language is None:
        return None
    if tokeniser is None:
        raise ValueError("a network with language needs a tokeniser")
    return LanguagePart(spec.language, spec.tower.decoder_dim, tokeniser)
