"""Plain methods learn made-up images, find boxes on water, and fill the same table as the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.labelled_images import CALIBRATED, PICTURE, SHIPS, coast

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import Block
from sargeo.legend import LAND_COVER, LAND_COVER_CODES, LOW_VEGETATION, TREES
from sargeo.model.spec import Figure
from sargeo_training.crops.samples import Sample, cut
from sargeo_training.crops.targets import PARTIAL_NOT_WATER, WATER_INDEX
from sargeo_training.evaluation.ablation import ablation_table, read_reports, write_ablations
from sargeo_training.evaluation.baselines.cfar import find_ships
from sargeo_training.evaluation.baselines.classifiers import Thresholds
from sargeo_training.evaluation.baselines.features import (
    CALIBRATED as CALIBRATED_COLUMN,
)
from sargeo_training.evaluation.baselines.features import (
    SMOOTHED,
    local_statistics,
    training_cells,
)
from sargeo_training.evaluation.baselines.score import (
    baseline_report,
    fit_baselines,
    score_baseline,
)
from sargeo_training.evaluation.report import Report, write_report
from sargeo_training.images import NOT_WATER, Source

LOW_VEGETATION_INDEX = LAND_COVER_CODES.index(LOW_VEGETATION.code)


def sources(**changes: Any) -> tuple[Source, ...]:
    return tuple(
        Source(
            name,
            weight,
            tuple(
                coast(split, split=split, bands=bands, **changes)
                for split in ("train", "validation", "holdout")
            ),
            "none",
        )
        for name, weight, bands in (("calibrated", 1.0, CALIBRATED), ("picture", 3.0, PICTURE))
    )


def sample(**changes: Any) -> Sample:
    image = coast(**changes)
    return cut(image, Block(0, 0, *image.shape))


def test_statistics_tell_water_from_land_and_missing_bands_are_nan() -> None:
    like, cross = SMOOTHED
    both, one = local_statistics(sample()), local_statistics(sample(bands=PICTURE))
    assert both.shape == (CALIBRATED_COLUMN + 1, 32, 32)
    assert np.isfinite(both).all()
    assert np.median(both[like, :14]) < np.median(both[like, 18:]) - 1
    assert np.isnan(one[cross]).all()
    assert np.isfinite(one[like]).all()
    assert (both[CALIBRATED_COLUMN] == 1).all()
    assert (one[CALIBRATED_COLUMN] == 0).all()


def test_statistics_leave_out_what_is_not_valid() -> None:
    valid = np.ones((128, 128), dtype=bool)
    valid[:, 64:] = False
    whole = local_statistics(sample(ships=SHIPS[:0]))
    half = local_statistics(sample(ships=SHIPS[:0], valid=valid))
    near, far = half[SMOOTHED[0], :, 15], half[SMOOTHED[0], :, 24]
    assert np.abs(near - whole[SMOOTHED[0], :, 15]).max() < 1.0  # zeros beyond would be darker
    assert np.isnan(far).all()


def test_training_cells_weigh_as_their_source_and_keep_partial_labels() -> None:
    labels = np.full((128, 128), NOT_WATER, dtype=np.uint8)
    cells = training_cells(sources(labels=labels), seed=0)
    calibrated = cells.features[:, CALIBRATED_COLUMN] == 1
    assert cells.weights[calibrated].sum() == pytest.approx(1.0)
    assert cells.weights[~calibrated].sum() == pytest.approx(3.0)
    assert (cells.classes == PARTIAL_NOT_WATER).all()


def test_thresholds_give_probabilities_and_know_dark_water_and_nearest_land() -> None:
    labels = np.full((128, 128), LOW_VEGETATION.code, dtype=np.uint8)
    labels[:64] = coast().labels[0, 0]
    labels[64:96, :] = TREES.code
    values = coast().values.copy()
    values[:, 64:96] *= 20
    image = coast(labels=labels, values=values)
    cells = training_cells([Source("three", 1.0, (image,), "none")], seed=0)
    classify = Thresholds(cells)
    features = local_statistics(sample(labels=labels, values=values))
    answer = classify.probabilities(features.reshape(len(features), -1).T, "three")
    assert answer.shape == (32 * 32, len(LAND_COVER))
    assert answer.sum(axis=1) == pytest.approx(1)
    classes = answer.argmax(axis=1).reshape(32, 32)
    assert (classes[:2] == WATER_INDEX).mean() > 0.95
    assert (classes[18:22] == LAND_COVER_CODES.index(TREES.code)).mean() > 0.95
    assert (classes[26:] == LOW_VEGETATION_INDEX).mean() > 0.95


def test_thresholds_of_an_unknown_source_are_those_of_its_kind() -> None:
    cells = training_cells(sources(), seed=0)
    picture = cells.sources == "picture"
    cells.features[picture] += 5
    known = cells.where(~picture)
    classify = Thresholds(cells)
    own = classify.probabilities(known.features, "calibrated")
    assert (classify.probabilities(known.features, "another") == own).all()
    as_picture = classify.probabilities(known.features, "picture")
    assert (as_picture.argmax(axis=1) == WATER_INDEX).all()


def test_detector_finds_the_boxes_and_ranks_by_peak() -> None:
    sea = np.random.default_rng(0).gamma(4, 1 / 400, (2, 256, 256))
    sea[:, 40:46, 60:72] = 5.0
    sea[:, 200:210, 30:34] = 2.0
    found = find_ships(sample(values=sea.astype(np.float32), size=256), threshold=8.0)
    assert found[:, :5] == pytest.approx(np.array([(43, 66, 6, 12, 12), (205, 32, 10, 4, 10)]))
    assert 1 > found[0, 5] > found[1, 5] > 0.4


def test_detector_finds_nothing_where_nothing_is() -> None:
    flat = np.full((2, 128, 128), 0.1, dtype=np.float32)
    assert find_ships(sample(values=flat), threshold=3.0).shape == (0, 6)


def test_baselines_are_measured_like_the_model(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    data = sources()
    threshold, forest = fit_baselines(data, threads=1)
    reports = [baseline_report(b, data) for b in (threshold, forest)]
    for report in reports:
        figure = report.figure("picture", "mean IoU")
        assert figure is not None
        assert figure.value > 0.9
        write_report(report, tmp_path / report.name)
    assert not any(t.searched for t in score_baseline(forest, data, "holdout"))
    assert reports[0].figure("calibrated", "ships: recall") is not None
    assert reports[1].figure("calibrated", "ships: recall") is None
    assert read_reports([tmp_path / r.name for r in reports]) == reports


def report(name: str, *figures: tuple[str, str, int, float, float | None]) -> Report:
    return Report(
        name=name,
        temperature=1.0,
        min_confidence=0.3,
        figures=tuple(
            Figure(data=d, measure=m, images=n, value=v, low=low, high=low and v + 0.1)
            for d, m, n, v, low in figures
        ),
        synthetic=(),
    )


FULL = report(
    "sargeo-tiny",
    ("los_angeles", "mean IoU", 26, 0.46, 0.4),
    ("terramind", "mean IoU", 1, 0.3, None),
    ("los_angeles, 420 km² of land", "false ships per 1,000 km²", 7, 4.8, 1.0),
)


def test_table_holds_a_column_for_each_report(tmp_path: Path) -> None:
    plain = report("threshold", ("los_angeles", "mean IoU", 26, 0.21, 0.15))
    for each in (FULL, plain):
        write_report(each, tmp_path / each.name)
    write_ablations([tmp_path / "sargeo-tiny", tmp_path / "threshold"], tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    head, _, *rows = (line for line in page.splitlines() if line.startswith("|"))
    assert head == "| data | measure | images | sargeo-tiny | threshold |"
    both = "| los_angeles | mean IoU | 26 | 0.46 (0.40 to 0.56) | 0.21 (0.15 to 0.31) |"
    assert both in rows
    assert "| ssdd | ships: AP50 | – | – | – |" in rows
    assert "| terramind | mean IoU | 1 | 0.30 | – |" in rows
    assert any("| 4.80 (1.00 to 4.90) | – |" in row for row in rows)
    assert {row.count("|") for row in rows} == {head.count("|")}


def test_table_refuses_other_images() -> None:
    other = report("threshold", ("los_angeles", "mean IoU", 13, 0.21, 0.15))
    with pytest.raises(ReferenceDataError, match=r"\[13, 26\]"):
        ablation_table([FULL, other])


def test_missing_and_foreign_reports_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match="no report"):
        read_reports([tmp_path])
    (tmp_path / "report.json").write_text('{"landcover": []}', encoding="utf-8")
    with pytest.raises(ReferenceDataError, match="not a report of this version"):
        read_reports([tmp_path])
