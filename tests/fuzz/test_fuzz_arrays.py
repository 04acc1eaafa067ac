"""DataArrays with odd dims, coordinates, attributes and types, through the Python API."""

# Tables of odd values are read more easily in long lines.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pytest
import rioxarray  # noqa: F401  registers the accessor ``rio``
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from support.fuzzing import fuzz, refused
from support.odd_rasters import CAPELLA_LIKE, CRS_TEXTS, NUMBERS, WORDS
from support.rasters import backscatter_db

from sargeo.scene.describe import describe
from sargeo.scene.open import open_scene

pytestmark = pytest.mark.slow

DTYPES = ("float32", "float64", "float16", "int16", "uint8", "int64", "uint64", "bool", "complex64", "object",
          "datetime64[ns]", "str")  # fmt: skip


@st.composite
def axes(draw: st.DrawFn, count: int, first: float, step: float) -> np.ndarray:
    """Return coordinates along an axis: even, uneven, the same, of dates, or of words."""
    even = first + step * np.arange(count)
    kind = draw(
        st.sampled_from(
            ["even"] * 8 + ["same", "shuffled", "nan", "words", "dates", "huge", "whole"]
        )
    )
    match kind:
        case "same":
            return np.full(count, first)
        case "shuffled":
            return np.random.default_rng(0).permutation(even)
        case "nan":
            return np.where(np.arange(count) == count // 2, np.nan, even)
        case "words":
            return np.array([f"p{i}" for i in range(count)])
        case "dates":
            return np.arange(count).astype("datetime64[D]").astype("datetime64[ns]")
        case "huge":
            return even * 1e300
        case "whole":
            return np.arange(count)
    return even


@st.composite
def odd_arrays(draw: st.DrawFn) -> xr.DataArray:
    """Return an array that may be a scene."""
    shape = draw(
        st.sampled_from(
            [
                (20, 30),
                (1, 20, 30),
                (2, 20, 30),
                (3, 20, 30),
                (2, 2, 9, 9),
                (1, 1),
                (0, 5),
                (7,),
                (),
            ]
        )
    )
    names = draw(st.sampled_from([("t", "band", "y", "x"), ("t", "band", "lat", "lon"), ("t", "time", "y", "x"),
                                  ("t", "band", "x", "y"), ("t", "band", "latitude", "longitude"), ("a", "b", "c", "d"),
                                  ("t", "band", "Y", "X"), ("t", "band", "easting", "northing"), (1, 2, 3, 4)]))  # fmt: skip
    dims = names[len(names) - len(shape) :]
    values = np.resize(backscatter_db((20, 30)), shape)
    dtype = draw(st.sampled_from(["float32"] * 6 + list(DTYPES)))
    with np.errstate(all="ignore"):
        array = xr.DataArray(
            values.astype(dtype), dims=dims, name=draw(st.sampled_from(["s", None, "VV", 7, "é"]))
        )
    degrees = dims[-1:] in (("lon",), ("longitude",))
    start, step = ((15.0, 1e-4), (45.0, -1e-4)) if degrees else ((5e5, 10.0), (5e6, -10.0))
    for dim, count, (first, by) in zip(dims[-2:], shape[-2:], (step, start), strict=False):
        if isinstance(dim, str) and draw(st.integers(0, 9)):
            array = array.assign_coords({dim: (dim, draw(axes(count, first, by)))})
    if len(shape) == 3 and isinstance(dims[0], str) and draw(st.booleans()):
        labels = draw(
            st.lists(st.one_of(WORDS, NUMBERS, st.none()), min_size=shape[0], max_size=shape[0])
        )
        array = array.assign_coords({dims[0]: (dims[0], np.array(labels, dtype=object))})
    if draw(st.booleans()):
        array = array.assign_coords(platform=draw(st.one_of(WORDS, NUMBERS)))
    array.attrs = draw(
        st.dictionaries(
            st.one_of(
                st.sampled_from(["units", "long_name", "scale_factor", "add_offset", "_FillValue", "polarisation",
                                 "incidence", "platform", "grid_mapping", "crs", "nodata"]),
                st.integers(),
            ),
            st.one_of(WORDS, NUMBERS, CAPELLA_LIKE, st.just(np.array([1.0, 2.0])), st.just("sigma0 VV dB")),
            max_size=3,
        )
    )  # fmt: skip
    return _with_crs(array, draw(st.sampled_from(["EPSG:32633"] * 6 + list(CRS_TEXTS))))


def _with_crs(array: xr.DataArray, crs: str) -> xr.DataArray:
    """Write a CRS as rioxarray does, or leave it out where rioxarray refuses."""
    try:
        return array.rio.write_crs(crs, grid_mapping_name="spatial_ref")
    except Exception:
        return array


@fuzz(150)
@given(
    array=odd_arrays(),
    assume=st.sampled_from(["", "", "vv", "vv,vh", "vv,db", "vv,vh,db", "vv,linear,sigma0"]),
)
def test_arrays_are_read_or_refused(array, assume):
    refused(lambda: describe(open_scene(array, assume=assume)))
