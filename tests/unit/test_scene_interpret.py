from __future__ import annotations

import numpy as np
import pytest

from sargeo.errors import UnknownRadiometryError, UsageError
from sargeo.scene.assumptions import Assumptions
from sargeo.scene.bands import Band
from sargeo.scene.clues import Clues
from sargeo.scene.interpret import find_incidence_deg, interpret
from sargeo.scene.siblings import common_name, sibling_paths
from sargeo.scene.spread import Spread
from sargeo.scene.validity import Storage
from sargeo.scene.words import informative_text, polarisations_in

STORAGES = {
    "integer": Storage(np.dtype("int16")),
    "scaled": Storage(np.dtype("int16"), 0.01),
    "float": Storage(np.dtype("float32")),
}


def clues(
    *, descriptions=("",), band_tags="", unit="", tags="", name="x", median=-12.0,
    stored="float", spread=None,
):  # fmt: skip
    texts = [[d, band_tags, unit, tags, name] for d in descriptions]
    around = Spread(median - 9, median, median + 9) if median < 0 else Spread(0, median, 5 * median)
    return of_bands(texts, [spread or around] * len(texts), stored)


def of_bands(texts, spreads, stored="float"):
    count = len(texts)
    return Clues("x.tif", texts, [STORAGES[stored]] * count, spreads, range(count), count)


def found(**said):
    return interpret(clues(**said), Assumptions())


@pytest.mark.parametrize(
    ("text", "polarisations"),
    [
        ("Sigma0_VV_db", ("VV",)),
        ("s1-vh-20200101", ("VH",)),
        ("ALOS.HH.HV.tif", ("HH", "HV")),
        ("VV_grd vv", ("VV",)),
        ("VV, VH", ("VV", "VH")),
        ("S1A_IW_GRDH_1SDV_20210101T000000", ("VV", "VH")),
        ("S1A_IW_GRDH_1SDH_20210101T000000", ("HH", "HV")),
        ("S1A_IW_GRDH_1SSV_20210101T000000", ("VV",)),
        ("S1A_IW_GRDH_1SDV_20210101T000000_VH_TC", ("VH",)),
        ("shvh_vvv", ()),
    ],
)
def test_polarisations_are_words(text, polarisations):
    assert polarisations_in(text) == polarisations


@pytest.mark.parametrize(
    ("said", "band", "places"),
    [
        ({"descriptions": ("Gamma0_VH_db",)}, Band("VH", "gamma0", "db"), ("description",) * 3),
        (
            {"name": "S1A__IW___A_20150309T173017_VV_grd_mli_geo_norm_db"},
            Band("VV", "gamma0", "db"),
            ("name",) * 3,
        ),
        (
            {"name": "S1A_IW_20180128T161201_DVP_RTC30_G_gpuned_FD6A_VV", "median": 0.1},
            Band("VV", "gamma0", "linear"),
            ("name",) * 3,
        ),
        (
            {"name": "S1B_IW_DVP_RTC10_G_sdufem_1234_VH"},
            Band("VH", "sigma0", "db"),
            ("name",) * 3,
        ),
        ({"name": "x_vv_RTC", "unit": "dB"}, Band("VV", "gamma0", "db"), ("name", "name", "unit")),
        (
            {"band_tags": "VV beta nought", "median": 0.2},
            Band("VV", "beta0", "linear"),
            ("band tags", "band tags", "presumed linear power"),
        ),
        (
            {"tags": "HH", "descriptions": ("sigma_0 amplitude",), "median": 0.3},
            Band("HH", "sigma0", "amplitude"),
            ("file's tags", "description", "description"),
        ),
        ({"name": "vv"}, Band("VV", "sigma0", "db"), ("name", "presumed", "values")),
        (
            {"name": "vv_linear", "median": 0.1},
            Band("VV", "sigma0", "linear"),
            ("name", "presumed from the values", "name"),
        ),
        (
            {"descriptions": ("Intensity_VV",), "median": 40_000.0},
            Band("VV", "uncalibrated", "linear"),
            ("description", "presumed", "description"),
        ),
        (
            {"name": "vh", "median": 90.0, "stored": "integer"},
            Band("VH", "uncalibrated", "amplitude"),
            ("name", "integer", "integer"),
        ),
        (
            {"name": "vh", "median": -14.0, "stored": "integer"},
            Band("VH", "sigma0", "db"),
            ("name", "presumed", "values"),
        ),
    ],
)
def test_what_is_said_and_where(said, band, places):
    (finding,) = found(**said)
    assert finding.band == band
    sources = (finding.polarisation_from, finding.quantity_from, finding.scale_from)
    for source, place in zip(sources, places, strict=True):
        assert place in source


def test_bands_of_one_name_are_in_its_order():
    findings = found(descriptions=("", ""), name="flood_vv_vh_db")
    assert [f.band.polarisation for f in findings] == ["VV", "VH"]


def test_descriptions_win_over_the_name():
    findings = found(descriptions=("VH", "VV"), name="s1_vv_vh_db")
    assert [f.band.polarisation for f in findings] == ["VH", "VV"]


@pytest.mark.parametrize(
    "said",
    [
        {"name": "vv_vh_db"},
        {"name": "db"},
        {"descriptions": ("", ""), "name": "vv_db"},
        {"name": "vv", "median": 0.2},
        {"name": "vv", "median": -1400.0, "stored": "integer"},
        {"name": "vv_sigma0", "median": 150.0, "stored": "integer"},
        {"name": "vv_linear", "median": -3.0},
        {"name": "vv_db", "median": 120.0},
        {"name": "vv_db", "spread": Spread(0.003, 0.05, 0.4)},  # linear power called decibels
        {"name": "vv_sigma0", "median": 0.2, "stored": "scaled"},  # amplitude or power
        {"name": "vv", "spread": Spread(-0.02, -0.001, 0.03)},  # power near zero, noise removed
    ],
)
def test_what_stays_unknown_is_refused(said):
    with pytest.raises(UnknownRadiometryError) as caught:
        found(**said)
    assert "--assume" in caught.value.remedy or "gdal_edit" in caught.value.remedy


@pytest.mark.parametrize(
    ("spread", "assumed", "proposed"),
    [
        (Spread(0.003, 0.05, 0.4), "vv,db", "--assume vv,linear"),
        (Spread(-25, -14, -2), "vv,linear", "--assume vv,db"),
        (Spread(-25, -14, -2), "vv,amplitude", "--assume vv,db"),
        (Spread(20, 450, 2000), "vv,db", "--assume vv,amplitude,uncalibrated"),
        (Spread(20, 450, 2000), "vv,linear,sigma0", "--assume vv,linear,uncalibrated"),
        (Spread(20, 450, 2000), "vv,amplitude,gamma0", "--assume vv,amplitude,uncalibrated"),
    ],
)
def test_values_that_cannot_be_what_is_assumed_are_refused(spread, assumed, proposed):
    told = clues(spread=spread)
    with pytest.raises(UnknownRadiometryError) as caught:
        interpret(told, Assumptions.parse(assumed))
    assert "as assumed by the user" in caught.value.problem
    assert proposed in caught.value.remedy
    better = caught.value.remedy.removesuffix(".").rsplit(" ", 1)[1]
    assert interpret(told, Assumptions.parse(better))


def test_power_that_noise_removal_left_near_zero_is_no_decibels():
    told = clues(name="vv_sigma0", spread=Spread(-0.02, -0.0005, 0.03))
    (finding,) = interpret(told, Assumptions())
    assert finding.band == Band("VV", "sigma0", "linear")


def test_angles_without_a_name_are_proposed_to_be_skipped():
    sea = Spread(-25.0, -14.0, -2.0)
    told = of_bands([["", "", "", "", "x"]] * 3, [sea, sea, Spread(30, 38, 46)])
    with pytest.raises(UnknownRadiometryError) as caught:
        interpret(told, Assumptions())
    assert "--assume vv,vh,skip,db" in caught.value.remedy
    for scale in ("db", "linear", "amplitude"):
        with pytest.raises(UnknownRadiometryError, match=r"Band 3 .* skip"):
            interpret(
                of_bands(told.texts, [*[Spread(1, 2, 9)] * 2, told.values[2]])
                if scale != "db"
                else told,
                Assumptions.parse(f"vv,vh,hh,{scale}"),
            )


def test_assumptions_come_first():
    (finding,) = interpret(
        clues(name="vv_db", median=120.0), Assumptions.parse("hv,amplitude,uncalibrated")
    )
    assert finding.band == Band("HV", "uncalibrated", "amplitude")


def test_only_telling_tags_are_read():
    tags = {"POLARISATION": "VV", "AREA_OR_POINT": "HH", "SOFTWARE": "linear", "Units": "dB"}
    assert informative_text(tags) == "VV dB"


def test_incidence_is_the_mean_of_angles_in_range():
    tags = [
        {"INCIDENCE_NEAR": "30", "incidence_far": "45"},
        {"Incidence": "n/a", "incidence_x": "0"},
    ]
    assert find_incidence_deg(tags) == 37.5
    assert find_incidence_deg([{"angle": "30"}]) is None


class TestAssumptions:
    def test_all_keys(self):
        assumed = Assumptions.parse(" VV, vh ,dB,gsd=12.5,gamma0")
        assert assumed == Assumptions(("VV", "VH"), "db", "gamma0", 12.5)

    def test_empty(self):
        assert Assumptions.parse("") == Assumptions()

    def test_unknown_spacing(self):
        assert Assumptions.parse("gsd=unknown").gsd_unknown

    @pytest.mark.parametrize(
        "text",
        ["xx", "db,linear", "vv,vv", "sigma0,gamma0", "gsd=", "gsd=-1", "gsd=nan", "gsd=5,gsd=6",
         "gsd=unknown,gsd=5", "scale=db"],
    )  # fmt: skip
    def test_nonsense(self, text):
        with pytest.raises(UsageError) as caught:
            Assumptions.parse(text)
        assert text in caught.value.problem
        assert caught.value.exit_code == 2


class TestNames:
    def test_siblings_keep_case_and_folder(self):
        there = {"/d/S_HH.tif", "/d/S_HV.tif", "/d/S_hh.tif"}
        assert sibling_paths("/d/S_HV.tif", there.__contains__) == ["/d/S_HH.tif", "/d/S_HV.tif"]

    def test_windows_paths(self):
        there = {"C:\\d_vv\\x-vv.tif", "C:\\d_vv\\x-vh.tif"}
        paths = sibling_paths("C:\\d_vv\\x-vh.tif", there.__contains__)
        assert paths == ["C:\\d_vv\\x-vv.tif", "C:\\d_vv\\x-vh.tif"]
        assert common_name(paths) == "x"

    @pytest.mark.parametrize("path", ["/d/x.tif", "/d/vv_vh.tif", "/d/shh.tif"])
    def test_names_without_one_polarisation_have_none(self, path):
        assert sibling_paths(path, lambda _: True) == [path]

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/d/x_vv.tif", "x_vv"),
            ("a.b.tif", "a.b"),
            ("/vsizip/s.zip/y.tif", "y"),
            ("x", "x"),
            ("netcdf:/d/x.nc:VV", "x_VV"),
            ('NETCDF:"x.nc":VV', "x_VV"),
            ("GPKG:C:\\d\\x.gpkg:t", "x_t"),
            ("/d/.x.tif", "x"),
            ("..x.y.tif", "x.y"),
            ("/d/.tif", "tif"),
            ("...", "scene"),
        ],
    )
    def test_one_file_keeps_its_stem(self, path, name):
        assert common_name([path]) == name
