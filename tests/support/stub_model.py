"""A model whose answers are known, in the place of a trained one."""

from __future__ import annotations

import torch
from support.stubs import ThresholdNetwork

from sargeo.model.api import SarModel
from sargeo.model.spec import ConvNextSpec, ModelSpec, NormalisationSpec, SpacingSpec
from sargeo.tiling.batch import Acquisition, Batch, Outputs

SPEC = ModelSpec(
    name="stub",
    version="1",
    summary="Knows water from bare ground by a threshold.",
    licence="Apache-2.0",
    sources=(),
    tower=ConvNextSpec(depths=(1, 1, 1, 1), dims=(8, 8, 8, 8), decoder_dim=8),
    patch=96,
    margin=32,
    classes=(80, 60),
    object_kinds=("ship",),
    polarisations=("VV", "VH"),
    spacing=SpacingSpec(min_m=8, preferred_m=10, max_m=12.5),
    normalisation=NormalisationSpec(
        mean_db={"VV": -10.0, "VH": -10.0, "HH": -10.0, "HV": -10.0},
        std_db={"VV": 5.0, "VH": 5.0, "HH": 5.0, "HV": 5.0},
        floor_db=-40.0,
    ),
    min_confidence=0.3,
    weights_sha256="0" * 64,
)


class StubModel(SarModel):
    """Cells above -10 dB are bare, others water; cells above ``bright_db`` are ships."""

    def __init__(self, bright_db: float = 5.0, spec: ModelSpec = SPEC) -> None:
        self.spec = spec
        self.device = torch.device("cpu")
        self.item = None
        self._network = ThresholdNetwork(bright=(bright_db + 10) / 5)

    @property
    def dtype(self) -> torch.dtype:
        return torch.float32

    @property
    def alignment(self) -> int:
        return 4

    def infer(self, batch: Batch, acquisition: Acquisition) -> Outputs:
        return self._network.infer(batch, acquisition)
