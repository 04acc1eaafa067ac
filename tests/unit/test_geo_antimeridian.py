"""Turns of the Earth, in degrees and in metres."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from sargeo.geo.antimeridian import (
    cut_at_antimeridian,
    on_one_turn,
    period_of,
    unwrap,
    without_leaps,
)

ROTATED = "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=40 +lon_0=10 +ellps=WGS84 +type=crs"


@pytest.mark.parametrize("crs", [4326, 4979, 4258, 4807, 3857, 3832, 3395, 3994, 6933, 4087])
def test_x_repeats_after_a_turn(crs: int) -> None:
    """In degrees, in grads, and in cylindrical projections by whatever name."""
    known = CRS.from_epsg(crs)
    period = period_of(known)
    to_crs = Transformer.from_crs(4326, known, always_xy=True)
    west, _ = to_crs.transform(170.0, 10.0)
    east, _ = to_crs.transform(-170.0, 10.0)
    per_degree = to_crs.transform(1.0, 10.0)[0] - to_crs.transform(0.0, 10.0)[0]
    assert period == pytest.approx(360 * per_degree, rel=1e-4)  # datums differ
    assert unwrap(east, west, period) - west == pytest.approx(20 * per_degree, rel=1e-4)


@pytest.mark.parametrize("crs", ["EPSG:32601", "EPSG:3413", "EPSG:2193", "ESRI:54030", "EPSG:3035"])
def test_other_projections_do_not_repeat(crs: str) -> None:
    assert period_of(CRS.from_user_input(crs)) == 0


def test_rotated_longitudes_repeat_too() -> None:
    assert period_of(CRS.from_user_input(ROTATED)) == pytest.approx(360)


def test_a_method_that_proj_does_not_know_repeats_nowhere() -> None:
    wkt = CRS.from_epsg(3395).to_wkt().replace("Mercator (variant A)", "Tape and pins")
    unknown = CRS.from_wkt(wkt.replace('ID["EPSG",9804]', 'ID["EPSG",99999]'))
    assert period_of(unknown) == 0


def mended(shape: BaseGeometry, period: float = 360) -> BaseGeometry:
    (found,) = without_leaps(np.array([shape], dtype=object), period)
    return found


@pytest.mark.parametrize("scale", [1, 40075016.68557848 / 360], ids=["degrees", "metres"])
def test_a_polygon_that_leaps_goes_on_beyond_180(scale: float) -> None:
    leaping = Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    meant = box(179, 0, 181, 1)
    found, there = (shapely.transform(s, lambda xy: xy * scale) for s in (mended(leaping), meant))
    assert shapely.normalize(found) == shapely.normalize(there)
    in_units = mended(shapely.transform(leaping, lambda xy: xy * scale), 360 * scale)
    assert in_units.symmetric_difference(there).area < 1e-9 * there.area


def test_a_polygon_with_corners_at_180_goes_on_too() -> None:
    dense = [(179, 0), (180, 0), (-180, 0), (-179, 0), (-179, 1), (-180, 1), (180, 1), (179, 1)]
    assert mended(Polygon(dense)).equals(box(179, 0, 181, 1))
    near = [(x - 1e-5 * np.sign(x) * (abs(x) == 180), y) for x, y in dense]
    assert mended(Polygon(near)).symmetric_difference(box(179, 0, 181, 1)).area < 1e-9


def test_leaps_of_parts_and_holes() -> None:
    lake = Polygon([(179.5, 4), (-179.5, 4), (-179.5, 6), (179.5, 6)])
    island = Polygon([(178, 3), (-178, 3), (-178, 7), (178, 7)], [lake.exterior.coords[::-1]])
    found = mended(MultiPolygon([island, box(10, 0, 11, 1)]))
    assert found.area == pytest.approx(4 * 4 - 1 * 2 + 1)
    assert not found.contains(shapely.Point(180, 5))
    assert found.contains(shapely.Point(181, 5))


def test_a_hole_that_leaps_in_a_shell_that_does_not() -> None:
    sea = Polygon([(178, 3), (-178, 3), (-178, 7), (178, 7)])
    found = mended(Polygon(box(-180, -90, 180, 90).exterior, [sea.exterior.coords]))
    assert found.area == pytest.approx(360 * 180 - 4 * 4)


@pytest.mark.parametrize(
    "shape",
    [
        box(-180, -90, 180, 90),
        box(-180, 40, 180, 60),
        box(-179.9999, 40, 179.9999, 60),
        Polygon([(-180, 40), (180, 40), (180, 60), (60, 60), (-60, 60), (-180, 60)]),
        MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -179, 1)]),
        box(-160, -80, 160, 80),
        # Antarctica as atlases draw it: down at the one end, along the pole, up at the other.
        Polygon([(-180, -80), (0, -70), (180, -80), (180, -90), (-180, -90)]),
    ],
    ids=["world", "band", "rounded", "dense above", "halves", "wide", "antarctica"],
)
def test_what_does_not_leap_stays_as_it_is(shape: BaseGeometry) -> None:
    assert mended(shape) is shape


def test_a_ring_around_a_pole_gets_up_to_it() -> None:
    coast = Polygon([(-175, -75), (-60, -70), (60, -72), (175, -74)])
    found = mended(coast)
    assert found.contains(shapely.Point(0, -85))
    assert not found.contains(shapely.Point(0, -60))


def test_halves_meet_on_the_turn_of_the_largest() -> None:
    halves = MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -178, 1)])
    assert on_one_turn(halves, 360).equals(box(-181, 0, -178, 1))
    assert on_one_turn(halves, 0) is halves


def test_beyond_180_is_cut_and_brought_back() -> None:
    found = cut_at_antimeridian(box(179, 0, 182, 1))
    assert found.equals(MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -178, 1)]))
    assert cut_at_antimeridian(box(1, 0, 2, 1)).equals(box(1, 0, 2, 1))
