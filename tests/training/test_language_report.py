"""What a model's language is worth: held-out real chips alone, with and without their place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from support.labelled_images import coast_sources
from support.training import chips, telling_settings, tokeniser

from sargeo.model.knowlip import SarKnowlip
from sargeo_training.crops.samples import Sample, whole_chip
from sargeo_training.data.chip import Chip
from sargeo_training.data.material import Material
from sargeo_training.data.target_text import TargetText
from sargeo_training.engine.networks import new_network
from sargeo_training.engine.validation import retrieval_score
from sargeo_training.evaluation import language_report
from sargeo_training.evaluation.answer_metrics import RIGHT
from sargeo_training.evaluation.gallery import embed_chips
from sargeo_training.evaluation.language_metrics import LanguageReport
from sargeo_training.evaluation.language_report import measure_language
from sargeo_training.settings.config import Config


def held_out(shown: Sequence[Chip], **changes: object) -> list[Chip]:
    update = {"split": "holdout", **changes}
    return [dataclasses.replace(c, record=c.record.model_copy(update=update)) for c in shown]


def network_of(config: Config) -> SarKnowlip:
    torch.manual_seed(0)
    return new_network(config, tokeniser(config)).eval()


def material_of(shown: Sequence[Chip]) -> Material:
    records = {k: chip.record for k, chip in enumerate(shown)}
    return Material(coast_sources(), shown, None, records)


def measure(shown: Sequence[Chip]) -> LanguageReport:
    config = telling_settings()
    return measure_language(network_of(config), config, material_of(shown))


def test_every_way_is_measured_on_held_out_chips_alone() -> None:
    shown = [*chips(4), *held_out(chips(5)), *held_out(chips(3), source="simulated")]
    report = measure(shown)
    ways = [f for f in report.figures if "recall at 10" in f.measure]
    assert {f.data.partition("; gallery")[0] for f in ways} == {
        f"{kind} captions; {told}"
        for kind in ("detailed", "concise")
        for told in ("coordinates", "no coordinates")
    }
    assert {f.images for f in ways} == {5}
    assert all(f.value == 1 for f in ways)  # fewer than ten are to be found


def test_land_cover_by_text_is_scored_for_names_and_other_words() -> None:
    report = measure(held_out(chips(2)))
    for wording in ("names of the legend", "other words"):
        assert report.figure(f"calibrated; {wording}", "mean IoU") is not None


def test_place_is_not_told_where_it_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[set[bool]] = []

    def embed(
        network: SarKnowlip,
        config: Config,
        shown: Sequence[Chip],
        numbers: Sequence[int],
        change: Callable[[Sample], Sample] = lambda sample: sample,
    ) -> np.ndarray:
        told.append({change(whole_chip(shown[k], 64)).lonlat is not None for k in numbers})
        return embed_chips(network, config, shown, numbers, change)

    monkeypatch.setattr(language_report, "embed_chips", embed)
    measure(held_out(chips(2)))
    assert told == [{True}, {False}]


def test_answers_are_marked_where_the_network_learns_to_write() -> None:
    shown = held_out(chips(3))
    figures = [f for f in measure(shown).figures if f.measure == RIGHT]
    assert "all applications" in {f.data.partition(";")[0] for f in figures}
    config = telling_settings()
    stage = config.stages[0]
    losses = {name: weight for name, weight in stage.losses.items() if name != "captioning"}
    silent = config.model_copy(update={"stages": (stage.model_copy(update={"losses": losses}),)})
    report = measure_language(network_of(silent), silent, material_of(shown))
    assert not any(f.measure == RIGHT for f in report.figures)


def test_without_real_chips_there_is_no_retrieval() -> None:
    report = measure(held_out(chips(2), source="simulated"))
    assert not any("recall" in f.measure for f in report.figures)


def test_empty_writings_beside_one_that_tells_change_nothing() -> None:
    empty = TargetText(writer="nobody", clauses=(), concise="", detailed="")
    plain = held_out(chips(12))
    both = [held_out([c], target_texts=(empty, *c.record.target_texts, empty))[0] for c in plain]
    assert measure(both) == measure(plain)
    config = telling_settings()
    scores = [
        retrieval_score(network_of(config), material_of(shown), config, range(12))
        for shown in (plain, both)
    ]
    assert scores[0] == scores[1] < 1
