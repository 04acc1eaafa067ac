"""A model that is small and quick, and good for nothing."""

from __future__ import annotations

from sargeo.model.spec import ConvNextSpec, ModelSpec, NormalisationSpec, SpacingSpec
from sargeo.scene.bands import POLARISATIONS


def tiny_spec() -> ModelSpec:
    """Return a spec whose network has some ten thousand weights and small windows."""
    return ModelSpec(
        name="sargeo-test",
        version="0",
        summary="Random weights, for tests.",
        licence="Apache-2.0",
        sources=(),
        tower=ConvNextSpec(depths=(1, 1, 1, 1), dims=(8, 8, 8, 8), decoder_dim=8),
        patch=128,
        margin=32,
        classes=(10, 30, 50, 60, 80),
        object_kinds=("ship",),
        polarisations=POLARISATIONS,
        spacing=SpacingSpec(min_m=5, preferred_m=10, max_m=25),
        normalisation=NormalisationSpec(
            mean_db=dict.fromkeys(POLARISATIONS, -12.0),
            std_db=dict.fromkeys(POLARISATIONS, 5.0),
            floor_db=-40.0,
        ),
        min_confidence=0.3,
    )
