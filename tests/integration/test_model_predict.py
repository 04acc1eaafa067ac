"""Arrays in, arrays out."""

from __future__ import annotations

import numpy as np
import pytest
from support.stub_model import StubModel

from sargeo.errors import UsageError


def pixels() -> np.ndarray:
    values = np.full((1, 130, 201), -20.0)
    values[0, :, 100:] = -4.0
    values[0, 40:52, 40:52] = 20.0
    return values


def test_codes_confidence_and_objects() -> None:
    values = pixels()
    values[0, :, :7] = np.nan
    valid = np.ones((130, 201), dtype=bool)
    valid[100:, :] = False
    result = StubModel().predict(values, bands=("VV",), scale="db", valid=valid, gsd_m=10)
    known = valid & np.isfinite(values[0])
    assert result.landcover.shape == result.confidence.shape == (130, 201)
    assert ((result.landcover == 0) == ~known).all()
    assert (np.isnan(result.confidence) == ~known).all()
    assert (result.landcover[:90, 10:30] == 80).all()
    assert (result.landcover[:90, 110:] == 60).all()
    assert list(result.objects["kind"].unique()) == ["ship"]
    assert result.objects["row"].between(40, 52).all()
    assert result.objects["col"].between(40, 52).all()


@pytest.mark.parametrize("scale", ["linear", "amplitude"])
def test_scales_agree(scale: str) -> None:
    power = 10 ** (pixels() / 10)
    given = power if scale == "linear" else np.sqrt(power)
    model = StubModel()
    one = model.predict(pixels(), bands=("VV",), scale="db")
    other = model.predict(given, bands=("VV",), scale=scale, quantity="sigma0")
    np.testing.assert_array_equal(one.landcover, other.landcover)


@pytest.mark.parametrize(
    ("shape", "bands", "scale"),
    [
        ((1, 5, 5), ("VV", "VH"), "db"),
        ((5, 5), ("VV",), "db"),
        ((2, 5, 5), ("VV", "VV"), "db"),
        ((1, 5, 5), ("RH",), "db"),
        ((1, 5, 5), ("VV",), "volts"),
        ((1, 0, 5), ("VV",), "db"),
    ],
)
def test_arguments_that_do_not_fit(shape: tuple, bands: tuple, scale: str) -> None:
    with pytest.raises(UsageError):
        StubModel().predict(np.zeros(shape), bands=bands, scale=scale)
