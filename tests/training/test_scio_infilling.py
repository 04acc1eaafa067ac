"""Refilling, decisions, and rounds that go on where they were broken off."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from support.scio_corpus import OracleScorer, records, texts_of

from sargeo.errors import UsageError
from sargeo_training.data.target_text import Clause
from sargeo_training.scio import infilling
from sargeo_training.scio.corrupt import corrupt
from sargeo_training.scio.decisions import infilled_of, read_decisions, write_page
from sargeo_training.scio.infilling import (
    Infilling,
    differing,
    infill,
    kept_claims,
    repaired,
    without_flagged,
)
from sargeo_training.scio.measures import infilling_figures, tallies
from sargeo_training.scio.rounds import Rounds, read_texts, review
from sargeo_training.scio.texts import Text, domains
from sargeo_training.scio.thresholds import Thresholds

RECORDS = records(45, seed=2)
NOISY, TRUTH = corrupt(texts_of(RECORDS), RECORDS)
WRONG = frozenset(TRUTH.by_place())
CALIBRATION = TRUTH.reveal([text.id for text in NOISY[:15]])


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> OracleScorer:
    scorer = OracleScorer(list(RECORDS.values()), NOISY)
    monkeypatch.setattr(infilling, "phrase", scorer.phrase)
    return scorer


def test_who_knows_everything_restores_nearly_everything(oracle: OracleScorer) -> None:
    """Nearly: a clause may become true in another way than it was."""
    refills = infill(oracle, NOISY, WRONG, domains(NOISY))
    chips = tallies(NOISY, WRONG, kept_claims(refills), RECORDS, TRUTH)
    found = {f.measure: f.value for f in infilling_figures("made up", chips)}
    assert found["restored of the wrong clauses found"] > 0.9
    assert found["right of all refills kept"] > 0.9
    assert found["clauses that are wrong afterwards"] < 0.02
    assert found["restored of those found wrong in place"] > 0.9


def test_who_knows_nothing_restores_little(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = OracleScorer(list(RECORDS.values()), NOISY, noise=1e6)
    monkeypatch.setattr(infilling, "phrase", scorer.phrase)
    refills = infill(scorer, NOISY, WRONG, domains(NOISY))
    chips = tallies(NOISY, WRONG, kept_claims(refills), RECORDS, TRUTH)
    found = {f.measure: f.value for f in infilling_figures("made up", chips)}
    assert found["restored of the wrong clauses found"] < 0.4


def test_a_refill_changes_one_value_and_is_kept_if_both_scores_rise(oracle: OracleScorer) -> None:
    texts = {text.id: text for text in NOISY}
    refills = infill(oracle, NOISY, WRONG, domains(NOISY))
    assert {r.place for r in refills} == WRONG
    for one in refills:
        chip, k = one.place
        before = texts[chip].clauses[k]
        assert len(set(before.claims) - set(one.clause.claims)) == 1
        assert {c.fact for c in before.claims} == {c.fact for c in one.clause.claims}
        assert one.clause.evidence == before.evidence
        rises = (one.contrast[1] > one.contrast[0], one.matching[1] > one.matching[0])
        assert one.kept == all(rises)


@pytest.mark.parametrize(
    ("contrast", "matching", "kept"),
    [((0, 1), (0, 1), True), ((0, 1), (1, 0), False), ((1, 0), (0, 1), False)],
)
def test_one_score_is_not_enough(
    contrast: tuple[float, float], matching: tuple[float, float], kept: bool
) -> None:
    text = NOISY[0]
    one = Infilling((text.id, 1), text.clauses[0], contrast, matching)
    assert one.kept == kept
    (after,) = repaired([text], {(text.id, 1)}, [one])
    assert len(after.clauses) == len(text.clauses) - (not kept)
    assert (after.clauses[1] == text.clauses[0]) == kept


def test_suspects_are_left_out_and_empty_texts_too() -> None:
    text = NOISY[0]
    everything = {(text.id, k) for k in range(len(text.clauses))}
    (left,) = without_flagged([text, NOISY[1]], everything)
    assert left == NOISY[1]


def test_other_suspects_do_not_speak_while_one_is_refilled(
    oracle: OracleScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, str]] = []

    def likelihood(images: list[int], texts: list[str], _spans: object) -> np.ndarray:
        asked.extend(zip(images, texts, strict=True))
        return np.zeros(len(texts))

    monkeypatch.setattr(oracle, "likelihood", likelihood)
    infill(oracle, NOISY, WRONG, domains(NOISY))
    assert asked
    left = {
        text.image: len(text.clauses) - sum(chip == text.id for chip, _ in WRONG) for text in NOISY
    }
    for image, text in asked:
        assert len(re.findall(r"\.(?= |$)", text)) == left[image] + 1


def test_a_refill_is_judged_by_itself(oracle: OracleScorer) -> None:
    for one in infill(oracle, NOISY, WRONG, domains(NOISY)):
        assert one.contrast[0] == -1
        assert one.contrast[1] in (-1, 1)


def test_values_come_from_the_texts() -> None:
    values = domains(NOISY)
    assert set(values["landcover.main"]) <= {
        *("trees", "low vegetation", "built-up", "bare", "open water")
    }
    counts = [
        sum(c.value == v for t in NOISY for clause in t.clauses for c in clause.claims
            if c.fact == "objects.count:ship")
        for v in values["objects.count:ship"]
    ]  # fmt: skip
    assert counts == sorted(counts, reverse=True)
    assert min(counts) > 0


def test_keywords_are_found_in_the_caption() -> None:
    for text in NOISY[:10]:
        whole = text.caption()
        for k, clause in enumerate(text.clauses):
            said = {whole[a:b].lower() for a, b in text.keyword_spans(k)}
            assert said == {word.lower() for word in clause.keywords}
            assert all(a >= text.start_of(k) for a, _ in text.keyword_spans(k))


@pytest.mark.parametrize(
    ("texts", "parts"),
    [
        (["Trees lead.", "Open water leads."], ["Trees lead.", "Open water leads."]),
        (["One counts 2 ships here.", "One counts no ships here."], ["2", "no"]),
        (["There is 1 ship.", "There are 20 ships."], ["is 1 ship.", "are 20 ships."]),
        (["It is long.", "It is long."], ["long.", "long."]),
        (["Most is built up land.", "Most is land."], ["built up land.", "land."]),
    ],
)
def test_what_hangs_on_the_value_is_masked(texts: list[str], parts: list[str]) -> None:
    """Verbs that agree with a count would give it away."""
    spans = differing(texts)
    assert [text[a:b] for text, (a, b) in zip(texts, spans, strict=True)] == parts


class Trainer:
    """Returns the oracle, notes what it was trained on, and breaks off when told to."""

    def __init__(self, oracle: OracleScorer, break_at: str = "") -> None:
        self.oracle, self.break_at = oracle, break_at
        self.runs: list[tuple[str, int, str | None]] = []
        self.loaded: list[str] = []

    def train(self, texts: Sequence[Text], folder: Path, start: Path | None) -> OracleScorer:
        name = "/".join(folder.parts[-2:])
        if self.break_at and name.endswith(self.break_at):
            raise KeyboardInterrupt
        clauses = sum(len(text.clauses) for text in texts)
        self.runs.append((name, clauses, start.name if start else None))
        return self.oracle

    def scorer(self, stage: Path) -> OracleScorer:
        self.loaded.append("/".join(stage.parts[-2:]))
        return self.oracle


def rounds(trainer: Trainer, folder: Path) -> Rounds:
    return Rounds(texts=NOISY, calibration=CALIBRATION, trainer=trainer, folder=folder / "run")


@pytest.mark.slow
def test_rounds_train_on_ever_better_texts(oracle: OracleScorer, tmp_path: Path) -> None:
    trainer = Trainer(oracle)
    assert rounds(trainer, tmp_path).run(2) is oracle
    names, clauses, starts = zip(*trainer.runs, strict=True)
    assert names == (
        "run/joint",
        "round-1/screening",
        "round-1/reconstruction",
        "round-2/screening",
        "round-2/reconstruction",
    )
    assert starts == (None, "joint", "screening", "reconstruction", "screening")
    said = sum(len(text.clauses) for text in NOISY)
    assert clauses[0] == said
    assert clauses[1] == clauses[3] == said - len(WRONG)
    assert clauses[1] < clauses[2] <= said
    mended = read_texts(tmp_path / "run" / "round-1" / "reconstruction")
    assert {text.id for text in mended} == {text.id for text in NOISY}


def test_a_broken_run_goes_on_without_deciding_again(oracle: OracleScorer, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        rounds(Trainer(oracle, break_at="reconstruction"), tmp_path).run(1)
    stages = tmp_path / "run" / "round-1"
    decided = (stages / "reconstruction" / "texts.jsonl").read_bytes()
    before = oracle.calls
    trainer = Trainer(oracle)
    rounds(trainer, tmp_path).run(1)
    assert oracle.calls == before
    assert (stages / "reconstruction" / "texts.jsonl").read_bytes() == decided
    assert [name for name, *_ in trainer.runs][-1] == "round-1/reconstruction"


def test_true_texts_come_back_once_thresholds_are_chosen(
    oracle: OracleScorer, tmp_path: Path
) -> None:
    known = {text.id: text for text in texts_of(RECORDS) if text.id in CALIBRATION.ids}
    replace(rounds(Trainer(oracle), tmp_path), true=known).run(1)
    for stage in ("screening", "reconstruction"):
        learnt = {text.id: text for text in read_texts(tmp_path / "run" / "round-1" / stage)}
        assert {name: learnt[name] for name in known} == known
        assert len(learnt) == len(NOISY)


def test_other_texts_are_judged_as_a_round_did(oracle: OracleScorer, tmp_path: Path) -> None:
    trainer = Trainer(oracle)
    own = rounds(trainer, tmp_path)
    own.run(1)
    trained = list(trainer.runs)
    stages = tmp_path / "run" / "round-1"
    decided = read_decisions(stages / "reconstruction" / "decisions.parquet")
    some = NOISY[5:15]
    assert own.denoise(1, some) == [d for d in decided if d.id in {text.id for text in some}]
    assert trainer.loaded == ["run/joint", "round-1/screening"]
    assert trainer.runs == trained


def test_every_decision_can_be_looked_at(oracle: OracleScorer, tmp_path: Path) -> None:
    rounds(Trainer(oracle), tmp_path).run(1)
    stage = tmp_path / "run" / "round-1" / "reconstruction"
    decisions = read_decisions(stage / "decisions.parquet")
    assert len(decisions) == sum(len(text.clauses) for text in NOISY)
    assert pq.read_schema(stage / "decisions.parquet").field("contrast_rise").type == "double"
    assert {(d.id, d.clause) for d in decisions if d.suspect} == WRONG
    written = json.loads((stage.parent / "screening" / "thresholds.json").read_bytes())
    assert set(written) == {"left out", "alone"}
    chosen = Thresholds.model_validate(written["left out"])
    assert chosen.f1 == 1
    for d in decisions:
        assert (d.refill is not None) == d.suspect
        least, rises = chosen.of(d.group), (d.contrast_rise, d.matching_rise)
        if least is not None:
            assert (d.contrast_threshold, d.matching_threshold) == least
        above = [low is None or rise > low for rise, low in zip(rises, least or (), strict=False)]
        assert d.suspect == (least is not None and all(above))
        assert d.outcome in ({"refilled", "left out"} if d.suspect else {"believed"})
    told = {text.id: text for text in read_texts(stage)}
    for (chip, _), claims in infilled_of(decisions).items():
        assert claims in [clause.claims for clause in told[chip].clauses]
    lines = review(tmp_path / "run")
    refilled = sum(d.outcome == "refilled" for d in decisions)
    assert lines[0].startswith(f"Round 1: {len(WRONG)} of {len(decisions)} clauses are suspect; ")
    assert f" {refilled} of them were refilled" in lines[0]
    page = (tmp_path / "run" / "decisions.html").read_text(encoding="utf-8")
    assert str(tmp_path / "run" / "decisions.html") in lines[1]
    changed = next(d for d in decisions if d.outcome == "refilled")
    assert f"<del>{changed.text}</del>" in page
    assert f"<ins>{changed.refill}</ins>" in page


def test_a_run_without_decisions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no decisions"):
        review(tmp_path)


def test_a_round_that_has_only_screened_can_be_reviewed(
    oracle: OracleScorer, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        rounds(Trainer(oracle, break_at="round-1/screening"), tmp_path).run(1)
    assert " 0 of them were refilled" in review(tmp_path / "run")[0]


def test_what_no_sentence_words_is_left_out(oracle: OracleScorer) -> None:
    """A language model may claim together what the grounded writer never does."""
    strange = Clause(
        scope="land",
        field="Water",
        level="geoscience",
        text="Ships, ships, ships.",
        claims=tuple(c for text in NOISY[:3] for c in text.clauses[0].claims),
        keywords=(),
    )
    (text,) = texts_of(dict(list(RECORDS.items())[:1]))
    texts = [text.with_clause(0, strange)]
    assert infill(oracle, texts, {(text.id, 0)}, domains(NOISY)) == []


def test_the_page_escapes_what_texts_say(oracle: OracleScorer, tmp_path: Path) -> None:
    rounds(Trainer(oracle), tmp_path).run(1)
    stage = tmp_path / "run" / "round-1" / "screening"
    (first, *_) = [d for d in read_decisions(stage / "decisions.parquet") if d.suspect]
    object.__setattr__(first, "text", "<script>alert(1)</script>")
    write_page([first], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
