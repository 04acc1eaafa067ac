"""Rounds of screening and reconstruction, each beginning where the last good file was written.

    joint                  train on the texts as they are
    round-1/screening      leave suspect clauses out, train on
    round-1/reconstruction fill them anew and put back what fits, train on
    round-2/screening      ...

Every round judges the first texts anew: what an early, weak model suspected may come back, and no
error is built on an earlier one. The folder of a stage holds ``decisions.parquet``, after
screening ``thresholds.json`` with every way to judge, and ``texts.jsonl``, which is written last
and whole: where it is, the stage was decided and only its training goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter

from sargeo.errors import UsageError
from sargeo.products.files import write_text
from sargeo_training.scio.decisions import (
    Decision,
    decide,
    flagged_of,
    read_decisions,
    summary,
    with_infillings,
    write_decisions,
    write_page,
)
from sargeo_training.scio.infilling import Infilling, infill, repaired, without_flagged
from sargeo_training.scio.scorer import Scorer
from sargeo_training.scio.screen import Place, Screener, alone, leave_out
from sargeo_training.scio.texts import Text, domains
from sargeo_training.scio.thresholds import Calibration, Thresholds, choose

SCREENERS: Mapping[str, Screener] = {"left out": leave_out, "alone": alone}
"""Ways to judge clauses; the first of those that do equally well is taken."""

_TEXT = TypeAdapter(Text)
_THRESHOLDS = TypeAdapter(dict[str, Thresholds])
_TEXTS = "texts.jsonl"
_CHOSEN = "thresholds.json"
DECISIONS = "decisions.parquet"


class Trainer(Protocol):
    """Trains on texts."""

    def train(self, texts: Sequence[Text], folder: Path, start: Path | None) -> Scorer:
        """Train in a folder, or go on there, and return the model.

        Parameters
        ----------
        texts : sequence of Text
        folder : Path
            Of the stage. A run that is finished there is only loaded.
        start : Path or None
            Folder of the stage whose weights to begin with.
        """
        ...

    def scorer(self, stage: Path) -> Scorer:
        """Return the model of a stage that has been trained."""
        ...


@dataclass(frozen=True)
class Rounds:
    """Screening and reconstruction of one set of texts.

    Attributes
    ----------
    texts : sequence of Text
        As they were written.
    calibration : Calibration
    trainer : Trainer
    folder : Path
    screeners : mapping of str to callable
        Ways to judge clauses; the one with the highest F1 on the chips of calibration is taken.
    seed : int
        Of the wording of refills.
    true : mapping of str to Text
        True texts by id, which are learnt once thresholds are chosen, in place of those that were
        made wrong for it. Empty where all errors are to stay, to measure.
    """

    texts: Sequence[Text]
    calibration: Calibration
    trainer: Trainer
    folder: Path
    screeners: Mapping[str, Screener] = field(default_factory=lambda: SCREENERS)
    seed: int = 0
    true: Mapping[str, Text] = field(default_factory=dict)

    def run(self, number: int) -> Scorer:
        """Run so many rounds and return the last model; what is done is not done again."""
        stage = self.folder / "joint"
        scorer = self.trainer.train(self.texts, stage, None)
        for k in range(1, number + 1):
            last, stage = stage, screening_of(self.folder, k)
            if not is_decided(stage):
                self._screen(k, scorer, stage)
            scorer = self.trainer.train(read_texts(stage), stage, last)
            last, stage = stage, reconstruction_of(self.folder, k)
            if not is_decided(stage):
                self._reconstruct(k, scorer, read_decisions(last / DECISIONS), stage)
            scorer = self.trainer.train(read_texts(stage), stage, last)
        return scorer

    def _screen(self, number: int, scorer: Scorer, stage: Path) -> None:
        stage.mkdir(parents=True, exist_ok=True)
        known = [text for text in self.texts if text.id in self.calibration.ids]
        chosen = {
            way: choose(screener(scorer, known), self.calibration)
            for way, screener in self.screeners.items()
        }
        written = _THRESHOLDS.dump_json(chosen, indent=1).decode()
        write_text(stage / _CHOSEN, f"{written}\n")
        decisions = self._judged(number, scorer, self.texts)
        texts = without_flagged(self.texts, flagged_of(decisions))
        _write_stage(stage, decisions, self._learnt(texts))

    def _reconstruct(
        self, number: int, scorer: Scorer, decided: Sequence[Decision], stage: Path
    ) -> None:
        stage.mkdir(parents=True, exist_ok=True)
        suspects = flagged_of(decided)
        refills = self._refills(number, scorer, self.texts, suspects)
        texts = repaired(self.texts, suspects, refills)
        _write_stage(stage, with_infillings(decided, refills), self._learnt(texts))

    def denoise(self, number: int, texts: Sequence[Text]) -> list[Decision]:
        """Judge other texts, and fill them anew, as a round did its own; nothing is trained."""
        judge = reconstruction_of(self.folder, number - 1) if number > 1 else self.folder / "joint"
        decisions = self._judged(number, self.trainer.scorer(judge), texts)
        scorer = self.trainer.scorer(screening_of(self.folder, number))
        return with_infillings(
            decisions, self._refills(number, scorer, texts, flagged_of(decisions))
        )

    def _judged(self, number: int, scorer: Scorer, texts: Sequence[Text]) -> list[Decision]:
        """Judge texts by the thresholds of a round."""
        written = screening_of(self.folder, number) / _CHOSEN
        chosen = _THRESHOLDS.validate_json(written.read_bytes())
        best = max(chosen, key=lambda way: chosen[way].f1)
        return decide(number, texts, self.screeners[best](scorer, texts), chosen[best])

    def _refills(
        self, number: int, scorer: Scorer, texts: Sequence[Text], suspects: AbstractSet[Place]
    ) -> list[Infilling]:
        return infill(scorer, texts, suspects, domains(self.texts), seed=self.seed + number)

    def _learnt(self, texts: Sequence[Text]) -> list[Text]:
        """Return what a stage learns: of chips that thresholds were chosen by, what is true."""
        others = [text for text in texts if text.id not in self.true]
        return [*others, *self.true.values()]


def screening_of(folder: Path, number: int) -> Path:
    """Return the folder of a round's first stage."""
    return folder / f"round-{number}" / "screening"


def reconstruction_of(folder: Path, number: int) -> Path:
    """Return the folder of a round's second stage."""
    return folder / f"round-{number}" / "reconstruction"


def review(folder: Path) -> list[str]:
    """Write ``decisions.html``, a page of the last round's decisions, and sum up every round.

    Parameters
    ----------
    folder : Path
        Of a run, finished or not.

    Returns
    -------
    list of str
        Lines for people.

    Raises
    ------
    UsageError
        If nothing has been decided there.
    """
    decided = [read_decisions(stage / DECISIONS) for stage in _decided(folder)]
    if not decided:
        raise UsageError(
            f"{folder} holds no decisions about texts.",
            "Give the folder of a run of `sargeo train scio` that has screened at least once.",
        )
    page = folder / "decisions.html"
    write_page(decided[-1], page)
    rounds = [f"Round {k}: {summary(decisions)}" for k, decisions in enumerate(decided, 1)]
    return [*rounds, f"{page} shows what the last round suspected."]


def _decided(folder: Path) -> Iterator[Path]:
    """Yield for each round its latest stage that was decided."""
    for number in itertools.count(1):
        stages = (reconstruction_of(folder, number), screening_of(folder, number))
        latest = next(filter(is_decided, stages), None)
        if latest is None:
            return
        yield latest


def is_decided(stage: Path) -> bool:
    """Tell whether the texts of a stage are written."""
    return (stage / _TEXTS).exists()


def read_texts(stage: Path) -> list[Text]:
    """Return the texts that a decided stage trains on."""
    with (stage / _TEXTS).open(encoding="utf-8") as lines:
        return [_TEXT.validate_json(line) for line in lines]


def _write_stage(stage: Path, decisions: Sequence[Decision], texts: Sequence[Text]) -> None:
    write_decisions(decisions, stage / DECISIONS)
    write_text(stage / _TEXTS, "".join(f"{_TEXT.dump_json(text).decode()}\n" for text in texts))
