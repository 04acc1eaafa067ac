"""Who knows everything tells all statements apart, and who knows nothing half of them."""

from __future__ import annotations

from collections import Counter

import pytest
from support.scio_corpus import OracleScorer, records, texts_of

from sargeo_training.scio.corrupt import corrupt
from sargeo_training.scio.statement_metrics import SCORES, separation, statement_pairs

RECORDS = records(60, seed=3)
TEXTS = texts_of(RECORDS)
PAIRS = statement_pairs(TEXTS, RECORDS)
FALSE, TRUTH = corrupt(TEXTS, RECORDS, share=1.0)


@pytest.mark.parametrize(("noise", "least", "most"), [(0.0, 1.0, 1.0), (1e6, 0.4, 0.6)])
def test_shares_are_between_chance_and_all(noise: float, least: float, most: float) -> None:
    oracle = OracleScorer(list(RECORDS.values()), [*TEXTS, *FALSE], noise)
    counts = separation(oracle, TEXTS, PAIRS)
    assert counts.shape == (len(TEXTS), 2, len(SCORES))
    assert counts[:, 1].sum(axis=0).tolist() == [len(PAIRS)] * 2
    for share in counts[:, 0].sum(axis=0) / counts[:, 1].sum(axis=0):
        assert least <= share <= most


def test_without_the_image_nothing_tells_the_true_one() -> None:
    """Each claim is as often the false one as the true one, so no rule on values beats chance."""
    assert len(PAIRS) == len(TRUTH.corruptions)
    assert Counter(c.right for c in TRUTH.corruptions) == Counter(
        c.wrong for c in TRUTH.corruptions
    )
