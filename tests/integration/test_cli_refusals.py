"""Bad input through the command line: two sentences, an exit code, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from support.outcome import Outcome
from support.rasters import backscatter_db, write_raster, write_scene

AOI_ELSEWHERE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[100, 10], [101, 10], [101, 11], [100, 11], [100, 10]]],
            },
        }
    ],
}


def assert_refused(outcome: Outcome, code: int, *words: str) -> None:
    """Two sentences on standard error, and nothing else."""
    assert outcome.code == code, outcome.err
    assert "Traceback" not in outcome.err + outcome.out
    problem, remedy = [line for line in outcome.err.splitlines() if line.strip()][-2:]
    assert problem.startswith("Error: ")
    assert remedy.startswith("What to do: ")
    assert remedy.endswith(".")
    for word in words:
        assert word.lower() in problem.lower()


def assert_nothing_final(out: Path) -> None:
    """Hidden working folders may stay; products may not appear."""
    if out.is_dir():
        assert [p.name for p in out.iterdir() if not p.name.startswith(".")] == []


Map = Callable[..., Outcome]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def map_into(cli: Map, tiny_model: Path, out: Path) -> Map:
    """Run ``sargeo map`` with the small model."""

    def call(scene: object, *options: object) -> Outcome:
        return cli("map", scene, "-o", out, "--model", tiny_model, "--device", "cpu", *options)

    return call


def db(shape: tuple[int, int] = (40, 50), bands: int = 1) -> np.ndarray:
    return backscatter_db(shape, bands)


def missing_file(folder: Path) -> Path:
    return folder / "missing_vv.tif"


def not_a_raster(folder: Path) -> Path:
    path = folder / "letter_vv.tif"
    path.write_text("Dear colleague,", encoding="utf-8")
    return path


def empty_file(folder: Path) -> Path:
    path = folder / "empty_vv.tif"
    path.touch()
    return path


def truncated(folder: Path) -> Path:
    path = write_scene(folder / "cut_vv.tif", shape=(300, 300), bands=["VV"]).path
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def no_crs(folder: Path) -> Path:
    return write_raster(folder / "x_vv.tif", db(), crs=None, descriptions=["sigma0 VV dB"])


def identity_transform(folder: Path) -> Path:
    return write_raster(
        folder / "x_vv.tif", db(), transform=Affine.identity(), descriptions=["sigma0 VV dB"]
    )


def only_gcps(folder: Path) -> Path:
    path = folder / "x_vv.tif"
    corners = [(0, 0, 12, 42), (0, 50, 12.1, 42), (40, 0, 12, 41.9), (40, 50, 12.1, 41.9)]
    gcps = [GroundControlPoint(row, col, x, y) for row, col, x, y in corners]
    write_raster(path, db(), crs=None, transform=None, descriptions=["sigma0 VV dB"])
    with rasterio.open(path, "r+") as scene:
        scene.gcps = (gcps, rasterio.CRS.from_epsg(4326))
    return path


def slant_range(folder: Path) -> Path:
    """As SNAP and ISCE write it: pixels in radar geometry, no CRS, and words that say so."""
    return write_raster(
        folder / "s1a-iw1-slc-vv-20201107t015000-slant.tif",
        db(),
        crs=None,
        transform=None,
        descriptions=["sigma0 VV dB"],
        tags={"PROJECTION": "Slant Range"},
    )


def complex_pixels(folder: Path) -> Path:
    return write_raster(folder / "x_vv.tif", db().astype("complex64"))


def five_bands(folder: Path) -> Path:
    return write_raster(folder / "x.tif", db(bands=5))


def all_infinite(folder: Path) -> Path:
    values = np.full((1, 40, 50), np.inf, dtype="float32")
    return write_raster(folder / "x_vv.tif", values, descriptions=["sigma0 VV dB"])


def all_nodata(folder: Path) -> Path:
    values = np.full((1, 40, 50), -99, dtype="float32")
    return write_raster(folder / "x_vv.tif", values, nodata=-99, descriptions=["sigma0 VV dB"])


def all_nan(folder: Path) -> Path:
    values = np.full((1, 40, 50), np.nan, dtype="float32")
    return write_raster(folder / "x_vv.tif", values, descriptions=["sigma0 VV dB"])


def unknown_polarisation(folder: Path) -> Path:
    return write_raster(folder / "x.tif", db())


def unknown_scale(folder: Path) -> Path:
    return write_raster(folder / "x_vv.tif", np.abs(db()) * 30)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (missing_file, ["missing_vv.tif"]),
        (not_a_raster, ["letter_vv.tif"]),
        (empty_file, ["empty_vv.tif"]),
        (truncated, ["cut_vv.tif"]),
        (no_crs, ["x_vv.tif", "CRS"]),
        (identity_transform, ["x_vv.tif", "transform"]),
        (only_gcps, ["x_vv.tif", "control points"]),
        (slant_range, ["slant.tif"]),
        (complex_pixels, ["x_vv.tif", "complex"]),
        (five_bands, ["x.tif", "5 bands"]),
        (all_nodata, ["x_vv.tif", "valid"]),
        (all_nan, ["x_vv.tif", "valid"]),
        (all_infinite, ["x_vv.tif", "infinite"]),
        (unknown_polarisation, ["x.tif", "polarisation"]),
        (unknown_scale, ["x_vv.tif", "decibels, linear power or amplitude"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_unusable_scenes_are_refused(
    make: Callable[[Path], Path], words: list[str], tmp_path: Path, map_into: Map, out: Path
) -> None:
    assert_refused(map_into(make(tmp_path)), 3, *words)
    assert_nothing_final(out)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return write_scene(tmp_path / "good_vv.tif", bands=["VV"]).path


def test_an_area_that_misses_the_scene_is_refused(
    scene: Path, tmp_path: Path, map_into: Map, out: Path
) -> None:
    aoi = tmp_path / "elsewhere.geojson"
    aoi.write_text(json.dumps(AOI_ELSEWHERE), encoding="utf-8")
    assert_refused(map_into(scene, "--aoi", aoi), 3, "elsewhere.geojson")
    assert_nothing_final(out)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--assume", "vv,nonsense"], ["nonsense"]),
        (["--products", "landcover,lakes"], ["lakes"]),
        (["--cell-size", "-5"], ["-5"]),
        (["--device", "tpu"], ["tpu"]),
        (["--min-confidence", "2"], ["2"]),
        (["--patch", "100"], ["100"]),
    ],
)
def test_options_that_make_no_sense_are_usage_errors(
    options: list[str], words: list[str], scene: Path, map_into: Map, out: Path
) -> None:
    assert_refused(map_into(scene, *options), 2, *words)
    assert_nothing_final(out)


def test_some_infinite_values_become_nodata(tmp_path: Path, map_into: Map, out: Path) -> None:
    """The decibels of no power at all: minus infinity."""
    values = db()
    values[0, 10:20, 10:20] = -np.inf
    path = write_raster(tmp_path / "x_vv.tif", values, descriptions=["sigma0 VV dB"])
    assert map_into(path).code == 0
    with rasterio.open(out / "x_vv_landcover.tif") as landcover:
        np.testing.assert_array_equal(landcover.read(1) == 0, np.isinf(values[0]))


def test_a_device_that_is_not_there_is_lacking(scene: Path, map_into: Map, out: Path) -> None:
    assert_refused(map_into(scene, "--device", "cuda:99"), 4, "cuda:99")
    assert_nothing_final(out)


def test_a_file_in_the_place_of_the_folder_is_not_writable(
    scene: Path, map_into: Map, out: Path
) -> None:
    out.write_text("in the way", encoding="utf-8")
    assert_refused(map_into(scene), 4, str(out))
    assert out.read_text(encoding="utf-8") == "in the way"


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a small disk of its own, with options."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a disk needs Linux and root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounts = []

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a disk")
        mounts.append(folder)
        return folder

    yield mount
    for each in mounts:
        subprocess.run(["umount", str(each)], check=True)


def test_a_read_only_disk_is_not_writable(
    scene: Path, cli: Map, tiny_model: Path, mounted: Callable[[str], Path]
) -> None:
    out = mounted("ro") / "out"
    outcome = cli("map", scene, "-o", out, "--model", tiny_model, "--device", "cpu")
    assert_refused(outcome, 4, str(out))


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="permissions of folders stop only some users"
)
def test_a_folder_without_write_permission_is_not_writable(
    scene: Path, map_into: Map, out: Path
) -> None:
    out.mkdir(mode=0o500)
    assert_refused(map_into(scene), 4, str(out))
    assert_nothing_final(out)


def test_a_full_disk_is_told(
    cli: Map, tiny_model: Path, tmp_path: Path, mounted: Callable[[str], Path]
) -> None:
    small_disk = mounted("size=128k")
    scene = write_scene(tmp_path / "good_vv.tif", bands=["VV"], shape=(700, 700)).path
    outcome = cli("map", scene, "-o", small_disk, "--model", tiny_model, "--device", "cpu")
    assert_refused(outcome, 4, "full")
    assert_nothing_final(small_disk)


def test_products_that_are_there_are_kept(scene: Path, map_into: Map, out: Path) -> None:
    assert map_into(scene).code == 0
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    assert_refused(map_into(scene), 2, "good_vv")
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert map_into(scene, "--overwrite").code == 0


def test_corrupted_weights_are_told(
    scene: Path, cli: Map, tiny_model: Path, tmp_path: Path, out: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_model, damaged)
    weights = damaged / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    for command in (["map", scene, "-o", out, "--model", damaged], ["model", "verify", damaged]):
        assert_refused(cli(*command), 4, "damaged")
    assert_nothing_final(out)


def test_errors_are_json_lines_where_asked_for(tmp_path: Path, map_into: Map) -> None:
    outcome = map_into(missing_file(tmp_path), "--progress", "jsonl")
    event = json.loads(outcome.out.splitlines()[-1])
    assert outcome.code == event["exit_code"] == 3
    assert event["event"] == "error"
    assert event["code"] == "scene_not_found"
    assert "missing_vv.tif" in event["problem"]
    assert event["remedy"]
    assert outcome.err == ""


@pytest.mark.slow
def test_ctrl_c_in_the_middle_leaves_no_product(
    tmp_path: Path, tiny_model: Path, out: Path
) -> None:
    scene = write_scene(tmp_path / "large_vv.tif", bands=["VV"], shape=(3000, 3000)).path
    windows = sys.platform == "win32"
    command = [sys.executable, "-c", "from sargeo_cli.main import main; main()"]
    command += ["map", str(scene), "-o", str(out), "--model", str(tiny_model)]
    with subprocess.Popen(
        [*command, "--device", "cpu", "--progress", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # Windows sends Ctrl-Break to process groups only, and Ctrl-C not at all.
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP if windows else 0,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["phase"] == "map":
                break
        process.send_signal(signal.CTRL_BREAK_EVENT if windows else signal.SIGINT)
        rest, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    last = json.loads(rest.splitlines()[-1])
    assert (last["event"], last["code"]) == ("error", "cancelled")
    left = [path for path in out.iterdir() if path.name.endswith(".sargeo")]
    assert [f"stays in {path};" in last["problem"] for path in left] == [True] * len(left)
    assert "Traceback" not in errors
    assert_nothing_final(out)
