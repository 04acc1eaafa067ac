"""A model that knows everything finds every wrong clause, and one that knows nothing none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from support.scio_corpus import OracleScorer, records, texts_of

from sargeo.errors import ReferenceDataError
from sargeo.model.spec import Figure
from sargeo_training.crops.text_batches import Span
from sargeo_training.data.target_text import Claim
from sargeo_training.scio.corrupt import corrupt
from sargeo_training.scio.measures import screening_figures, tallies
from sargeo_training.scio.scorer import Floats
from sargeo_training.scio.screen import (
    Evidence,
    Screener,
    alone,
    group_of,
    leave_out,
)
from sargeo_training.scio.texts import Text
from sargeo_training.scio.thresholds import Calibration, Thresholds, choose
from sargeo_training.scio.truth import HiddenTruth

RECORDS = records(60, seed=1)
NOISY, TRUTH = corrupt(texts_of(RECORDS), RECORDS)
CALIBRATION = TRUTH.reveal([text.id for text in NOISY[:20]])
REST = [text for text in NOISY if text.id not in CALIBRATION.ids]


def figures(screener: Screener, noise: float) -> dict[str, Figure]:
    evidence = screener(OracleScorer(list(RECORDS.values()), NOISY, noise), NOISY)
    suspect = choose(evidence, CALIBRATION).flagged(evidence)
    places = {place for place, one in zip(evidence.places, suspect, strict=True) if one}
    found = screening_figures("made up", tallies(REST, places, {}, RECORDS, TRUTH))
    return {figure.measure: figure for figure in found}


@pytest.mark.parametrize("screener", [leave_out, alone])
def test_who_knows_everything_finds_everything(screener: Screener) -> None:
    found = figures(screener, noise=0.0)
    assert found["screening: F1"].value == 1
    assert found["screening: recall of wrong place"].value == 1


@pytest.mark.parametrize("screener", [leave_out, alone])
def test_who_knows_nothing_finds_what_chance_does(screener: Screener) -> None:
    """Chance is to suspect all that may be wrong: precision is then the share that is."""
    found = figures(screener, noise=1e6)
    doubted = found["screening: precision"].value
    assert found["screening: F1"].value <= 2 * doubted / (1 + doubted) + 0.01
    assert doubted < 0.35


def test_noise_costs_gradually_and_intervals_hold_the_value() -> None:
    found = [figures(leave_out, noise)["screening: F1"] for noise in (0.02, 0.1, 0.5)]
    assert found[0].value > found[1].value > found[2].value
    assert all(f.low <= f.value <= f.high for f in found)


def test_every_text_is_scored_with_and_without_each_clause() -> None:
    oracle = OracleScorer(list(RECORDS.values()), NOISY)
    evidence = leave_out(oracle, NOISY[:1])
    clauses = len(NOISY[0].clauses)
    assert oracle.calls == 2 * (clauses + 1)
    whole = oracle.contrast([0], [NOISY[0].caption()])
    rest = oracle.contrast([0], [NOISY[0].without({2}).caption()])
    assert evidence.whole.shape == evidence.rises.shape == (clauses, 2)
    assert evidence.rises[2, 0] == pytest.approx(rest - whole)


class Contradicted:
    """Finds all that is said as fit as can be, but for one clause beside the others."""

    def __init__(self, text: Text, place: int) -> None:
        self._span = text.keyword_spans(place)

    def contrast(self, images: Sequence[int], texts: Sequence[str]) -> Floats:
        return np.ones(len(texts))

    matching = contrast

    def likelihood(
        self, images: Sequence[int], texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> Floats:
        return np.array([-5.0 if tuple(them) == self._span else -0.5 for them in spans])


def test_what_contradicts_the_rest_is_found_by_its_hidden_words() -> None:
    text = NOISY[0]
    judged = alone(Contradicted(text, 1), [text])
    assert judged.scores == ("contrast", "matching", "hidden")
    expected = [-5.0 if k == 1 else -0.5 for k in range(len(text.clauses))]
    assert judged.whole[:, 2].tolist() == expected
    assert (-judged.rises[:, 2]).tolist() == expected
    assert judged.places == tuple((text.id, k) for k in range(len(text.clauses)))


def test_a_clause_without_keywords_is_not_unlikely() -> None:
    mute = NOISY[0].clauses[0].model_copy(update={"keywords": ()})
    text = Text("chip-0", 0, (mute, *NOISY[0].clauses[1:]))
    judged = alone(Contradicted(text, 1), [text])
    assert judged.whole[0, 2] == 0


def test_an_only_clause_is_believed() -> None:
    text = Text("chip-0", 0, NOISY[0].clauses[:1])
    assert leave_out(OracleScorer(list(RECORDS.values()), NOISY), [text]).places == ()


def evidence_of(rises: list[tuple[float, ...]], groups: list[str] | None = None) -> Evidence:
    table = np.array(rises, dtype=float)
    return Evidence(
        places=tuple((f"chip-{k}", 0) for k in range(len(table))),
        groups=tuple(groups or ["land Water"] * len(table)),
        scores=("contrast", "matching")[: table.shape[1]],
        whole=np.zeros_like(table),
        rises=table,
    )


def test_both_scores_have_to_rise() -> None:
    evidence = evidence_of([(1, 1), (1, 0), (0, 1), (0, 0)])
    suspects = Thresholds(by_group={"land Water": (0.5, 0.5)}, others=None, f1=1).flagged(evidence)
    assert suspects.tolist() == [True, False, False, False]


def test_thresholds_are_chosen_for_the_pair() -> None:
    """Neither score tells the wrong clause from the others by itself."""
    evidence = evidence_of([(1, 1), (2, 0), (0, 2), (2, -1), (-1, 2)])
    everyone = frozenset(chip for chip, _ in evidence.places)
    chosen = choose(evidence, Calibration(everyone, frozenset({("chip-0", 0)})))
    assert chosen.f1 == 1
    assert chosen.flagged(evidence).tolist() == [True, False, False, False, False]


def test_each_group_has_thresholds_of_its_own() -> None:
    rng = np.random.default_rng(0)
    groups = ["land Water"] * 40 + ["target Count"] * 40
    level = np.repeat([0.0, 5.0], 40)
    rises = level + 0.1 * rng.standard_normal(80)
    rises[[3, 50]] += 2
    evidence = evidence_of([(r,) for r in rises], groups)
    wrong = frozenset({("chip-3", 0), ("chip-50", 0)})
    chosen = choose(evidence, Calibration(frozenset(c for c, _ in evidence.places), wrong))
    assert chosen.f1 == 1
    assert np.flatnonzero(chosen.flagged(evidence)).tolist() == [3, 50]


def test_no_other_thresholds_have_a_higher_f1() -> None:
    """All combinations of two groups are tried one by one."""
    rng = np.random.default_rng(4)
    groups = np.repeat(["land Water", "target Count"], 25)
    wrong = rng.random(50) < np.where(groups == "land Water", 0.2, 0.5)
    rises = rng.standard_normal(50) + wrong * np.where(groups == "land Water", 1.5, 0.3)
    evidence = evidence_of([(r,) for r in rises], groups.tolist())
    places = frozenset(p for p, w in zip(evidence.places, wrong, strict=True) if w)
    chosen = choose(evidence, Calibration(frozenset(c for c, _ in evidence.places), places))
    tried = []
    for one, other in product([-np.inf, *rises], repeat=2):
        suspect = rises > np.where(groups == "land Water", one, other)
        tried.append(2 * (suspect & wrong).sum() / (suspect.sum() + wrong.sum()))
    assert chosen.f1 == pytest.approx(max(tried))


def test_a_group_in_which_suspicion_does_not_pay_is_believed() -> None:
    groups = ["target Count"] * 20 + ["land Terrain"] * 20 + ["land Water"] * 5
    evidence = evidence_of([(float(k % 20),) for k in range(45)], groups)
    everyone = frozenset(chip for chip, _ in evidence.places)
    chosen = choose(evidence, Calibration(everyone, frozenset({("chip-19", 0)})))
    assert chosen.of("land Terrain") is None
    assert chosen.of("land Water") is None
    assert chosen.of("target Count") == (18.5,)
    assert np.flatnonzero(chosen.flagged(evidence)).tolist() == [19]


def test_rare_groups_are_taken_together() -> None:
    groups = [f"rare {k}" for k in range(30)]
    evidence = evidence_of([(float(k),) for k in range(30)], groups)
    everyone = frozenset(chip for chip, _ in evidence.places)
    wrong = frozenset({("chip-28", 0), ("chip-29", 0)})
    chosen = choose(evidence, Calibration(everyone, wrong))
    assert chosen.of("never seen") == (27.5,)
    assert chosen.f1 == 1


def test_clauses_about_the_same_are_a_group() -> None:
    claims = [Claim(fact="objects.in_sector:ship@upper left", value=2)]
    claims.append(Claim(fact="landcover.main", value="open water"))
    clause = NOISY[0].clauses[0].model_copy(update={"claims": tuple(claims)})
    assert group_of(clause) == "landcover.main + objects.in_sector:ship"
    assert group_of(clause.model_copy(update={"claims": ()})) == "no fact"


def test_calibration_needs_right_and_wrong_clauses() -> None:
    evidence = evidence_of([(1, 1), (2, 2)])
    with pytest.raises(ReferenceDataError, match="0 of the 2 clauses"):
        choose(evidence, Calibration(frozenset({"chip-0", "chip-1"}), frozenset()))


def test_truth_is_not_part_of_a_text() -> None:
    assert set(Text.__dataclass_fields__) == {"id", "image", "clauses"}
    assert isinstance(TRUTH, HiddenTruth)
