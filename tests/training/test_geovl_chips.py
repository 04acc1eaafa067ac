"""Chips show the same ground whatever the spacing, and average power, never decibels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from shapely import box

from sargeo.geo.grid import Block, GeoGrid
from sargeo.legend import OPEN_WATER, TREES
from sargeo.scene.bands import Band
from sargeo_training.data.chips.config import ChipSettings
from sargeo_training.data.chips.cutting import average
from sargeo_training.data.chips.planning import PlannedChip, plan_chips
from sargeo_training.data.chips.source_images import SourceImage
from sargeo_training.images import LabelledPixels

GRIDS = {
    "utm": ("EPSG:32633", Affine(10, 0, 500_000, 0, -10, 5_000_000)),
    "degrees": ("EPSG:4326", Affine(9e-5, 0, 10.0, 0, -9e-5, 60.0)),
    "mercator": ("EPSG:3395", Affine(10, 0, -1_000_000, 0, -10, 8_300_000)),
    "polar": ("EPSG:3413", Affine(40, 0, -300_000, 0, -40, -900_000)),
    "rotated": ("EPSG:32633", Affine(10, 0, 5e5, 0, -10, 5e6) @ Affine.rotation(30)),
    "fine": ("EPSG:32633", Affine(1.5, 0, 500_000, 0, -1.5, 5_000_000)),
}


def grid_of(name: str, shape: tuple[int, int] = (1100, 1300)) -> GeoGrid:
    crs, transform = GRIDS[name]
    return GeoGrid(CRS.from_user_input(crs), transform, shape)


def unread(block: Block) -> LabelledPixels:
    raise AssertionError("planning reads no pixels")


def planned(
    settings: ChipSettings,
    shape: tuple[int, int],
    grid: GeoGrid | None = None,
    **known: Any,
) -> list[PlannedChip]:
    image = SourceImage(
        source="made",
        name="up",
        licence="none",
        shape=shape,
        bands=(Band("VV", "sigma0", "db"),),
        read=unread,
        grid=grid,
        **known,
    )
    return plan_chips(image, settings, index=3)


def pixels_of(values: np.ndarray, **changes: np.ndarray) -> LabelledPixels:
    shape = values.shape[1:]
    given = {
        "valid": np.ones(shape, bool),
        "labels": np.zeros(shape, np.uint8),
        "searched": np.ones(shape, bool),
    }
    return LabelledPixels(values=values, **{**given, **changes})


@pytest.mark.parametrize("name", GRIDS)
def test_chips_of_a_level_show_the_same_metres(name: str) -> None:
    grid = grid_of(name)
    chips = planned(ChipSettings(levels_m=(1200, 4800), max_px=200), grid.shape, grid)
    assert chips
    for chip in chips:
        crop = grid.crop(chip.block)
        down, across = (float(s) for s in crop.spacing_m(crop.height / 2, crop.width / 2))
        for extent_m, spacing in ((crop.height * down, down), (crop.width * across, across)):
            assert abs(extent_m - chip.extent_m) <= (0.5 * chip.factor + 0.01) * spacing
        assert max(crop.shape) <= 200 * chip.factor
        assert crop.height % chip.factor == crop.width % chip.factor == 0
        assert grid.block.intersection(chip.block) == chip.block


def test_chips_of_a_level_share_no_pixel_and_lie_in_the_middle() -> None:
    chips = planned(ChipSettings(levels_m=(2500,)), (1050, 1000), grid_of("utm"))
    covered = np.zeros((1050, 1000), int)
    for chip in chips:
        covered[chip.block.slices()] += 1
    assert covered.max() == 1
    assert len(chips) == 16
    assert covered[:24].max() == covered[-24:].max() == 0


def test_a_level_with_too_few_pixels_is_left_out() -> None:
    settings = ChipSettings(levels_m=(1250, 5000), min_px=64)
    levels = {c.level for c in planned(settings, (1100, 1300), grid_of("polar"))}
    assert levels == {"5000m"}


def test_a_picture_smaller_than_every_level_is_a_chip_of_its_own() -> None:
    (chip,) = planned(ChipSettings(), (57, 85), gsd_m=(10.0, 10.0))
    assert (chip.level, chip.extent_m, chip.block.height, chip.block.width) == (
        "whole",
        850,
        57,
        85,
    )


def test_images_without_spacing_stay_whole_unless_they_are_large() -> None:
    settings = ChipSettings(plain_px=100)
    (whole,) = planned(settings, (90, 100))
    assert (whole.level, whole.extent_m, whole.block.size) == ("whole", None, 9000)
    parts = planned(settings, (90, 330))
    assert [(p.level, p.block.col, p.block.width) for p in parts] == [
        ("100px", 15, 100),
        ("100px", 115, 100),
        ("100px", 215, 100),
    ]


def test_chips_stay_on_the_ground_of_their_split() -> None:
    grid = grid_of("utm")
    left, top = grid.transform.c, grid.transform.f
    ground = box(left + 1000, top - 7000, left + 4000, top - 1000)
    chips = planned(ChipSettings(levels_m=(1000,)), grid.shape, grid, ground=ground)
    assert len(chips) == 18
    assert all(ground.buffer(1).covers(box(*grid.crop(chip.block).bounds)) for chip in chips)
    hole = box(*grid.bounds) - ground
    others = planned(ChipSettings(levels_m=(1000,)), grid.shape, grid, ground=hole)
    assert others
    assert not any(ground.buffer(-1).intersects(box(*grid.crop(c.block).bounds)) for c in others)


@pytest.mark.parametrize("scale", ["db", "linear", "amplitude"])
def test_power_is_averaged_whatever_the_scale(scale: str) -> None:
    power = np.array([[[1.0, 10.0], [100.0, 1000.0]]])
    values = {"db": 10 * np.log10(power), "linear": power, "amplitude": np.sqrt(power)}[scale]
    valid = np.array([[True, True], [True, False]])
    pixels = pixels_of(values.astype(np.float32), valid=valid)
    averaged = average(pixels, (Band("VV", "sigma0", scale),), 2)
    mean = (1 + 10 + 100) / 3
    expected = {"db": 10 * math.log10(mean), "linear": mean, "amplitude": math.sqrt(mean)}[scale]
    assert averaged.values.item() == pytest.approx(expected, rel=1e-5)
    assert averaged.valid.all()


def test_bytes_stay_bytes_and_labels_are_those_of_most_pixels() -> None:
    values = np.full((1, 2, 4), 200, np.uint8)
    labels = np.array([[TREES.code, TREES.code, 0, 0], [TREES.code, OPEN_WATER.code, 0, 80]])
    searched = np.array([[True, True, True, True], [True, True, True, False]])
    ships = np.array([[1.0, 3.0, 2.0, 4.0, 4.5]], np.float32)
    pixels = pixels_of(values, labels=labels.astype(np.uint8), searched=searched, ships=ships)
    averaged = average(pixels, (Band("VH", "uncalibrated", "amplitude"),), 2)
    assert averaged.values.dtype == np.uint8
    assert averaged.values.tolist() == [[[200, 200]]]
    assert averaged.labels.tolist() == [[TREES.code, 0]]
    assert averaged.searched.tolist() == [[True, False]]
    assert averaged.ships.tolist() == [[0.5, 1.5, 1.0, 2.0, 2.25]]


def test_invalid_pixels_of_any_value_do_not_count() -> None:
    values = np.array([[[np.float32(-12), np.float32(60)]] * 2])
    valid = np.array([[True, False]] * 2)
    averaged = average(pixels_of(values, valid=valid), (Band("VV", "sigma0", "db"),), 2)
    assert averaged.values.item() == pytest.approx(-12, abs=1e-4)


def test_a_chip_of_no_split_is_not_cut() -> None:
    (chip,) = planned(ChipSettings(), (57, 85), gsd_m=(10.0, 10.0))
    with pytest.raises(ValueError, match="made_up_whole_0_0 belongs to no split"):
        assert chip.assigned_split
    assert chip.model_copy(update={"split": "train"}).assigned_split == "train"
