"""What people see: every command on terminals of 60, 80 and 120 columns, and in a pipe.

The texts lie in tests/snapshots. After a change that is meant, write them anew and read the
difference: ``SARGEO_WRITE_SNAPSHOTS=1 python -m pytest tests/integration/test_cli_snapshots.py``.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import Point, box
from support.outcome import Outcome
from support.rasters import write_raster

from sargeo.demo import demo_landcover_path, demo_points_path, demo_scene_path, demo_ships_path
from sargeo.diagnosis import Diagnosis
from sargeo.language.classification import ClassificationReport
from sargeo.language.description import Description, PlaceText
from sargeo.language.embedding import EmbeddingReport
from sargeo.language.retrieval import SearchReport
from sargeo.mapping import RunPlan, RunReport
from sargeo.products.names import ProductPaths
from sargeo.products.vector import write_objects
from sargeo_cli.shell import Shell

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"
WIDTHS = (60, 80, 120, None)

Cli = Callable[..., Outcome]

SECONDS = {"read": 0.012, "map": 1.4, "finish": 0.3}
EFFORT: dict[str, Any] = {
    "model": "sargeo-tiny",
    "device": "cpu",
    "seconds": SECONDS,
    "mpx_per_s": 0.751,
    "peak_memory_bytes": 1_100_000_000,
}
AREAS = {"open water": 56.27, "low vegetation": 21.65, "bare": 18.2, "trees": 0.004}
SHARES = {"open water": 0.58538, "low vegetation": 0.22522, "bare": 0.18936, "trees": 0.00004}
DROPPED = {
    "below_confidence": 1212,
    "outside": 3,
    "seen_twice": 2,
    "shorter": 9,
    "longer": 0,
    "excluded": 1,
    "on_land": 4,
}
PRODUCTS = ("landcover.tif", "confidence.tif", "count.tif", "objects.gpkg")

REPORT = RunReport(
    products=(
        *(Path("out") / f"demo_scene_{name}" for name in PRODUCTS),
        Path("out/demo_scene.stac.json"),
    ),
    objects=25,
    objects_proposed=1256,
    objects_dropped=DROPPED,
    valid_share=0.91601,
    class_shares=SHARES,
    class_areas_km2=AREAS,
    **EFFORT,
)
WITH_PAGE = dataclasses.replace(
    REPORT, products=(*REPORT.products, Path("out/demo_scene_map.html"))
)
PLAN = RunPlan(
    scene="demo_scene.tif",
    model="sargeo-tiny",
    device="cpu",
    crs="EPSG:32629",
    rows=25_000,
    cols=16_000,
    gsd_m=(10.004, 10.004),
    resampled=False,
    work_rows=25_000,
    work_cols=16_000,
    patch=512,
    margin=64,
    batch_size=1,
    windows=2745,
    stripes=65,
    memory_bytes=1_900_000_000,
    seconds=3912.4,
    output_bytes={"landcover": 400_000_000, "confidence": 400_000_000},
)
CLASSES = ClassificationReport(
    products=(Path("out/demo_scene_text.tif"), Path("out/demo_scene_text.qml")),
    valid_share=1.0,
    class_shares={"open water": 0.73538, "buildings": 0.26462},
    class_areas_km2={"open water": 70.69, "buildings": 25.44},
    **EFFORT,
)
EMBEDDING = EmbeddingReport(
    products=(Path("out/demo_scene_embedding.tif"), Path("out/demo_scene_embedding.stac.json")),
    dimensions=64,
    valid_share=0.91795,
    **EFFORT,
)
PLACES = [
    {
        "text": text,
        "rank": rank,
        "score": score,
        "scene": f"scenes/{scene}.tif",
        "lon": -8.794762,
        "lat": 40.696264,
        "extent_m": 1000.0,
        "geometry": Point(0, 0),
    }
    for text, rank, score, scene in (
        ("a harbour with ships", 1, 0.6373, "a_scene_with_a_long_name_of_many_words"),
        ("a harbour with ships", 2, 0.6349, "b"),
        ("fields", 1, 0.41, "b"),
    )
]
FOUND = SearchReport(
    places=gpd.GeoDataFrame(PLACES, crs=4326), output=Path("places.gpkg"), **EFFORT
)
TEXTS = (
    "The cover is led by a single class, with water surfaces as its largest class, and the radar "
    "picks out two vessels.",
    "The image shows no vessels.",
)
SEEN = tuple(
    PlaceText(text, -8.815842, 40.690713, height, 5122.0, share, 0.6789, 0.5912)
    for text, height, share in zip(TEXTS, (5122.0, None), (0.975, 1.0), strict=True)
)
DESCRIPTION = Description("demo_scene.tif", "sargeo-tiny", "cpu", None, SEEN)
ANSWER = Description(
    "demo_scene.tif",
    "sargeo-tiny",
    "cpu",
    "how many ships are there?",
    (dataclasses.replace(SEEN[0], text="2"),),
)
FACTS = {
    "software": {"python": "3.12.1", "executable": "/opt/sargeo/bin/python", "sargeo": "0.1.0"},
    "geodata": {"drivers": ["GTiff", "COG", "GPKG"], "drivers_missing": []},
    "environment_variables": {},
    "devices": {
        "cpu": {"name": "x86_64", "cores": 2, "threads": 2, "memory_bytes": 25_300_000_000},
        "cuda_of_torch": "none: this torch is built for CPUs only",
    },
    "models": {"sargeo-tiny": "intact"},
}
PROBLEM = (
    "The variable PROJ_DATA names /opt/other/share/proj, whose database is too old. Unset it "
    "before you start sargeo."
)

SCENE = "demo_scene.tif"

# Name of the snapshot, what is replaced, and the command line.
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "map": ({"sargeo.mapping.map_scene": REPORT}, ["map", SCENE, "-o", "out"]),
    "map_dry_run": (
        {"sargeo.mapping.plan_map": PLAN},
        ["map", SCENE, "-o", "the maps", "--dry-run", "--assume", "vv,vh,db"],
    ),
    "demo": ({"sargeo.mapping.map_scene": WITH_PAGE}, ["demo", "-o", "out"]),
    "info": ({}, ["info", SCENE]),
    "info_with_checks": ({}, ["info", "coarse.tif", "--assume", "hh,hv,gsd=40"]),
    "info_refused": ({}, ["info", "unnamed.tif"]),
    "zones": ({}, ["zones", "zones.gpkg", "products"]),
    "zones_written": ({}, ["zones", "zones.gpkg", "products", "-o", "table.csv"]),
    "assess_landcover": ({}, ["assess", "points.geojson", "products/demo_scene_landcover.tif"]),
    "assess_objects": ({}, ["assess", "ships.geojson", "products/demo_scene_objects.gpkg"]),
    "webmap": ({}, ["webmap", "products", "-o", "page.html"]),
    "model_list": ({}, ["model", "list"]),
    "model_show": ({}, ["model", "show"]),
    "model_verify": ({}, ["model", "verify"]),
    "doctor": ({"sargeo.diagnosis.diagnose": Diagnosis(FACTS, ())}, ["doctor"]),
    "doctor_problem": ({"sargeo.diagnosis.diagnose": Diagnosis(FACTS, (PROBLEM,))}, ["doctor"]),
    "classify": (
        {"sargeo.language.classification.classify": CLASSES},
        ["classify", SCENE, "--text", "open water", "--text", "buildings", "-o", "out"],
    ),
    "embed": (
        {"sargeo.language.embedding.embed": EMBEDDING},
        ["embed", SCENE, "-o", "out"],
    ),
    "search": (
        {"sargeo.language.retrieval.search": FOUND},
        ["search", SCENE, "--text", "ships", "-o", "places.gpkg"],
    ),
    "caption": (
        {"sargeo.language.description.caption": DESCRIPTION},
        ["caption", SCENE, "--assume", "vv,vh,db"],
    ),
    "ask": ({"sargeo.language.description.ask": ANSWER}, ["ask", SCENE, "how many ships?"]),
    "error_missing": ({}, ["map", "no such scene.tif", "-o", "out"]),
    "error_usage": ({}, ["map", SCENE]),
    "error_formats": ({}, ["zones", "zones.gpkg", "products", "--json", "--csv"]),
    "error_reference": (
        {},
        ["assess", "zones.gpkg", "products/demo_scene_landcover.tif", "--class-field", "kind"],
    ),
    "error_no_products": ({}, ["zones", "zones.gpkg", "."]),
}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with scenes, products and vectors, the same everywhere."""
    folder = tmp_path_factory.mktemp("workplace")
    with demo_scene_path() as scene, demo_landcover_path() as landcover:
        shutil.copy(scene, folder / SCENE)
        _write_products(ProductPaths(folder / "products", "demo_scene"), landcover)
    with demo_points_path() as points, demo_ships_path() as ships:
        shutil.copy(points, folder / "points.geojson")
        shutil.copy(ships, folder / "ships.geojson")
    _write_zones(folder / "zones.gpkg")
    db = np.linspace(-25, 5, 2 * 40 * 50).reshape(2, 40, 50).astype(np.float32)
    db[:, :, :10] = np.nan
    coarse = Affine(40, 0, 513_000, 0, -40, 4_507_000)
    write_raster(
        folder / "coarse.tif", db, transform=coarse, descriptions=["sigma0 HH dB", "sigma0 HV dB"]
    )
    write_raster(folder / "unnamed.tif", db, transform=coarse, descriptions=["one", "two"])
    return folder


def _write_products(paths: ProductPaths, landcover: Path) -> None:
    paths.folder.mkdir()
    shutil.copy(landcover, paths.landcover)
    with rasterio.open(landcover) as truth:
        profile, codes = truth.profile, truth.read()
    with rasterio.open(paths.confidence, "w", **{**profile, "nodata": 255}) as confidence:
        confidence.write(np.where(codes > 0, 90, 255).astype(np.uint8))
    with demo_ships_path() as path:
        ships = gpd.read_file(path).to_crs(profile["crs"])
    ships["confidence"] = 0.9
    write_objects(paths.objects, ships[["kind", "confidence", "length_m", "geometry"]].iloc[3:])


def _write_zones(path: Path) -> None:
    names = ["North quay and container terminal", "Marina", "Uplands", "Elsewhere"]
    lefts = [513_000, 515_560, 520_680, 600_000]
    shapes = [box(left, 4_496_760, left + 2560, 4_507_000) for left in lefts]
    gpd.GeoDataFrame({"name": names, "owner": "x"}, geometry=shapes, crs=32629).to_file(path)


def _write_page(_paths: ProductPaths, page: Path) -> None:
    page.write_text("<html>" * 2000, encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_commands_show_what_they_did(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, workplace: Path, name: str
) -> None:
    replaced, words = CASES[name]
    monkeypatch.chdir(workplace)
    monkeypatch.setattr("sargeo_cli.shell.current_shell", lambda: Shell.posix)
    monkeypatch.setattr("sargeo.webmap.page.write_web_map", _write_page)
    for target, result in replaced.items():
        monkeypatch.setattr(target, lambda *_a, result=result, **_k: result)
    shown = "".join(_shown(cli, monkeypatch, words, width) for width in WIDTHS)
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("SARGEO_WRITE_SNAPSHOTS"):
        path.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == path.read_text(encoding="utf-8")


def _shown(cli: Cli, monkeypatch: pytest.MonkeyPatch, words: list[str], width: int | None) -> str:
    variables = {"COLUMNS": str(width), "LINES": "50", "FORCE_COLOR": "1", "TERM": "dumb"}
    for variable, value in variables.items():
        if width is None:
            monkeypatch.delenv(variable)
        else:
            monkeypatch.setenv(variable, value)
    outcome = cli(*words, *(["--progress", "none"] if words[0] in WITH_PROGRESS else []))
    where = "in a pipe" if width is None else f"{width} columns"
    parts = [f"=== {where}, exit code {outcome.code}\n", outcome.out]
    if outcome.err:
        parts += ["--- standard error\n", outcome.err]
    return _masked("".join(parts))


WITH_PROGRESS = {"map", "demo", "classify", "embed", "search"}


def _masked(text: str) -> str:
    """Hide what differs by machine."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "<sha256>", text)
    return text.replace("\\", "/") if sys.platform == "win32" else text


@pytest.mark.parametrize("name", CASES)
def test_terminals_are_not_exceeded_but_by_commands_and_paths(name: str) -> None:
    text = (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")
    for section in text.split("=== ")[1:]:
        head, *lines = section.splitlines()
        if head.startswith("in a pipe"):
            continue
        columns = int(head.split()[0])
        for before, line in zip(["", *lines], lines, strict=False):
            whole = before.startswith("Next,") or len(line.split()) == 1 or "<sha256>" in line
            assert whole or len(line) <= columns, f"{columns}: {line}"


def test_every_snapshot_belongs_to_a_case() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == set(CASES)
