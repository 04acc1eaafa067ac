"""Evidence: what layers given by the user, or labels, say of the ground of a chip."""

from __future__ import annotations

from sargeo_training.data.chips.evidence.layers import Layers, facts_of
from sargeo_training.data.chips.evidence.settings import LayerFiles

__all__ = ["LayerFiles", "Layers", "facts_of"]
