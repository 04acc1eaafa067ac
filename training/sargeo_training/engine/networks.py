"""Networks as settings describe them, and how their weights are moved."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from sargeo.errors import CheckpointRefusedError, UsageError
from sargeo.legend import OBJECT_KINDS
from sargeo.model.checkpoints import Loaded, load_image_tower, load_language, read_checkpoint
from sargeo.model.knowlip import SarKnowlip
from sargeo.model.registry import resolve
from sargeo.model.spec import ModelSpec, NormalisationSpec
from sargeo.model.storage import load_spec, load_weights
from sargeo.model.tokens import Tokeniser
from sargeo.scene.bands import POLARISATIONS
from sargeo_training.crops.radiometry import CONSTANTS
from sargeo_training.settings.config import Config, Published

MAPPING_PARTS = ("tower", "landcover", "objects")
"""The parts of a network that map; the others read and write."""

Part = TypeVar("Part", bound=nn.Module)

_MOST_NAMES = 8  # of unused entries, that are told

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


def take_published(network: SarKnowlip, files: Published, say: Callable[[str], None]) -> None:
    """Give towers the weights of files that others published, and tell what was taken.

    Raises
    ------
    CheckpointRefusedError
        If a file cannot be read, or holds no such tower or one of another shape.
    """
    if files.image is not None:
        _take_file(network.tower, files.image, load_image_tower, say)
    if files.text is not None and network.language is not None:
        _take_file(network.language, files.text, load_language, say)


def _take_file(
    part: Part,
    path: Path,
    load: Callable[[Part, Mapping[str, Tensor]], Loaded],
    say: Callable[[str], None],
) -> None:
    state = read_checkpoint(path)
    try:
        loaded = load(part, state)
    except CheckpointRefusedError as error:
        raise CheckpointRefusedError(f"{path}: {error.problem}", error.remedy) from error
    say(f"{path}: {len(loaded.names)} entries are taken; unused: {_listed(loaded.unused)}.")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "") or "none"


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
        writes=config.writes,
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
