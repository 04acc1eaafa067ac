"""Augmentation moves labels and ships with the pixels, and leaves backscatter plausible."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from support.labelled_images import CALIBRATED, PICTURE, SHIPS, coast

from sargeo.geo.grid import Block
from sargeo_training.crops.augmentation import (
    RADIOMETRIC_AUGMENTATIONS,
    add_speckle,
    augment,
    augmentations,
    change_gain,
    cut_border,
    dihedral_flip,
    drop_bands,
    drop_calibration,
    drop_metadata,
    random_coordinates,
    stretch_tiles,
)
from sargeo_training.crops.samples import Sample, cut, cut_scaled, resize
from sargeo_training.settings.config import MetadataDropout

SEEDS = range(12)


def marked(size: int = 128) -> Sample:
    """Return a sample whose power encodes its labels, with ships' centres as brightest pixels."""
    image = coast(size=size)
    power = image.labels.astype(np.float32)[None].repeat(2, axis=0)
    for row, col, *_ in SHIPS:
        power[:, int(row), int(col)] = 1000.0
    return dataclasses.replace(cut(image, Block(0, 0, size, size)), power=power)


def bright_pixels(sample: Sample) -> set[tuple[int, int]]:
    return {(int(r), int(c)) for r, c in np.argwhere(sample.power[0] == 1000.0)}


def ship_pixels(sample: Sample) -> set[tuple[int, int]]:
    # Turning maps a coordinate on a pixel's lower edge to the edge of its neighbour.
    return {(int(r), int(c)) for r, c in sample.ships[:, :2]}


@pytest.mark.parametrize("seed", SEEDS)
def test_turning_keeps_labels_and_ships_on_their_pixels(seed: int) -> None:
    shifted = dataclasses.replace(marked(), ships=SHIPS + np.float32([0.25, 0.25, 0, 0, 0]))
    turned = dihedral_flip(shifted, np.random.default_rng(seed))
    assert ship_pixels(turned) == bright_pixels(turned)
    plain = turned.power[0] != 1000.0
    assert (turned.power[0][plain] == turned.labels[plain]).all()


def test_turning_swaps_spacing_and_box_together() -> None:
    turned = [dihedral_flip(marked(), np.random.default_rng(seed)) for seed in SEEDS]
    swapped = {t.gsd_m == (8.0, 10.0) for t in turned}
    assert swapped == {False, True}
    for t in turned:
        height, width = t.ships[0, 2:4]
        assert (height > width) == (t.gsd_m == (8.0, 10.0))


def test_turning_leaves_the_original_alone() -> None:
    sample = marked()
    before = sample.ships.copy()
    for seed in SEEDS:
        dihedral_flip(sample, np.random.default_rng(seed))
    assert (sample.ships == before).all()


@pytest.mark.parametrize("size", [64, 96, 192])
def test_resizing_scales_ships_spacing_and_labels(size: int) -> None:
    sample = resize(cut(coast(), Block(0, 0, 128, 128)), size)
    factor = size / 128
    assert sample.ships == pytest.approx(SHIPS * factor)
    assert sample.gsd_m == pytest.approx((10.0 / factor, 8.0 / factor))
    assert sample.labels.shape == sample.power.shape[1:] == (size, size)
    assert (sample.labels[: size // 2] == sample.labels[0, 0]).all()
    assert (sample.labels[size // 2 :] == sample.labels[-1, 0]).all()


def test_crop_beyond_the_edges_holds_nothing_there() -> None:
    sample = cut(coast(), Block(-10, -20, 64, 64))
    assert not sample.valid[:10].any()
    assert not sample.searched[:, :20].any()
    assert (sample.labels[:10] == 0).all()
    assert sample.valid[10:, 20:].all()
    assert sample.ships[0, :2] == pytest.approx(SHIPS[0, :2] + [10, 20])


def test_crop_that_misses_the_sheet_is_refused() -> None:
    with pytest.raises(ValueError, match="misses"):
        cut(coast(), Block(500, 500, 64, 64))


def test_calibrated_gain_is_small_and_uncalibrated_gain_is_not() -> None:
    def spread_db(bands: tuple) -> float:
        sample = cut(coast(bands=bands), Block(0, 0, 128, 128))
        gains = [
            np.median(change_gain(sample, np.random.default_rng(s)).power[0])
            / np.median(sample.power[0])
            for s in range(60)
        ]
        return float(np.std(10 * np.log10(gains)))

    assert spread_db(CALIBRATED) < 1 < spread_db(PICTURE)


def test_forgetting_calibration_gives_an_8_bit_picture() -> None:
    sample = cut(coast(), Block(0, 0, 128, 128))
    forgotten = [drop_calibration(sample, np.random.default_rng(s)) for s in range(40)]
    pictures = [f for f in forgotten if not f.calibrated]
    assert 0 < len(pictures) < 20
    for picture in pictures:
        grey = np.sqrt(picture.power)
        assert grey.max() <= 255
        assert grey == pytest.approx(np.round(grey), abs=1e-3)
        middle = np.percentile(grey[0], (25, 75)).mean()
        assert picture.references[0] == pytest.approx(middle, rel=0.2)


def test_tiles_are_stretched_in_pictures_only() -> None:
    sample = cut(coast(), Block(0, 0, 128, 128))
    assert all(stretch_tiles(sample, np.random.default_rng(s)) is sample for s in range(20))
    picture = cut(coast(bands=PICTURE), Block(0, 0, 128, 128))
    before = picture.power.copy()
    stretched = [stretch_tiles(picture, np.random.default_rng(s)) for s in range(20)]
    assert (picture.power == before).all()
    changed = [s for s in stretched if (s.power != before).any()]
    assert changed
    for s in changed:
        assert (s.power >= 0).all()
        assert s.power[:, :, 0] == pytest.approx(before[:, :, 0], rel=1e-5)


def test_at_least_one_band_is_kept_with_its_own_power() -> None:
    sample = cut(coast(), Block(0, 0, 128, 128))
    seen = set()
    for seed in range(40):
        kept = drop_bands(sample, np.random.default_rng(seed))
        seen.add(tuple(b.polarisation for b in kept.bands))
        for band, reference, power in zip(kept.bands, kept.references, kept.power, strict=True):
            i = sample.bands.index(band)
            assert reference == sample.references[i]
            assert (power == sample.power[i]).all()
    assert seen == {("VV",), ("VH",)}


def test_border_only_takes_away() -> None:
    sample = cut(coast(), Block(0, 0, 128, 128))
    shares = [cut_border(sample, np.random.default_rng(s)).valid.mean() for s in range(60)]
    assert 0.2 < min(shares) < 1 == max(shares)


def test_places_are_on_earth_or_unknown() -> None:
    places = [random_coordinates(marked(), np.random.default_rng(s)).lonlat for s in range(40)]
    known = [p for p in places if p is not None]
    assert 0 < len(known) < 40
    assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in known)


@pytest.mark.parametrize("bands", [CALIBRATED, PICTURE])
def test_everything_together_is_finite_and_repeatable(bands: tuple) -> None:
    def draw(seed: int) -> Sample:
        rng = np.random.default_rng(seed)
        return augment(cut_scaled(coast(bands=bands), (64, 64), 96, rng), rng, augmentations())

    for seed in SEEDS:
        sample = draw(seed)
        assert np.isfinite(sample.power).all()
        assert (sample.power >= 0).all()
        assert sample.power.shape[1:] == sample.labels.shape == (96, 96)
        assert (draw(seed).power == sample.power).all()


def test_what_is_forgotten_and_what_is_kept() -> None:
    sample = dataclasses.replace(
        marked(), gsd_m=(10.0, 10.0), incidence_deg=35.0, lonlat=(8.0, 47.0), sensor="Sentinel-1"
    )
    rng = np.random.default_rng(0)
    everything = drop_metadata(
        MetadataDropout(polarisation=1, gsd=1, incidence=1, place=1, sensor=1), sample, rng
    )
    assert (everything.gsd_m, everything.incidence_deg, everything.lonlat, everything.sensor) == (
        (None,) * 4
    )
    assert len(everything.bands) < len(sample.bands)
    nothing = drop_metadata(
        MetadataDropout(polarisation=0, gsd=0, incidence=0, place=0, sensor=0), sample, rng
    )
    assert nothing == sample
    places = [drop_metadata(MetadataDropout(), sample, rng).lonlat for _ in range(200)]
    assert 70 < places.count(None) < 130


def test_radiometric_augmentations_move_no_pixel() -> None:
    sample = marked()
    for seed in range(20):
        after = augment(sample, np.random.default_rng(seed), RADIOMETRIC_AUGMENTATIONS)
        assert np.array_equal(after.labels, sample.labels)
        assert np.array_equal(after.valid, sample.valid)
        assert np.array_equal(after.ships, sample.ships)


def test_speckle_leaves_the_mean_power_as_it_was() -> None:
    sample = cut(coast(bands=CALIBRATED), Block(0, 0, 64, 64))
    power = np.full((1, 400, 400), 0.02, dtype=np.float32)
    even = dataclasses.replace(sample, power=power)
    drawn = [add_speckle(even, np.random.default_rng(seed)) for seed in range(40)]
    speckled = [s.power / 0.02 for s in drawn if s.power is not power]
    assert len(speckled) >= 5
    for field in speckled:
        assert float(field.mean()) == pytest.approx(1, abs=0.01)  # 3 looks: 0.6 / 400 is one sigma
        assert 3 * 0.95 < 1 / float(field.var()) < 30 * 1.05
