"""Alignment of cells whose class is known with texts that name the class.

It is what lets a map of text-defined classes be drawn: the vector of a cell learns to be nearest
to the text that says what lies there, whichever of several words is used.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sargeo.legend import BARE, BUILT_UP, LAND_COVER, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo.model.language import TEMPLATES
from sargeo_training.crops.batches import TargetMaps
from sargeo_training.objectives.heads import landcover_loss

_WORDS = {
    TREES.name: ("trees", "forest", "woodland", "tree cover"),
    LOW_VEGETATION.name: (
        "low vegetation",
        "grassland",
        "cropland",
        "fields",
        "farmland",
        "grass and shrubs",
        "meadows",
    ),
    BUILT_UP.name: (
        "built-up area",
        "built-up",
        "buildings",
        "houses and streets",
        "urban area",
        "settlement",
        "city",
    ),
    BARE.name: ("bare ground", "bare", "bare soil", "sand and rock", "barren land", "beach"),
    OPEN_WATER.name: ("open water", "water", "sea", "lake", "river", "water surface"),
}
_SHIP = ("ship", "ships", "vessel", "boat", "a ship on the water")
_FRAMES = ("{}", *TEMPLATES)  # a bare name more often than the rest

"""Texts of a step: one for each class of the legend in its order, then one for ships."""

_FEW_CELLS = 20
_CLEAR = 0.05  # heat under which a searched cell is no ship's


def draw_names(rng: np.random.Generator) -> list[str]:
    """Draw a text for each class, and one for ships."""
    words = [_WORDS[c.name] for c in LAND_COVER] + [_SHIP]
    frame = _FRAMES[rng.integers(len(_FRAMES))]
    return [frame.format(w[rng.integers(len(w))]) for w in words]


def all_names() -> list[str]:
    """Return every text that `draw_names` may draw."""
    words = [*(w for c in LAND_COVER for w in _WORDS[c.name]), *_SHIP]
    return [frame.format(word) for frame in dict.fromkeys(_FRAMES) for word in words]


def alignment_loss(cells: Tensor, names: Tensor, temperature: Tensor, truth: TargetMaps) -> Tensor:
    """Return the loss of land cover by texts, and of ships against all land cover.

    Parameters
    ----------
    cells : Tensor, shape (N, D, h, w)
        Unit vectors of cells.
    names : Tensor, shape (6, D)
        Unit vectors of the texts of `draw_names`.
    temperature : Tensor, scalar
    truth : TargetMaps
    """
    logits = torch.einsum("ndhw,kd->nkhw", cells.float(), names.float()) / temperature
    cover, ship = logits[:, :-1], logits[:, -1]
    return landcover_loss(cover, truth.landcover) + _ship_loss(ship - cover.logsumexp(1), truth)


def _ship_loss(logit: Tensor, truth: TargetMaps) -> Tensor:
    """Return the mean cross-entropy of cells with a ship's centre, and of those that hold none."""
    clear = truth.searched & (truth.heat < _CLEAR)
    found = -functional.logsigmoid(logit)[truth.centre]
    missed = -functional.logsigmoid(-logit)[clear]
    few = _FEW_CELLS
    return found.sum() / max(len(found), few) + missed.sum() / max(len(missed), few)
