"""The report says what was measured, on how much, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tiles import tile

from sargeo_training.evaluation.report import (
    Report,
    as_markdown,
    headlines,
    make_report,
    write_report,
)

BOX = (10, 10, 8, 8, 8)


def tiles() -> list:
    right = [
        tile(said=[0, 4], true=[0, 4], ships=[BOX], found=[(*BOX, 0.6)], place="offshore", km2=1)
        for _ in range(3)
    ]
    land = tile(ships=[], found=[(*BOX, 0.9), (60, 60, 8, 8, 8, 0.2)], place="land", km2=100.0)
    return [*right, land]


def test_figures_by_hand() -> None:
    report = make_report("r", tiles(), 1.0, 0.5)
    expected = {
        ("s", "mean IoU"): (3, 1.0),
        ("s", "ships: precision"): (4, 0.75),
        ("s, offshore", "ships: precision"): (3, 1.0),
        ("s, 3 ships 0 to 16 px", "ships: AP50"): (4, 0.75),
        ("s, 100 km² of land", "false ships per 1,000 km²"): (1, 10.0),
    }
    for (data, measure), (images, value) in expected.items():
        figure = report.figure(data, measure)
        assert figure is not None, (data, measure)
        assert figure.images == images
        assert figure.value == pytest.approx(value)
    false_ships = report.figure("s, 100 km² of land", "false ships per 1,000 km²")
    assert false_ships is not None
    assert (false_ships.low, false_ships.high) == pytest.approx((0.253, 55.7), rel=1e-2)


def test_simulated_scenes_stand_apart() -> None:
    real, made = tile(said=[0, 4], true=[0, 4]), tile(said=[0, 0], true=[0, 4], source="simulated")
    report = make_report("r", [real, made], 1.0, 0.5)
    assert {f.data for f in report.figures} == {"s"}
    assert {f.data for f in report.synthetic} == {"simulated"}
    page = as_markdown(report)
    assert page.index("| s |") < page.index("Synthetic") < page.index("| simulated |")


def test_one_image_has_no_interval() -> None:
    figure = make_report("r", [tile(said=[0, 4], true=[0, 4])], 1.0, 0.5).figure("s", "mean IoU")
    assert figure is not None
    assert (figure.images, figure.low, figure.high) == (1, None, None)


def test_without_detections_there_is_no_precision() -> None:
    report = make_report("r", [tile(ships=[BOX], found=[]) for _ in range(3)], 1.0, 0.5)
    assert report.figure("s", "ships: precision") is None
    recall = report.figure("s", "ships: recall")
    assert recall is not None
    assert (recall.value, recall.low, recall.high) == (0, 0, 0)


def test_draws_without_ships_say_nothing_of_recall() -> None:
    """Of three images among six with ships, every 64th draw holds none."""
    seen, empty = tile(ships=[BOX], found=[(*BOX, 0.6)]), tile(ships=[], found=[])
    recall = make_report("r", [seen, empty] * 3, 1.0, 0.5).figure("s", "ships: recall")
    assert recall is not None
    assert (recall.value, recall.low, recall.high) == (1, 1, 1)
    few = make_report("r", [seen, seen, empty, empty], 1.0, 0.5).figure("s", "ships: recall")
    assert few is not None
    assert (few.value, few.low, few.high) == (1, None, None)


def test_headlines_are_few_and_not_of_parts() -> None:
    data = {f.data for f in headlines(make_report("r", tiles(), 1.0, 0.5))}
    assert data == {"s", "s, 100 km² of land"}


def test_report_comes_back_from_its_file(tmp_path: Path) -> None:
    report = make_report("r", tiles(), 1.0, 0.5)
    write_report(report, tmp_path)
    assert Report.model_validate_json((tmp_path / "report.json").read_bytes()) == report
