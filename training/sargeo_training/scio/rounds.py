"""Rounds of screening and reconstruction, each beginning where the last good file was written.

    joint                  train on the texts as they are
    round-1/screening      leave suspect clauses out, train on
    round-1/reconstruction fill them anew and put back what fits, train on
    round-2/screening      ...

Every round judges the first texts anew: what an early, weak model suspected may come back, and no
error is built on an earlier one. The folder of a stage holds ``decisions.parquet``,
``decisions.html``, after screening ``thresholds.json``, and ``texts.jsonl``, which is written last
and whole: where it is, the stage was decided and only its training goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter

from sargeo.products.files import write_text
from sargeo_training.scio.decisions import (
    Decision,
    decide,
    read_decisions,
    suspects_of,
    with_refills,
    write_decisions,
    write_page,
)
from sargeo_training.scio.refill import refill, repaired, without_suspects
from sargeo_training.scio.scorer import Scorer
from sargeo_training.scio.screen import Screener, leave_out
from sargeo_training.scio.texts import Text, domains
from sargeo_training.scio.thresholds import Calibration, choose

_TEXT = TypeAdapter(Text)
_TEXTS = "texts.jsonl"


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
    screener : callable
        How clauses are judged.
    seed : int
        Of the wording of refills.
    """

    texts: Sequence[Text]
    calibration: Calibration
    trainer: Trainer
    folder: Path
    screener: Screener = leave_out
    seed: int = 0

    def run(self, number: int) -> Scorer:
        """Run so many rounds and return the last model; what is done is not done again."""
        stage = self.folder / "joint"
        scorer = self.trainer.train(self.texts, stage, None)
        for k in range(1, number + 1):
            last, stage = stage, self.folder / f"round-{k}" / "screening"
            if not is_decided(stage):
                self._screen(k, scorer, stage)
            scorer = self.trainer.train(read_texts(stage), stage, last)
            last, stage = stage, self.folder / f"round-{k}" / "reconstruction"
            if not is_decided(stage):
                self._reconstruct(k, scorer, read_decisions(last / "decisions.parquet"), stage)
            scorer = self.trainer.train(read_texts(stage), stage, last)
        return scorer

    def _screen(self, number: int, scorer: Scorer, stage: Path) -> None:
        stage.mkdir(parents=True, exist_ok=True)
        evidence = self.screener(scorer, self.texts)
        thresholds = choose(evidence, self.calibration)
        write_text(stage / "thresholds.json", thresholds.model_dump_json(indent=1) + "\n")
        decisions = decide(number, self.texts, evidence, thresholds)
        texts = without_suspects(self.texts, suspects_of(decisions))
        _write_stage(stage, decisions, texts)

    def _reconstruct(
        self, number: int, scorer: Scorer, decided: Sequence[Decision], stage: Path
    ) -> None:
        stage.mkdir(parents=True, exist_ok=True)
        suspects = suspects_of(decided)
        refills = refill(scorer, self.texts, suspects, domains(self.texts), seed=self.seed + number)
        texts = repaired(self.texts, suspects, refills)
        _write_stage(stage, with_refills(decided, refills), texts)


def is_decided(stage: Path) -> bool:
    """Tell whether the texts of a stage are written."""
    return (stage / _TEXTS).exists()


def read_texts(stage: Path) -> list[Text]:
    """Return the texts that a decided stage trains on."""
    with (stage / _TEXTS).open(encoding="utf-8") as lines:
        return [_TEXT.validate_json(line) for line in lines]


def _write_stage(stage: Path, decisions: Sequence[Decision], texts: Sequence[Text]) -> None:
    write_decisions(decisions, stage / "decisions.parquet")
    write_page(decisions, stage / "decisions.html")
    write_text(stage / _TEXTS, "".join(f"{_TEXT.dump_json(text).decode()}\n" for text in texts))
