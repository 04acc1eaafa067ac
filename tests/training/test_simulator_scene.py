"""Whole simulated scenes: repeatable, labelled, with ships where the table says."""

from __future__ import annotations

import numpy as np
import pytest

from sargeo.legend import LAND_COVER_CODES, OPEN_WATER
from sargeo_training.simulator import SimulatedScene, landscape, simulate_scene
from sargeo_training.simulator.offshore import Landmarks
from sargeo_training.simulator.relief import Setting

SETTINGS: tuple[Setting, ...] = ("coast", "inland", "sea")


def near_ships(scene: SimulatedScene, beyond_px: float) -> np.ndarray:
    """Mask of pixels within half a length, and some pixels more, of a ship's centre."""
    height, width = scene.landcover.shape
    rows, cols = np.ogrid[:height, :width]
    mask = np.zeros((height, width), dtype=bool)
    ships = scene.ships
    for row, col, length_m in zip(ships.row, ships.col, ships.length_m, strict=True):
        reach = length_m / 20.0 + beyond_px
        mask |= (rows + 0.5 - row) ** 2 + (cols + 0.5 - col) ** 2 < reach**2
    return mask


def test_the_same_seed_gives_the_same_scene() -> None:
    one, same, other = (simulate_scene(seed, (200, 260)) for seed in (3, 3, 4))
    assert (one.sigma0 == same.sigma0).all()
    assert (one.landcover == same.landcover).all()
    assert (one.ships.row == same.ships.row).all()
    assert (one.sigma0 != other.sigma0).any()


def test_weather_and_ships_leave_the_land_as_it_is() -> None:
    calm = simulate_scene(3, (256, 256), setting="coast", wind_ms=3.0, ships=0)
    rough = simulate_scene(3, (256, 256), setting="coast", wind_ms=12.0, ships=9, noise_db=-25.0)
    assert (calm.landcover == rough.landcover).all()


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("shape", [(256, 256), (131, 322)])
def test_scenes_are_labelled_everywhere(setting: Setting, shape: tuple[int, int]) -> None:
    scene = simulate_scene(11, shape, setting=setting)
    assert scene.sigma0.shape == (2, *shape)
    assert scene.sigma0.dtype == np.float32
    assert np.isfinite(scene.sigma0).all()
    assert (scene.sigma0 > 0).all()
    assert scene.landcover.shape == shape
    assert set(np.unique(scene.landcover)) <= set(LAND_COVER_CODES)
    assert scene.grid.shape == shape
    assert [b.polarisation for b in scene.bands] == ["VV", "VH"]


def test_seeds_cover_the_legend() -> None:
    codes = [np.unique(simulate_scene(seed, (256, 256)).landcover) for seed in range(8)]
    assert set(np.concatenate(codes)) == set(LAND_COVER_CODES)


@pytest.mark.parametrize("gsd_m", [1.5, 3.0, 25.0, 40.0])
def test_scenes_come_in_other_spacings(gsd_m: float) -> None:
    scene = simulate_scene(5, (192, 192), gsd_m=gsd_m, setting="coast", incidence_deg=30.0)
    assert np.isfinite(scene.sigma0).all()
    assert scene.grid.transform.a == gsd_m


def test_l_band_has_three_channels() -> None:
    scene = simulate_scene(5, (128, 128), band="L", looks=16.0)
    assert [b.polarisation for b in scene.bands] == ["HH", "HV", "VV"]
    assert scene.sigma0.shape == (3, 128, 128)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ships_float_within_the_scene(seed: int) -> None:
    scene = simulate_scene(seed, (512, 512), setting="coast", ships=40)
    ships = scene.ships
    assert 0 < len(ships) <= 40
    inside = (ships.row > 0) & (ships.row < 512) & (ships.col > 0) & (ships.col < 512)
    assert inside.all()
    assert (scene.landcover[ships.row.astype(int), ships.col.astype(int)] == OPEN_WATER.code).all()
    assert (ships.length_m > ships.width_m).all()
    assert ((ships.heading_deg >= 0) & (ships.heading_deg < 360)).all()


@pytest.mark.parametrize("channel", [0, 1])
def test_ships_are_where_the_sea_is_bright(channel: int) -> None:
    scene = simulate_scene(6, (512, 512), setting="sea", ships=15, wind_ms=5.0)
    sigma0, ships = scene.sigma0[channel], scene.ships
    background = np.median(sigma0)
    assert len(ships) >= 10
    for row, col, length_m in zip(ships.row, ships.col, ships.length_m, strict=True):
        reach = max(1, int(length_m / 20.0))
        r, c = int(row), int(col)
        hull = sigma0[max(r - reach, 0) : r + reach + 1, max(c - reach, 0) : c + reach + 1]
        assert hull.max() > (10 if length_m > 60 else 3) * background, length_m


def test_nothing_at_sea_is_as_bright_as_ships_but_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    no_landmarks = Landmarks(np.empty(0), np.empty(0), np.empty(0))
    monkeypatch.setattr(landscape, "build_offshore", lambda *_: no_landmarks)
    scene = simulate_scene(7, (512, 512), setting="sea", ships=15, wind_ms=5.0)
    bright = scene.sigma0[1] > 0.05
    assert bright.any()
    assert not (bright & ~near_ships(scene, beyond_px=4.0)).any()


def test_the_centre_of_a_ship_s_brightness_is_its_position() -> None:
    scene = simulate_scene(6, (512, 512), setting="sea", ships=15, wind_ms=5.0)
    ships = scene.ships
    for row, col, length_m in zip(ships.row, ships.col, ships.length_m, strict=True):
        reach = int(length_m / 20.0) + 3
        if length_m < 60 or min(row, col, 512 - row, 512 - col) < reach + 1:
            continue
        top, left = int(row) - reach, int(col) - reach
        part = scene.sigma0[0, top : top + 2 * reach + 1, left : left + 2 * reach + 1]
        rows, cols = np.indices(part.shape) + 0.5
        centre = (rows * part).sum() / part.sum() + top, (cols * part).sum() / part.sum() + left
        assert np.hypot(centre[0] - row, centre[1] - col) < 0.3 * length_m / 10.0 + 1.0


def test_rough_seas_are_brighter() -> None:
    calm, rough = (
        simulate_scene(7, (256, 256), setting="sea", ships=0, wind_ms=wind).sigma0
        for wind in (3.0, 14.0)
    )
    assert (np.median(rough, axis=(1, 2)) > 1.5 * np.median(calm, axis=(1, 2))).all()
