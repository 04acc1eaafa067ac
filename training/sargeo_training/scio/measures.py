"""How well screening and refilling did, against what is known to be wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sargeo.model.spec import Figure
from sargeo_training.data.target_text import Claim
from sargeo_training.evaluation.figures import figure_of
from sargeo_training.scio.corrupt import KINDS
from sargeo_training.scio.screen import Place
from sargeo_training.scio.texts import Text
from sargeo_training.scio.truth import Corruption, HiddenTruth
from sargeo_training.text.claims import Findings, findings, verdict
from sargeo_training.text.domains import domain

if TYPE_CHECKING:
    from sargeo_training.data.chip import Record

Tally = NDArray[np.int64]
"""Shape (kinds + 1, 4): of clauses wrong in each kind, and last of right ones, how many there are,
are suspect, were refilled, and are right since then."""

Groups = NDArray[np.int64]
"""Numbers of the chips' groups, which intervals are over; each chip is one by default."""

_Measure = Callable[[Tally], float]

_ALL, _SUSPECT, _REFILLED, _RIGHT = range(4)
_WRONG, _TRUE = slice(0, len(KINDS)), len(KINDS)


def tallies(
    texts: Sequence[Text],
    suspects: Collection[Place],
    refilled: Mapping[Place, Sequence[Claim]],
    records: Mapping[str, Record],
    truth: HiddenTruth,
) -> list[Tally]:
    """Count clauses, chip by chip.

    A refill is right if what had been made wrong is true again, and nothing else in it is false.

    Parameters
    ----------
    texts : sequence of Text
        As they were screened, without the chips that thresholds were chosen on.
    suspects : collection of Place
    refilled : mapping
        Place to what is claimed there since.
    records : mapping
        Id to record.
    truth : HiddenTruth
    """
    wrong = truth.by_place()
    return [_tally(text, suspects, refilled, wrong, findings(records[text.id])) for text in texts]


def doubtful(texts: Sequence[Text]) -> frozenset[Place]:
    """Return all clauses that claim a count, class, place or size: what could be suspected."""
    return frozenset(
        (text.id, k)
        for text in texts
        for k, clause in enumerate(text.clauses)
        if any(domain(claim.fact).kind in KINDS for claim in clause.claims)
    )


def screening_figures(
    data: str, chips: Sequence[Tally], groups: Groups | None = None
) -> list[Figure]:
    """Return precision, recall and F1 of suspicion, and recall by kind of error.

    What nothing can be said of, such as the precision of no suspicion, is left out.
    """
    measures = {
        "clauses that are wrong": lambda t: _share(_wrong(t), t[:, _ALL].sum()),
        "screening: precision": _precision,
        "screening: recall": _recall,
        "screening: F1": screening_f1,
        **_by_kind("screening: recall of wrong", _SUSPECT, _ALL),
    }
    return _figures(data, chips, groups, measures)


def infilling_figures(
    data: str, chips: Sequence[Tally], groups: Groups | None = None
) -> list[Figure]:
    """Return how many wrong clauses were rightly restored, and how many of the texts' are left.

    What nothing can be said of, as where nothing was refilled, is left out.
    """
    measures = {
        "restored of the wrong clauses found": lambda t: _restored(t, _SUSPECT),
        "restored of all wrong clauses": lambda t: _restored(t, _ALL),
        "right of all refills kept": lambda t: _share(t[:, _RIGHT].sum(), t[:, _REFILLED].sum()),
        "clauses that are wrong afterwards": _wrong_afterwards,
        **_by_kind("restored of those found wrong in", _RIGHT, _SUSPECT),
    }
    return _figures(data, chips, groups, measures)


def screening_f1(tally: Tally) -> float:
    """Return the harmonic mean of precision and recall of suspicion."""
    found = tally[_WRONG, _SUSPECT].sum()
    return _share(2 * found, tally[:, _SUSPECT].sum() + _wrong(tally))


def _tally(
    text: Text,
    suspects: Collection[Place],
    refilled: Mapping[Place, Sequence[Claim]],
    wrong: Mapping[Place, Corruption],
    known: Findings,
) -> Tally:
    tally = np.zeros((len(KINDS) + 1, 4), dtype=np.int64)
    for k in range(len(text.clauses)):
        place = (text.id, k)
        row = tally[KINDS.index(wrong[place].kind) if place in wrong else _TRUE]
        row[_ALL] += 1
        row[_SUSPECT] += place in suspects
        if place in refilled:
            row[_REFILLED] += 1
            row[_RIGHT] += _is_right(refilled[place], wrong.get(place), known)
    return tally


def _is_right(claims: Sequence[Claim], corruption: Corruption | None, known: Findings) -> bool:
    verdicts = {claim.fact: verdict(claim, known) for claim in claims}
    mended = corruption is None or verdicts[corruption.right.fact] == "true"
    return mended and "false" not in verdicts.values()


def _wrong(tally: Tally) -> int:
    return int(tally[_WRONG, _ALL].sum())


def _precision(tally: Tally) -> float:
    return _share(tally[_WRONG, _SUSPECT].sum(), tally[:, _SUSPECT].sum())


def _recall(tally: Tally) -> float:
    return _share(tally[_WRONG, _SUSPECT].sum(), _wrong(tally))


def _restored(tally: Tally, of: int) -> float:
    return _share(tally[_WRONG, _RIGHT].sum(), tally[_WRONG, of].sum())


def _wrong_afterwards(tally: Tally) -> float:
    """Return the share of wrong clauses among those believed or refilled."""
    believed = tally[:, _ALL] - tally[:, _SUSPECT]
    wrong = believed[_WRONG].sum() + (tally[:, _REFILLED] - tally[:, _RIGHT]).sum()
    return _share(wrong, believed.sum() + tally[:, _REFILLED].sum())


def _by_kind(measure: str, part: int, of: int) -> dict[str, _Measure]:
    return {f"{measure} {kind}": _share_of(k, part, of) for k, kind in enumerate(KINDS)}


def _share_of(row: int, part: int, of: int) -> _Measure:
    return lambda tally: _share(tally[row, part], tally[row, of])


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _figures(
    data: str,
    chips: Sequence[Tally],
    groups: Groups | None,
    measures: Mapping[str, _Measure],
) -> list[Figure]:
    total = np.sum(chips, axis=0)
    known = {name: of for name, of in measures.items() if not math.isnan(of(total))}
    return [_figure(data, name, chips, groups, of) for name, of in known.items()]


def _figure(
    data: str, measure: str, chips: Sequence[Tally], groups: Groups | None, of: _Measure
) -> Figure:
    return figure_of(data, measure, chips, lambda them: of(np.sum(them, axis=0)), groups)
