"""The parts of the simulator: fields, speckle, backscatter, sea, terrain, 8 bit pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sargeo_training.data.sources.simulated import stretch_to_8_bit
from sargeo_training.simulator.backscatter import (
    BAND_POLARISATIONS,
    LAND_BACKSCATTER,
    SOURCES,
    RadarBand,
    draw_state_db,
    mean_backscatter,
)
from sargeo_training.simulator.fields import TABLE_SIZE, Lattice
from sargeo_training.simulator.imaging import Radar, render, shading
from sargeo_training.simulator.landscape import Landscape
from sargeo_training.simulator.offshore import Landmarks
from sargeo_training.simulator.sea import cmod5n, sea_backscatter
from sargeo_training.simulator.ships import NO_SHIPS
from sargeo_training.simulator.speckle import blur, speckle
from sargeo_training.simulator.surfaces import LEGEND_CODES, Surface

NO_LANDMARKS = Landmarks(np.empty(0), np.empty(0), np.empty(0))


def decibels(power: object) -> float:
    return float(10 * np.log10(np.mean(power)))


def flat_ground(surface: Surface, shape: tuple[int, int] = (256, 512)) -> Landscape:
    """Level ground of one surface in square parcels, its streets at 45 degrees to the look."""
    lattice = Lattice(shape, 10.0)
    rows, cols = np.indices(shape) // 4
    return Landscape(
        lattice=lattice,
        surface=np.full(shape, surface, dtype=np.uint8),
        parcel=((rows * (shape[1] // 4) + cols) % TABLE_SIZE).astype(np.uint16),
        district=np.zeros(shape, dtype=np.uint8),
        street_heading_deg=np.array([123.0]),
        elevation_m=np.zeros(lattice.nodes),
        shore_m=np.full(lattice.nodes, 1e4),
        berths=(),
        landmarks=NO_LANDMARKS,
    )


def radar(band: RadarBand, incidence_deg: float, noise_db: float = -90.0) -> Radar:
    usual = np.zeros((len(BAND_POLARISATIONS[band]), len(Surface)), dtype=np.float32)
    return Radar(band, incidence_deg, 78.0, 4.4, noise_db, 7.0, 60.0, usual)


def test_every_land_surface_has_its_backscatter_with_a_known_source() -> None:
    for band, table in LAND_BACKSCATTER.items():
        assert set(table) == set(Surface) - {Surface.SEA, Surface.INLAND_WATER}
        for known in table.values():
            assert len(known.level_db) == len(BAND_POLARISATIONS[band])
            assert set(known.source.split()) <= set(SOURCES)
    assert len(LEGEND_CODES) == len(Surface)


@pytest.mark.parametrize("incidence_deg", [25.0, 40.0])
@pytest.mark.parametrize("band", ["C", "L"])
def test_flat_ground_measures_what_its_constants_say(band: RadarBand, incidence_deg: float) -> None:
    for surface in LAND_BACKSCATTER[band]:
        rng = np.random.default_rng(int(surface))
        power = render(rng, flat_ground(surface), NO_SHIPS, radar(band, incidence_deg))
        wanted = mean_backscatter(band, surface, incidence_deg)
        for channel, level in zip(power, wanted, strict=True):
            assert decibels(channel) == pytest.approx(decibels(level), abs=0.3), surface.name


def test_levels_at_40_degrees_are_the_table_s() -> None:
    forest = mean_backscatter("C", Surface.FOREST, 40.0)
    assert_allclose(
        10 * np.log10(forest), LAND_BACKSCATTER["C"][Surface.FOREST].level_db, atol=1e-4
    )


def test_rain_brightens_soil_more_than_woods_and_scenes_differ() -> None:
    dry, wet = (draw_state_db(np.random.default_rng(2), "C", w) for w in (-2.0, 2.0))
    gained = wet - dry
    assert_allclose(gained[:, Surface.CROP], 4.0, atol=1e-5)
    assert (gained[:, Surface.FOREST] < gained[:, Surface.CROP]).all()
    assert_allclose(gained[:, [Surface.SEA, Surface.STRUCTURE]], 0.0, atol=1e-5)
    states = [draw_state_db(np.random.default_rng(seed), "C", 0.0) for seed in range(300)]
    spread = np.std(states, axis=0)[:, Surface.CROP]
    assert_allclose(spread, LAND_BACKSCATTER["C"][Surface.CROP].scene_db, rtol=0.15)


def test_the_state_of_a_scene_shifts_its_ground() -> None:
    usual = radar("C", 40.0)
    shifted = replace(usual, state_db=usual.state_db + np.float32(2.0))
    ground = flat_ground(Surface.GRASS)
    one, other = (render(np.random.default_rng(3), ground, NO_SHIPS, r) for r in (usual, shifted))
    assert_allclose(other / one, 10**0.2, rtol=1e-3)


def test_noise_adds_in_power() -> None:
    ground = flat_ground(Surface.SAND)
    quiet, noisy = (
        render(np.random.default_rng(1), ground, NO_SHIPS, radar("C", 40.0, noise_db))
        for noise_db in (-90.0, -20.0)
    )
    assert noisy.mean() - quiet.mean() == pytest.approx(0.01, rel=0.02)


@pytest.mark.parametrize("looks", [1.0, 4.4, 16.0])
def test_speckle_is_unbiased_in_power_with_the_looks_asked_for(looks: float) -> None:
    drawn = speckle(np.random.default_rng(3), (700, 700), looks).astype(float)
    assert drawn.mean() == pytest.approx(1.0, abs=0.01)
    assert drawn.mean() ** 2 / drawn.var() == pytest.approx(looks, rel=0.1)
    assert drawn.min() > 0


def test_speckle_is_correlated_between_neighbours_only() -> None:
    drawn = speckle(np.random.default_rng(4), (600, 600), 4.4)
    lags = [np.corrcoef(drawn[:, :-lag].ravel(), drawn[:, lag:].ravel())[0, 1] for lag in (1, 2, 6)]
    assert lags[0] == pytest.approx(0.667, abs=0.02)
    assert lags[1] == pytest.approx(0.167, abs=0.02)
    assert abs(lags[2]) < 0.02


def test_blur_keeps_power() -> None:
    power = np.zeros((21, 60), dtype=np.float32)
    power[10, 30] = 5.0
    assert blur(power).sum() == pytest.approx(5.0, rel=1e-5)
    assert_allclose(blur(np.full((5, 7), 2.0, dtype=np.float32)), 2.0, rtol=1e-6)


def test_sea_brightens_with_wind_and_is_darkest_crosswind() -> None:
    speeds = np.array([2.0, 5.0, 10.0, 15.0])
    upwind, crosswind, downwind = (cmod5n(speeds, angle, 38.0) for angle in (0.0, 90.0, 180.0))
    assert (np.diff(upwind) > 0).all()
    assert (crosswind < downwind).all()
    assert (downwind < upwind).all()
    assert -16 < decibels(upwind[2]) < -10
    assert (cmod5n(speeds, 0.0, 25.0) > cmod5n(speeds, 0.0, 45.0)).all()


def test_sea_in_cross_polarisation_and_in_l_band() -> None:
    at = {"angle_deg": 0.0, "incidence_deg": 38.0}
    vh = sea_backscatter([10.0], band="C", polarisation="VH", **at)
    assert decibels(vh) == pytest.approx(0.592 * 10 - 35.6)
    hh, hv = (sea_backscatter([3.0, 12.0], band="L", polarisation=p, **at) for p in ("HH", "HV"))
    assert hh[1] > hh[0] > hv[0]


def test_rendered_sea_follows_the_wind() -> None:
    ground = flat_ground(Surface.SEA)
    sea = Landscape(**{**vars(ground), "shore_m": np.full(ground.lattice.nodes, -1e4)})
    power = render(np.random.default_rng(5), sea, NO_SHIPS, radar("C", 38.0))
    assert decibels(power[0]) == pytest.approx(decibels(cmod5n(7.0, 60.0, 38.0)), abs=1.5)
    assert decibels(power[1]) == pytest.approx(0.592 * 7 - 35.6, abs=1.0)


def test_inland_water_is_as_dark_as_a_calmer_sea() -> None:
    lake = flat_ground(Surface.INLAND_WATER)
    power = render(np.random.default_rng(6), lake, NO_SHIPS, radar("C", 38.0))
    calm, open_sea = (decibels(cmod5n(wind, 60.0, 38.0)) for wind in (2.2, 7.0))
    assert calm < decibels(power[0]) < open_sea


def test_slopes_towards_the_radar_are_brighter() -> None:
    east = np.arange(20) * 40.0
    towards_west = np.broadcast_to(0.2 * east, (10, 20))
    theta, slope = np.radians(38.0), np.arctan(0.2)
    for look_deg, sign in ((90.0, 1.0), (270.0, -1.0)):
        gain = shading(towards_west, 40.0, 38.0, look_deg)
        assert_allclose(gain, np.tan(theta) / np.tan(theta - sign * slope), rtol=1e-9)
    assert_allclose(shading(np.zeros((5, 5)), 40.0, 38.0, 78.0), 1.0)
    assert_allclose(shading(towards_west, 40.0, 38.0, 0.0), 1.0)


@pytest.mark.parametrize("shape", [(64, 64), (101, 258), (3, 5)])
def test_lattice_interpolates_ramps_exactly(shape: tuple[int, int]) -> None:
    lattice = Lattice(shape, 10.0)
    rows, cols = (np.arange(n) * lattice.STEP for n in lattice.nodes)
    full = lattice.upsample(2.0 * rows[:, None] - cols[None, :])
    assert_allclose(full, 2.0 * np.arange(shape[0])[:, None] - np.arange(shape[1]), atol=1e-3)


@pytest.mark.parametrize("shape", [(300, 517), (40, 40)])
def test_masks_are_what_interpolation_gives(shape: tuple[int, int]) -> None:
    lattice = Lattice(shape, 10.0)
    values = lattice.fractal(np.random.default_rng(6), 400.0, 3.5)
    full = lattice.upsample(values)
    for low, high in ((0.5, np.inf), (-0.4, 0.3), (-9.0, 9.0)):
        wanted = (full > low) & (full < high)
        assert (lattice.mask(values, low, high) != wanted).mean() < 1e-4


def test_fractals_are_standardised_and_smoother_with_a_steeper_slope() -> None:
    lattice = Lattice((512, 512), 10.0)
    rough, smooth = (lattice.fractal(np.random.default_rng(7), 2000.0, s) for s in (2.0, 4.0))
    for drawn in (rough, smooth):
        assert drawn.mean() == pytest.approx(0, abs=1e-6)
        assert drawn.std() == pytest.approx(1, abs=1e-6)
    assert np.abs(np.diff(smooth)).mean() < 0.5 * np.abs(np.diff(rough)).mean()


def test_8_bit_keeps_the_order_of_pixels_and_leaves_zero_free() -> None:
    sigma0 = np.random.default_rng(8).gamma(2.0, 0.05, size=(2, 64, 96)).astype(np.float32)
    drawn = stretch_to_8_bit(sigma0, 96)
    assert drawn.dtype == np.uint8
    assert drawn.min() == 1
    assert drawn.max() == 255
    order = np.argsort(sigma0[0], axis=None)
    assert (np.diff(drawn[0].ravel()[order].astype(int)) >= 0).all()


def test_tiles_are_stretched_each_by_itself() -> None:
    sigma0 = np.random.default_rng(9).gamma(2.0, 0.05, size=(1, 64, 128)).astype(np.float32)
    sigma0[..., 64:] *= 100
    by_tile, at_once = (stretch_to_8_bit(sigma0, tile) for tile in (64, 128))
    assert by_tile[..., :64].mean() == pytest.approx(by_tile[..., 64:].mean(), abs=10)
    assert at_once[..., :64].mean() < 0.3 * at_once[..., 64:].mean()
