"""Arrays that are refused: what is advised, in words of arrays, leads to a right map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rioxarray  # noqa: F401  registers the accessor that messages name
import xarray as xr
from affine import Affine
from support.advice import follows
from support.rasters import CRS_CASES
from support.scenes import array_scene
from support.seaside import SIDE, assert_right, assert_sea_is_left, decibels, landcover, power

import sargeo
from sargeo.errors import (
    NoGeoreferenceError,
    NothingValidError,
    SargeoError,
    UnsupportedPixelsError,
    UsageError,
)
from sargeo.model.api import SarModel
from sargeo.model.registry import load_model
from sargeo.scene.radiometry import BackscatterConstants, Normalisation

UTM, GRID = CRS_CASES["utm_north"]
PLACES = {
    "y": GRID.f - 10 * (np.arange(SIDE) + 0.5),
    "x": GRID.c + 10 * (np.arange(SIDE) + 0.5),
}


def in_array(values: np.ndarray, **changes: object) -> xr.DataArray:
    """Return values (C, H, W) of VV and VH as an array in UTM."""
    names = ["sigma0 VV", "sigma0 VH"][: len(values)]
    coords = {"band": names, **PLACES, **changes}
    array = xr.DataArray(values, coords, ("band", "y", "x"), attrs={"units": "dB"}, name="scene")
    return array.rio.write_crs(UTM)


@pytest.fixture(scope="module")
def model() -> SarModel:
    return load_model("sargeo-tiny", device="cpu")


@pytest.fixture
def refused(model: SarModel, tmp_path: Path) -> Callable[..., SargeoError]:
    def call(array: xr.DataArray, kind: type[SargeoError]) -> SargeoError:
        with pytest.raises(kind) as caught:
            sargeo.map_scene(array, model, tmp_path / "refused")
        return caught.value

    return call


@pytest.fixture
def mapped(model: SarModel, tmp_path: Path) -> Callable[[xr.DataArray], Path]:
    def call(array: xr.DataArray) -> Path:
        sargeo.map_scene(array, model, tmp_path / "out")
        return tmp_path / "out"

    return call


Refused = Callable[..., SargeoError]
Mapped = Callable[..., Path]


@follows("sargeo.scene.xarray:DataArrayScene._in_order", "Give real backscatter or amplitude.")
@pytest.mark.parametrize("as_amplitude", [True, False])
def test_real_numbers_are_given(as_amplitude: bool, refused: Refused, mapped: Mapped) -> None:
    phase = np.exp(1j * np.random.default_rng(0).uniform(0, 6, (1, SIDE, SIDE)))
    complex_ = in_array((np.sqrt(power()) * phase).astype("complex64"))
    refused(complex_, UnsupportedPixelsError)
    amplitude = abs(complex_)
    real = amplitude if as_amplitude else amplitude**2
    assert_right(mapped(real.assign_attrs(units="amplitude" if as_amplitude else "linear power")))


@follows("sargeo.scene.xarray:DataArrayScene._wrong_dims", "Select its polarisations and one time.")
def test_polarisations_and_a_time_are_selected(refused: Refused, mapped: Mapped) -> None:
    scene = in_array(decibels(2))
    cube = xr.concat([scene, scene - 3], "time").rio.write_crs(UTM)
    refused(cube, UnsupportedPixelsError)
    assert_right(mapped(cube.isel(time=0)))


@follows("sargeo.scene.xarray:DataArrayScene._find_grid", "Add it with array.rio.write_crs(…).")
def test_a_crs_is_written(refused: Refused, mapped: Mapped) -> None:
    array = in_array(decibels()).drop_vars("spatial_ref")
    refused(array, NoGeoreferenceError)
    assert_right(mapped(array.rio.write_crs(UTM)))


@follows(
    "sargeo.scene.xarray:DataArrayScene._find_grid",
    "Name the true CRS with array.rio.write_crs(…).",
)
@pytest.mark.parametrize("wrong", ["EPSG:4978", 'LOCAL_CS["site",UNIT["metre",1]]'])
def test_the_true_crs_is_written(wrong: str, refused: Refused, mapped: Mapped) -> None:
    array = in_array(decibels())
    refused(array.rio.write_crs(wrong), NoGeoreferenceError)
    assert_right(mapped(array.rio.write_crs(UTM)))


@follows(
    "sargeo.scene.xarray:DataArrayScene._find_grid",
    "Give it evenly spaced coordinates of its CRS, or a transform with "
    "array.rio.write_transform(…).",
)
@pytest.mark.parametrize("how", ["coordinates", "transform"])
def test_a_grid_is_given(how: str, refused: Refused, mapped: Mapped) -> None:
    if how == "coordinates":
        uneven = in_array(decibels(), x=PLACES["x"] + np.arange(SIDE) ** 2)
        refused(uneven, NoGeoreferenceError)
        assert_right(mapped(uneven.assign_coords(PLACES)))
    else:
        bare = in_array(decibels()).drop_vars(["x", "y"])
        refused(bare, NoGeoreferenceError)
        assert_right(mapped(bare.rio.write_transform(GRID)))


@follows(
    "sargeo.scene.validity:Measurements._nothing_valid",
    "Look at its values and its nodata value in a GIS, or give another scene.",
)
def test_measurements_are_given(refused: Refused, mapped: Mapped) -> None:
    refused(in_array(np.full((1, SIDE, SIDE), np.nan, "float32")), NothingValidError)
    assert_right(mapped(in_array(decibels())))


@follows("sargeo.scene.radiometry:reference_amplitudes", "Give pixels that hold measurements.")
def test_pixels_to_predict_hold_measurements(model: SarModel) -> None:
    nothing = np.full((1, SIDE, SIDE), np.nan, dtype=np.float32)
    with pytest.raises(NothingValidError):
        model.predict(nothing, bands=["VV"], scale="amplitude", gsd_m=10)
    found = model.predict(np.sqrt(power()), bands=["VV"], scale="amplitude", gsd_m=10)
    assert_sea_is_left(found.landcover)


@follows("sargeo.scene.radiometry:Normalisation._decide", "Give a scene with ….")
def test_a_polarisation_that_is_known_is_given() -> None:
    """As told to who trains for one polarisation: the model that comes with sargeo knows four."""
    constants = BackscatterConstants({"VV": -10.0}, {"VV": 5.0}, -40.0)
    both = array_scene(decibels(2), scale="db")
    with pytest.raises(UnsupportedPixelsError, match="Give a scene with VV"):
        Normalisation.of_scene(both, constants)
    Normalisation.of_scene(array_scene(decibels(), scale="db"), constants)


BANDS = "Give an array of shape (bands, rows, columns) with one polarisation for each band."


@follows("sargeo.model.predict:_bands", BANDS)
@pytest.mark.parametrize("pixels", [decibels()[0], decibels(2), decibels()[:, :0]])
def test_a_polarisation_is_given_for_each_band(pixels: np.ndarray, model: SarModel) -> None:
    with pytest.raises(UsageError):
        model.predict(pixels, bands=["VV"], scale="db")
    assert_sea_is_left(model.predict(decibels(), bands=["VV"], scale="db").landcover)


@follows("sargeo.model.predict:_bands", "Choose from ….", problem="polarisations")
@pytest.mark.parametrize("bands", [["VV", "VV"], ["VV", "VX"]])
def test_polarisations_are_chosen(bands: list[str], model: SarModel) -> None:
    with pytest.raises(UsageError) as caught:
        model.predict(decibels(2), bands=bands, scale="db")
    known = caught.value.remedy.removeprefix("Choose from ").removesuffix(".").split(", ")
    assert_sea_is_left(model.predict(decibels(2), bands=known[:2], scale="db").landcover)


@follows("sargeo.model.predict:_bands", "Choose from ….", problem="is no scale")
def test_a_scale_is_chosen(model: SarModel) -> None:
    with pytest.raises(UsageError) as caught:
        model.predict(decibels(), bands=["VV"], scale="decibels")
    scales = caught.value.remedy.removeprefix("Choose from ").removesuffix(".").split(", ")
    values = {"db": decibels(), "linear": power(), "amplitude": np.sqrt(power())}
    assert sorted(scales) == sorted(values)
    for scale in scales:
        assert_sea_is_left(
            model.predict(values[scale], bands=["VV"], scale=scale, gsd_m=10).landcover
        )


def test_arrays_of_rotated_grids_are_mapped(mapped: Mapped) -> None:
    """Evenly spaced as advised, by a transform that coordinates cannot tell."""
    bare = in_array(decibels()).drop_vars(["x", "y"])
    turned = bare.rio.write_transform(GRID @ Affine.rotation(30))
    assert_sea_is_left(landcover(mapped(turned)))
