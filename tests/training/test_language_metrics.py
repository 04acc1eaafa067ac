"""Retrieval and land cover by text, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.labelled_images import coast, coast_sources

from sargeo.legend import LAND_COVER, OPEN_WATER
from sargeo.model.spec import Figure
from sargeo_training.crops.samples import Sample
from sargeo_training.evaluation.language_metrics import (
    LanguageReport,
    class_vectors,
    landcover_figures,
    retrieval_figures,
    score_by_text,
    write_language_report,
)
from sargeo_training.images import UNKNOWN, Source

WAYS = ("image to text", "text to image")


def recalls(images: np.ndarray, captions: np.ndarray, texts: list[str]) -> dict[str, float]:
    return {f.measure: f.value for f in figures_of(images, captions, texts)}


def figures_of(
    images: np.ndarray, captions: np.ndarray, texts: list[str], groups: np.ndarray | None = None
) -> list[Figure]:
    """Return figures over groups of chips; by default each chip is one."""
    if groups is None:
        groups = np.arange(len(texts))
    vectors = images.astype(np.float32), captions.astype(np.float32)
    return retrieval_figures("some chips", *vectors, texts, groups)


def test_what_fits_is_found_first() -> None:
    unit = np.eye(20)
    assert set(recalls(unit, unit, [str(k) for k in range(20)]).values()) == {1.0}


def test_a_constant_finds_nothing() -> None:
    """Ties count against the right answer."""
    same = np.ones((20, 4)) / 2
    assert set(recalls(same, same, [str(k) for k in range(20)]).values()) == {0.0}


def test_noise_finds_what_chance_does() -> None:
    rng = np.random.default_rng(3)
    images, captions = rng.standard_normal((2, 400, 16))
    found = recalls(images, captions, [str(k) for k in range(400)])
    for way in WAYS:
        assert found[f"{way}: recall at 10"] == pytest.approx(10 / 400, abs=0.025)


def test_rank_counts_the_wrong_ones_before() -> None:
    """Every image lies nearest to the next caption, and second nearest to its own."""
    n = 12
    images = np.eye(n) * 0.8 + np.roll(np.eye(n), 1, axis=1)
    found = recalls(images, np.eye(n), [str(k) for k in range(n)])
    for way in WAYS:
        assert found[f"{way}: recall at 1"] == 0
        assert found[f"{way}: recall at 5"] == 1


def test_equal_captions_count_as_one() -> None:
    """Three chips share a caption; each of them finds it, and it finds any of them."""
    texts = ["sea", "sea", "sea", "town"]
    captions = np.array([[1, 0], [1, 0], [1, 0], [0, 1]])
    images = np.array([[1, 0.1], [0.1, 1], [1, 0.2], [0.3, 1]])
    figures = figures_of(images, captions, texts)
    by_measure = {f.measure: f for f in figures}
    first, second = (by_measure[f"{way}: recall at 1"] for way in WAYS)
    assert first.value == pytest.approx(3 / 4)
    assert second.value == pytest.approx(1 / 2)  # "town" is nearest to the second chip of the sea
    assert "gallery of 2 captions" in first.data
    assert "gallery of 4 images" in second.data
    assert first.low is not None


def test_chips_of_one_ground_count_as_one_draw() -> None:
    """Each area is found as a whole or not at all: four chips tell no more than one."""
    rng = np.random.default_rng(0)
    found = rng.permutation(np.repeat([True, False], 40))
    whole = np.repeat(found, 4)
    captions = np.eye(320)
    images = np.where(whole[:, None], captions, np.roll(captions, 1, axis=1))
    texts = [str(k) for k in range(320)]
    alone = figures_of(images, captions, texts)[0]
    together = figures_of(images, captions, texts, np.repeat(np.arange(80), 4))[0]
    assert (alone.value, alone.images) == (together.value, together.images) == (0.5, 320)
    # By the binomial of 320 chips, and of 80 areas.
    assert alone.high - alone.low == pytest.approx(2 * 1.96 * 0.5 / 320**0.5, rel=0.1)
    assert together.high - together.low == pytest.approx(2 * 1.96 * 0.5 / 80**0.5, rel=0.1)


def test_texts_of_a_class_are_averaged() -> None:
    axis = {c.name: k for k, c in enumerate(LAND_COVER)}

    def embed(texts: list[str]) -> np.ndarray:
        return np.stack([np.eye(6)[axis[t.removesuffix("!")]] for t in texts]).astype(np.float32)

    vectors = class_vectors(embed, {c.name: (c.name, f"{c.name}!") for c in LAND_COVER})
    np.testing.assert_allclose(vectors, np.eye(6)[:5])


def test_cells_that_hold_their_class_are_mapped_rightly() -> None:
    def told(sample: Sample) -> np.ndarray:
        codes = sample.labels[2::4, 2::4]
        return np.stack([codes == c.code for c in LAND_COVER]).astype(np.float32)

    vectors = np.eye(5, dtype=np.float32)
    tiles = score_by_text(told, vectors, coast_sources(), "holdout", scale=10)
    figures = {(f.data, f.measure): f.value for f in landcover_figures(tiles)}
    assert figures["calibrated", "mean IoU"] == 1
    assert figures["picture", f"IoU of {OPEN_WATER.name}"] == 1
    assert not any("ships" in measure for _, measure in figures)


def test_unlabelled_sheets_are_not_embedded() -> None:
    image = coast(split="holdout", labels=np.full((128, 128), UNKNOWN, dtype=np.uint8))

    def never(_: Sample) -> np.ndarray:
        raise AssertionError("nothing is to be scored here")

    source = Source("bare", 1.0, (image,), "none")
    assert score_by_text(never, np.eye(5, dtype=np.float32), [source], "holdout") == []


def test_report_is_data_and_a_page(tmp_path: Path) -> None:
    figures = figures_of(np.eye(6), np.eye(6), list("abcdef"))
    report = LanguageReport(name="tiny", figures=tuple(figures))
    write_language_report(report, tmp_path)
    page = (tmp_path / "language.md").read_text(encoding="utf-8")
    assert "| some chips; gallery of 6 captions | image to text: recall at 1 | 6 | 1.00 |" in page
    assert "Land cover" not in page
    loaded = json.loads((tmp_path / "language.json").read_text(encoding="utf-8"))
    assert LanguageReport.model_validate(loaded) == report
