"""Pictures that a language model is shown."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sargeo.scene.bands import Band, Polarisation, Quantity, Scale
from sargeo.scene.radiometry import from_power
from sargeo_training.text.picture import describe_picture, png

EVERYWHERE = np.ones((40, 50), dtype=np.bool_)


def bands(*polarisations: Polarisation, scale: Scale = "linear") -> tuple[Band, ...]:
    quantity: Quantity = "sigma0"
    return tuple(Band(p, quantity, scale) for p in polarisations)


def power(seed: int = 0) -> NDArray[np.float32]:
    """Speckle over a step of 20 dB, left to right."""
    rng = np.random.default_rng(seed)
    mean = np.where(np.arange(50) < 25, 0.01, 1.0)
    return (rng.gamma(4, 0.25, (40, 50)) * mean).astype(np.float32)


def opened(data: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def test_one_band_is_grey_and_uses_the_whole_range() -> None:
    pixels = opened(png(power()[None], EVERYWHERE, bands("VV")))
    assert pixels.shape == (40, 50)
    assert (pixels.min(), pixels.max()) == (1, 255)
    assert pixels[:, :25].mean() < 100 < 160 < pixels[:, 25:].mean()


def test_the_scale_of_the_band_does_not_matter() -> None:
    pictures = [
        opened(png(from_power(power(), scale)[None], EVERYWHERE, bands("VV", scale=scale)))
        for scale in ("linear", "amplitude", "db")
    ]
    for other in pictures[1:]:
        assert np.abs(pictures[0].astype(int) - other).max() <= 1


def test_nodata_is_black_and_does_not_move_the_stretch() -> None:
    values, valid = power()[None].copy(), EVERYWHERE.copy()
    valid[:10] = False
    whole = opened(png(values, valid, bands("VV")))
    values[:, :10] = 1e9
    values[:, 5] = np.nan
    assert np.array_equal(opened(png(values, valid, bands("VV"))), whole)
    assert not whole[:10].any()
    assert whole[10:].all()


def test_zeros_are_darkest_and_do_not_squash_the_rest() -> None:
    values = power()[None].copy()
    values[:, :20] = 0
    pixels = opened(png(values, EVERYWHERE, bands("VV")))
    assert (pixels[:20] == 1).all()
    assert np.ptp(pixels[20:]) > 200


def test_two_polarisations_make_false_colour() -> None:
    co, cross = power(1), power(2)
    cross[:20] *= 0.1
    pixels = opened(png(np.stack([cross, co]), EVERYWHERE, bands("VH", "VV"))).astype(float)
    assert pixels.shape == (40, 50, 3)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    assert red[:, 25:].mean() > red[:, :25].mean() + 80
    assert green[20:].mean() > green[:20].mean() + 30
    assert blue[:20].mean() > blue[20:].mean() + 30


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_chip_of_one_value_can_be_drawn(dtype: type) -> None:
    for value in (0, 7):
        chip = np.full((1, 40, 50), value, dtype=dtype)
        assert opened(png(chip, EVERYWHERE, bands("HH", scale="amplitude"))).all()


def test_a_chip_without_valid_pixels_is_black() -> None:
    assert not opened(png(power()[None], ~EVERYWHERE, bands("HH"))).any()


@pytest.mark.parametrize(
    ("polarisations", "words"),
    [
        (("VH",), "VH backscatter in grey"),
        (("VH", "VV"), "red VV, green VH, blue the ratio of VV to VH"),
        (("HH", "HV"), "red HH, green HV, blue the ratio of HH to HV"),
        (("HH", "VV", "HV"), "red HH, green HV, blue VV"),
        (("HH", "VV"), "HH backscatter in grey"),
    ],
)
def test_colours_are_told(polarisations: tuple[Polarisation, ...], words: str) -> None:
    assert words in describe_picture(bands(*polarisations))
    shape = (len(polarisations), 40, 50)
    pixels = opened(png(np.ones(shape, np.float32), EVERYWHERE, bands(*polarisations)))
    assert pixels.ndim == (2 if "grey" in words else 3)
