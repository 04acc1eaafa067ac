"""Near-duplicates are found under a gain, and only on the same ground of the same level."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from sargeo.scene.bands import Band
from sargeo_training.data.chips.config import DuplicateSettings
from sargeo_training.data.chips.duplicates import Fingerprint, find_duplicates
from sargeo_training.images import LabelledPixels

BANDS = (Band("VV", "sigma0", "amplitude"),)
HERE = (10.0, 50.0, 10.1, 50.1)
BESIDE = (10.09, 50.0, 10.19, 50.1)
NOWHERE = (np.nan,) * 4


def picture(
    seed: int, *, gain: float = 1.0, looks: float = 4.0, speckle: int = 0
) -> LabelledPixels:
    ground = np.exp(gaussian_filter(np.random.default_rng(seed).normal(0, 12, (120, 140)), 5))
    noise = np.random.default_rng((seed, speckle)).gamma(looks, 1 / looks, ground.shape)
    values = (gain * np.sqrt(ground * noise))[None].astype(np.float32)
    shape = ground.shape
    return LabelledPixels(
        values=values,
        valid=np.ones(shape, bool),
        labels=np.zeros(shape, np.uint8),
        searched=np.zeros(shape, bool),
    )


def left_out(
    images: list[LabelledPixels],
    boxes: list[tuple[float, ...]],
    *,
    levels: list[str] | None = None,
    order: list[int] | None = None,
) -> set[int]:
    return find_duplicates(
        [Fingerprint.of(pixels, BANDS) for pixels in images],
        levels or ["2500m"] * len(images),
        np.array(boxes),
        order or list(range(len(images))),
        DuplicateSettings(),
    )


def test_a_gain_hides_no_duplicate() -> None:
    images = [picture(1), picture(1, gain=3.7), picture(2)]
    assert left_out(images, [HERE, HERE, HERE]) == {1}
    assert left_out(images, [NOWHERE] * 3) == {1}


def test_a_loud_copy_of_the_same_ground_is_found() -> None:
    a = picture(1, looks=200)
    b = picture(1, looks=200, speckle=1)
    assert left_out([a, b], [HERE, HERE]) == {1}


def test_alike_but_elsewhere_is_no_duplicate() -> None:
    images = [picture(1), picture(1, gain=2)]
    assert left_out(images, [HERE, BESIDE]) == set()
    assert left_out(images, [HERE, NOWHERE]) == set()


def test_levels_of_one_ground_are_no_duplicates_unless_identical() -> None:
    levels = ["2500m", "5000m"]
    assert left_out([picture(1), picture(1, gain=2)], [HERE, HERE], levels=levels) == set()
    assert left_out([picture(1), picture(1)], [HERE, BESIDE], levels=levels) == {1}


def test_the_first_in_order_stays() -> None:
    images = [picture(1), picture(1, gain=2), picture(1, gain=3)]
    assert left_out(images, [HERE] * 3, order=[2, 0, 1]) == {0, 1}


def test_many_different_pictures_all_stay() -> None:
    images = [picture(seed) for seed in range(60)]
    assert left_out(images, [NOWHERE] * 60) == set()


def test_invalid_pixels_do_not_make_pictures_differ() -> None:
    a, b = picture(1), picture(1)
    a.valid[:30] = b.valid[:30] = False
    b.values[:, :30] = 99
    assert Fingerprint.of(a, BANDS) == Fingerprint.of(b, BANDS)
    b.values[:, 40, 40] += 1
    assert Fingerprint.of(a, BANDS).exact != Fingerprint.of(b, BANDS).exact
