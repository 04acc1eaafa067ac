"""Each command loads what it uses: libraries cost seconds and hundreds of megabytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.rasters import write_scene

pytestmark = pytest.mark.slow

NEVER = {"dask", "timm", "torchvision"}
NETWORK = {"torch", "safetensors.torch", "tokenizers"}
TABLES = {"geopandas", "pandas", "pyarrow", "pyogrio"}
RASTERS = {"rasterio"}
ARRAYS = {"rioxarray", "xarray"}
NUMERICS = {"scipy"}
PAGE = {"folium", "PIL"}
FINISHING = {"pystac"}

SCRIPT = """
import json, sys
from sargeo_cli.main import run
code = run(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def loaded_by(*arguments: object) -> set[str]:
    """Run a command in a fresh interpreter; return its modules and the packages they are of."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return {*modules, *(name.partition(".")[0] for name in modules)}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scene") / "scene.tif").path


@pytest.fixture(scope="module")
def mapped(
    scene: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, set[str]]:
    """The products of a scene of one window, and what mapping it loaded."""
    folder = tmp_path_factory.mktemp("mapped")
    options = ("--model", tiny_model, "--progress", "none", "--device", "cpu")
    return folder, loaded_by("map", scene, "-o", folder, *options)


@pytest.fixture(scope="module")
def zones(scene: Path) -> Path:
    import rasterio

    with rasterio.open(scene) as dataset:
        west, south, east, north = dataset.bounds
        crs = f"urn:ogc:def:crs:EPSG::{dataset.crs.to_epsg()}"
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    content = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": crs}},
        "features": [{"type": "Feature", "properties": {}, "geometry": polygon}],
    }
    path = scene.with_name("zones.geojson")
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_scene_is_described_without_network_and_tables(scene: Path) -> None:
    loaded = loaded_by("info", scene, "--json")
    assert loaded >= RASTERS
    assert not loaded & (NEVER | NETWORK | TABLES | ARRAYS | NUMERICS | PAGE | FINISHING)


@pytest.mark.parametrize("arguments", [("model", "list"), ("model", "show", "sargeo-tiny")])
def test_models_are_described_without_network_and_scenes(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(*arguments)
    assert "sargeo.model.spec" in loaded
    others = NEVER | NETWORK | TABLES | RASTERS | ARRAYS | NUMERICS | PAGE | FINISHING
    assert not loaded & others


def test_mapping_loads_neither_arrays_for_notebooks_nor_the_page(
    mapped: tuple[Path, set[str]],
) -> None:
    _, loaded = mapped
    assert loaded >= {"torch", *FINISHING, *TABLES}
    assert not loaded & (NEVER | ARRAYS | NUMERICS | PAGE)


def test_zones_are_summed_without_network(mapped: tuple[Path, set[str]], zones: Path) -> None:
    loaded = loaded_by("zones", zones, mapped[0])
    assert loaded >= TABLES
    assert not loaded & (NEVER | NETWORK | ARRAYS | NUMERICS | PAGE | FINISHING)


def test_a_page_is_written_without_network(mapped: tuple[Path, set[str]], tmp_path: Path) -> None:
    loaded = loaded_by("webmap", mapped[0], "-o", tmp_path / "page.html")
    assert loaded >= PAGE
    assert not loaded & (NEVER | NETWORK | ARRAYS | NUMERICS | FINISHING)


def test_the_doctor_looks_at_torch_and_at_nothing_beside_it() -> None:
    loaded = loaded_by("doctor")
    assert loaded >= {"torch", "pyogrio", *RASTERS}
    assert not loaded & (NEVER | ARRAYS | NUMERICS | PAGE | FINISHING)
