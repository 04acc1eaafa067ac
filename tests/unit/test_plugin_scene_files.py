"""The plugin knows which files make up a scene as sargeo does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sargeo_qgis.core.scene_files import files_of, polarisations_of, stem_of

from sargeo.scene.siblings import common_name, sibling_paths

PARTS = st.sampled_from(["VV", "vv", "vh", "HH", "hv", "_", "-", " ", ".", "S1A", "ä", "vvx"])
NAMES = st.lists(PARTS, min_size=1, max_size=6).map(lambda parts: "".join(parts) + ".tif")


@given(name=NAMES, others=st.lists(NAMES, max_size=3), pairs=st.sets(st.sampled_from("vh")))
def test_polarisations_and_names_are_those_of_sargeo(
    tmp_path_factory: pytest.TempPathFactory, name: str, others: list[str], pairs: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("scenes")
    swapped = [name.replace("v" + a, "v" + b) for a in pairs for b in "vh" if a != b]
    for each in (name, *others, *swapped):
        (folder / each).touch()
    expected = sibling_paths(str(folder / name), os.path.exists)
    found = polarisations_of(folder / name)
    assert found[0] == folder / name
    assert {str(path) for path in found} == set(expected)
    assert stem_of(folder / name) == common_name(expected)


def test_what_gdal_reads_beside_a_raster_belongs_to_it(tmp_path: Path) -> None:
    wanted = ["x_vv.tif", "x_vh.tif", "x_vv.tif.aux.xml", "x_vv.tif.msk", "x_vh.tif.msk"]
    for name in (*wanted, "x_vv.tif.ovr", "y_vv.tif", "x_landcover.tif"):
        (tmp_path / name).touch()
    assert {path.name for path in files_of(tmp_path / "x_vv.tif")} == set(wanted)
    assert files_of(tmp_path / "y_vv.tif") == [tmp_path / "y_vv.tif"]
