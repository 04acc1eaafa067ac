"""How well a model tells what is true of an image from what is not.

True clauses about held-out chips are set beside the same clauses with another chip's value, false
of this one. A model that knows nothing prefers the true one in half of the pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sargeo_training.scio.corrupt import corrupt
from sargeo_training.scio.scorer import Scorer
from sargeo_training.scio.texts import Text

if TYPE_CHECKING:
    from sargeo_training.data.chip import Record

SCORES = ("contrast", "matching")


@dataclass(frozen=True)
class Pair:
    """A true and a false statement about the chip at a place of a gallery."""

    place: int
    right: str
    wrong: str


def statement_pairs(texts: Sequence[Text], records: Mapping[str, Record]) -> list[Pair]:
    """Set as many clauses as possible beside false ones.

    Two chips swap values, so that each value is right as often as wrong: without the image,
    nothing tells which is which.

    Parameters
    ----------
    texts : sequence of Text
        True ones of a gallery.
    records : mapping
        Id to record.
    """
    wrong, truth = corrupt(texts, records, share=1.0)
    places = {text.id: place for place, text in enumerate(texts)}
    return [
        Pair(place, texts[place].clauses[k].text, wrong[place].clauses[k].text)
        for place, k in ((places[c.id], c.clause) for c in truth.corruptions)
    ]


def separation(scorer: Scorer, texts: Sequence[Text], pairs: Sequence[Pair]) -> NDArray[np.float64]:
    """Tell how often the true one of a pair scores higher; a tie counts against it.

    Parameters
    ----------
    scorer : Scorer
    texts : sequence of Text
        Of a gallery, with its images.
    pairs : sequence of Pair
        See `statement_pairs`.

    Returns
    -------
    ndarray of float64, shape (texts, 2, 2)
        What each chip adds to the right answers and to all, by `SCORES`.
    """
    images = [texts[pair.place].image for pair in pairs]
    rights, wrongs = [pair.right for pair in pairs], [pair.wrong for pair in pairs]
    places = [pair.place for pair in pairs]
    counts = np.zeros((len(texts), 2, len(SCORES)))
    for k, score in enumerate((scorer.contrast, scorer.matching)):
        better = score(images, rights) > score(images, wrongs)
        np.add.at(counts[:, 0, k], places, better)
        np.add.at(counts[:, 1, k], places, 1)
    return counts
