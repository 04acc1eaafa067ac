"""Colours of classes that were given as texts."""

from __future__ import annotations

import numpy as np
import pytest

from sargeo.language.palette import FIRST, appearance, colours


def least_distance(count: int) -> float:
    """Of any two colours, in CIELAB, with the kind of vision that tells them apart worst."""
    seen = appearance(list(colours(count)))
    distances = np.linalg.norm(seen[:, :, None] - seen[:, None], axis=-1)
    return float(distances[:, ~np.eye(count, dtype=bool)].min())


@pytest.mark.parametrize(("count", "least"), [(2, 40), (7, 16), (12, 16), (20, 16), (100, 2.3)])
def test_colours_are_told_apart_with_every_vision(count: int, least: float) -> None:
    """2.3 is the difference that is just noticed (Mahy, Van Eycken and Oosterlinck 1994)."""
    assert least_distance(count) > least


def test_more_classes_change_no_colour() -> None:
    assert colours(30)[:9] == colours(9)
    assert colours(7) == FIRST
    assert len(set(colours(100))) == 100


def test_lightness_is_that_of_cielab() -> None:
    """White, black and the grey that CIE 15 gives a lightness of 53.585."""
    seen = appearance(["#ffffff", "#000000", "#808080"])
    for vision in seen:
        np.testing.assert_allclose(vision[:, 0], [100, 0, 53.585], atol=0.01)
    np.testing.assert_allclose(seen[0, :, 1:], 0, atol=0.02)


def test_red_and_green_are_alike_without_green_cones() -> None:
    with_all, _, without_green, _ = appearance(["#cc3333", "#667733"])
    assert np.linalg.norm(with_all[0] - with_all[1]) > 60
    assert np.linalg.norm(without_green[0] - without_green[1]) < 20
