"""What screening and refilling ask of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sargeo_training.crops.text_batches import Span

Floats = NDArray[np.float64]


class Scorer(Protocol):
    """Tells how well images and texts go together.

    Images are numbers of chips. All sequences are as long as each other, one item for each pair;
    scorers that cache images profit where pairs of one image follow one another.
    """

    def contrast(self, images: Sequence[int], texts: Sequence[str]) -> Floats:
        """Return cosines of the embeddings of image and text, shape (n,), from -1 to 1."""
        ...

    def matching(self, images: Sequence[int], texts: Sequence[str]) -> Floats:
        """Return logarithms of the odds that image and text belong together, shape (n,)."""
        ...

    def likelihood(
        self, images: Sequence[int], texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> Floats:
        """Return the mean log-probability of words that were masked together, shape (n,).

        Given are the image and the rest of the text; the mean is over the tokens of all the
        spans of a text, so that words of several tokens can be held against words of one.
        """
        ...


class WordScorer(Protocol):
    """Tells how well words go with the rest of their text, without an image."""

    def likelihood(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> Floats:
        """Return the mean log-probability of words that were masked together, shape (n,)."""
        ...
