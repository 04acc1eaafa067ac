"""Networks as settings describe them, and how their weights are moved."""

from __future__ import annotations

import math
from collections.abc import Collection

import torch
from torch import nn

from sargeo.errors import UsageError
from sargeo.legend import OBJECT_KINDS
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import resolve
from sargeo.model.spec import ModelSpec, NormalisationSpec
from sargeo.model.storage import load_spec, load_weights
from sargeo.model.tokens import Tokeniser
from sargeo.scene.bands import POLARISATIONS
from sargeo_training.engine.config import Config
from sargeo_training.radiometry import CONSTANTS

MAPPING_PARTS = ("tower", "landcover", "objects")
"""The parts of a network that map; the others read and write."""

_SENSORS = "tower.context.sensor.weight"


def new_network(config: Config, tokeniser: Tokeniser | None = None) -> SarKnowlip:
    """Build a network with random weights; one with language needs its tokeniser."""
    return SarKnowlip.from_spec(model_spec(config), tokeniser)


def take_from(network: SarKnowlip, model: str, parts: Collection[str]) -> None:
    """Give parts of a network the weights that a model has there.

    Parameters
    ----------
    network : SarKnowlip
    model : str
        Name or folder.
    parts : collection of str
        Names of modules, such as ``tower``.

    Raises
    ------
    UsageError
        If the model's parts have another shape.
    """
    folder = resolve(model)
    weights = load_weights(folder, load_spec(folder))
    wanted = {n: v for n, v in network.state_dict().items() if n.partition(".")[0] in parts}
    if _SENSORS in wanted and _SENSORS not in weights:
        # A model that tells no sensors apart goes on as before, and learns what they mean.
        weights[_SENSORS] = torch.zeros_like(wanted[_SENSORS]).numpy()
    if any(n not in weights or weights[n].shape != v.shape for n, v in wanted.items()):
        raise UsageError(
            f"The model {model} has another {' or '.join(sorted(parts))} than the settings.",
            "Give settings of its size, or start from random weights.",
        )
    network.load_state_dict({n: torch.from_numpy(weights[n]) for n in wanted}, strict=False)


def model_spec(config: Config, sources: tuple[str, ...] = ()) -> ModelSpec:
    """Return the spec of a model before it is calibrated."""
    card = config.card
    return ModelSpec(
        name=card.name,
        version=card.version,
        summary=card.summary,
        licence=card.licence,
        sources=sources,
        limits=card.limits,
        tower=config.network.tower,
        language=config.network.language,
        sensors=config.network.sensors,
        patch=card.patch,
        margin=card.margin,
        classes=config.network.codes,
        legend=config.network.legend,
        object_kinds=OBJECT_KINDS,
        polarisations=POLARISATIONS,
        spacing=card.spacing,
        normalisation=NormalisationSpec(
            mean_db=dict(CONSTANTS.mean_db),
            std_db=dict(CONSTANTS.std_db),
            floor_db=CONSTANTS.floor_db,
        ),
        min_confidence=0.3,
    )


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Decay matrices and kernels, but neither biases nor scales nor tokens."""
    learnt = [p for p in module.parameters() if p.requires_grad]
    return [
        {"params": [p for p in learnt if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in learnt if p.ndim < 2], "weight_decay": 0.0},
    ]


def schedule(share: float, warmup: float) -> float:
    """Linear rise, then half a cosine down to a hundredth, over the share of a stage."""
    if share < warmup:
        return (share + 0.1 * warmup) / (1.1 * warmup)
    return 0.01 + 0.99 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup))) / 2
