"""Areas, zones, references, exclusions and land of any shape, place and spelling."""

# Tables of odd values are read more easily in long lines.
# ruff: noqa: E501

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fuzzing import assert_whole, fuzz, refused, run_judged
from support.odd_rasters import folder_of_bases
from support.odd_vectors import odd_csv, odd_frames, odd_geojson, write_vectors
from support.webmap import write_run

from sargeo.evaluation.zones import zonal_table
from sargeo.mapping import map_scene

pytestmark = pytest.mark.slow

FILES = st.one_of(
    st.tuples(st.just(".geojson"), odd_geojson()),
    st.tuples(st.just(".geojson"), odd_geojson()),
    st.tuples(st.just(".csv"), odd_csv()),
)


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("products")
    write_run(folder, shape=(60, 80))
    return folder


@fuzz(35)
@given(file=FILES, option=st.sampled_from(["--aoi", "--aoi", "--exclude", "--land-mask"]))
def test_areas_of_dry_runs(file, option, tiny_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors = write_vectors(folder, *file)
        scene = folder_of_bases() / "float_db.tif"
        run_judged(
            "map", scene, "-o", folder / "out", f"--model={tiny_model}", "--dry-run", option, vectors,
            names=["odd.", "float_db"],
        )  # fmt: skip


@fuzz(8)
@given(file=FILES, option=st.sampled_from(["--aoi", "--exclude", "--land-mask"]))
def test_areas_of_runs(file, option, tiny_model):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors = write_vectors(folder, *file)
        scene = folder_of_bases() / "float_db.tif"
        ended = run_judged(
            "map", scene, "-o", folder / "out", f"--model={tiny_model}", option, vectors
        )
        assert_whole(folder / "out", ended)


@fuzz(35)
@given(file=FILES, table=st.sampled_from([None, ".csv", ".gpkg"]))
def test_zones(file, table, products):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vectors = write_vectors(folder, *file)
        out = [] if table is None else ["-o", folder / f"table{table}"]
        run_judged("zones", vectors, products, *out, "--json", names=["odd.", "table"])
        assert not [path for path in folder.iterdir() if ".part" in path.name]


@fuzz(35)
@given(file=FILES, product=st.sampled_from(["scene_landcover.tif", "scene_objects.gpkg"]))
def test_references(file, product, products):
    with tempfile.TemporaryDirectory() as name:
        vectors = write_vectors(Path(name), *file)
        run_judged("assess", vectors, products / product, "--json", names=["odd.", "scene_"])


@fuzz(20)
@given(file=FILES)
def test_objects_of_others(file, products):
    with tempfile.TemporaryDirectory() as name:
        vectors = write_vectors(Path(name), *file)
        run_judged(
            "assess", products / "scene_objects.gpkg", vectors, "--json", names=["odd.", "objects"]
        )


@fuzz(40)
@given(frame=odd_frames(), use=st.sampled_from(["aoi", "zones"]))
def test_frames_in_memory(frame, use, products, tiny_model):
    if use == "zones":
        refused(lambda: zonal_table(frame, products))
        return
    with tempfile.TemporaryDirectory() as out:
        scene = folder_of_bases() / "float_db.tif"
        refused(lambda: map_scene(scene, tiny_model, out, aoi=frame, device="cpu"))
        assert not [path for path in Path(out).iterdir() if path.name.startswith(".")]
