"""Batches of whole chips, with texts where a stage needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sargeo.model.tokens import Tokeniser
from sargeo_training.crops.augmentation import (
    RADIOMETRIC_AUGMENTATIONS,
    Augmentation,
    augment,
    drop_metadata,
)
from sargeo_training.crops.batches import Inputs, make_inputs
from sargeo_training.crops.counterfactual import exchanges, statements
from sargeo_training.crops.samples import Sample, whole_chip
from sargeo_training.crops.text_batches import TextBatch, collate_texts, draw_text
from sargeo_training.data.chip import Chip
from sargeo_training.data.target_text import TargetText, last_informative
from sargeo_training.parallel import Part
from sargeo_training.settings.config import Config

_CHIPS = 1  # told apart from the draws of crops by this number


class ChipSource(Protocol):
    """Chips by number, such as `sargeo_training.data.shards.Shards`."""

    def __getitem__(self, number: int, /) -> Chip:
        """Return a chip."""
        ...


@dataclass(frozen=True)
class ChipBatch:
    """N whole chips.

    Attributes
    ----------
    inputs : Inputs
    hidden : Tensor of bool, shape (N, H, W)
        Pixels to hide where they are to be reconstructed.
    texts : TextBatch or None
    """

    inputs: Inputs
    hidden: Tensor
    texts: TextBatch | None

    def to(self, device: torch.device) -> ChipBatch:
        """Return the same on another device."""
        texts = self.texts.to(device) if self.texts else None
        return ChipBatch(self.inputs.to(device), self.hidden.to(device), texts)


class ChipStream:
    """Batches of chips by number: the same for the same seed, whichever were made before.

    All chips come once before one comes again.

    Parameters
    ----------
    chips : ChipSource
    numbers : sequence of int
        Of the chips to draw from; with texts, if there is a tokeniser.
    config : Config
    tokeniser : Tokeniser, optional
        Without one there are no texts.
    texts : callable, optional
        Number of a chip to what was written about it; needed with a tokeniser.
    """

    def __init__(
        self,
        chips: ChipSource,
        numbers: Sequence[int],
        config: Config,
        tokeniser: Tokeniser | None = None,
        texts: Callable[[int], Sequence[TargetText]] = lambda _: (),
    ) -> None:
        self._chips, self._numbers = chips, np.asarray(numbers)
        self._settings, self._hiding = config.chips, config.reconstruction
        self._steps: tuple[Augmentation, ...] = (
            *RADIOMETRIC_AUGMENTATIONS,
            partial(drop_metadata, config.forgetting),
        )
        self._sensors = config.network.sensors
        self._seed, self._tokeniser, self._texts = config.seed, tokeniser, texts

    def batch(self, number: int, part: Part) -> ChipBatch:
        """Make a batch, or one process's part of it."""
        size = self._settings.batch_size
        places = part.indices(size)
        rngs = [np.random.default_rng((self._seed, _CHIPS, number, place)) for place in places]
        drawn = [self._draw(number * size + place) for place in range(size)]
        samples = [self._sample(drawn[k], rng) for k, rng in zip(places, rngs, strict=True)]
        inputs = make_inputs(samples, self._sensors)
        hidden = hide(inputs.valid, self._hiding.hidden, self._hiding.cell_px, rngs)
        of_batch = np.random.default_rng((self._seed, _CHIPS, number))
        texts = self._text_batch(drawn, places, rngs, of_batch)
        return ChipBatch(inputs, torch.from_numpy(hidden), texts)

    def _text_batch(
        self,
        drawn: Sequence[int],
        places: Sequence[int],
        rngs: Sequence[np.random.Generator],
        of_batch: np.random.Generator,
    ) -> TextBatch | None:
        """Return the texts of some places, which swap statements with the whole batch."""
        if self._tokeniser is None:
            return None
        length = float(of_batch.random())
        samples = [
            draw_text(self._texts(drawn[place]), self._settings, length, rng)
            for place, rng in zip(places, rngs, strict=True)
        ]
        claimed = [statements(last_informative(self._texts(k))) for k in drawn]
        rounds = [exchanges(claimed, of_batch) for _ in range(self._settings.exchanges)]
        return collate_texts(
            samples,
            [drawn[place] for place in places],
            self._tokeniser,
            self._settings,
            rngs,
            [made[place] for made in rounds for place in places],
        )

    def _sample(self, number: int, rng: np.random.Generator) -> Sample:
        """Return a whole chip, augmented."""
        return augment(whole_chip(self._chips[number], self._settings.chip_px), rng, self._steps)

    def _draw(self, turn: int) -> int:
        """Return the number of the chip whose turn it is."""
        epoch, place = divmod(turn, len(self._numbers))
        return int(self._numbers[_order(self._seed, epoch, len(self._numbers))[place]])


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, count: int) -> tuple[int, ...]:
    return tuple(np.random.default_rng((seed, epoch)).permutation(count).tolist())


def hide(
    valid: Tensor, share: float, cell_px: int, rng: Sequence[np.random.Generator]
) -> NDArray[np.bool_]:
    """Draw the pixels of N pictures to hide: whole cells, the same number in each picture.

    Parameters
    ----------
    valid : Tensor of bool, shape (N, H, W)
        Whose shape counts.
    share : float
    cell_px : int
    rng : sequence of Generator
        One for each picture.
    """
    n, height, width = valid.shape
    cells = (-(-height // cell_px), -(-width // cell_px))
    count = cells[0] * cells[1]
    order = np.stack([g.permutation(count) for g in rng]).reshape(n, *cells)
    hidden = (order < round(share * count)).repeat(cell_px, 1).repeat(cell_px, 2)
    return np.asarray(hidden[:, :height, :width])
