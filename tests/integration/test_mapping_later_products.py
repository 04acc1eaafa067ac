"""What can be known before a run is said before it; what fails later takes nothing with it."""

from __future__ import annotations

import copy
import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box
from support.rasters import backscatter_db, write_raster, write_scene
from support.stub_model import StubModel

from sargeo.errors import (
    CancelledError,
    DiskFullError,
    EnvironmentLackError,
    InputError,
    OutOfMemoryError,
    OutputNotWritableError,
    ReferenceDataError,
    SargeoError,
    UsageError,
)
from sargeo.mapping import ObjectControls, map_scene, plan_map
from sargeo.products.names import find_products
from sargeo.products.raster import RasterSink
from sargeo.reporting import Progress, Silent
from sargeo.webmap import write_web_map

POLE = {"crs": "EPSG:3413", "transform": Affine(10, 0, -1280, 0, -10, 1280)}


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return write_scene(tmp_path / "bay_vv.tif", bands=["VV"], shape=(120, 160)).path


def names(folder: Path) -> set[str]:
    return {path.name.removeprefix("bay_vv") for path in folder.iterdir()}


class Usage(NamedTuple):
    total: int
    used: int
    free: int


# --- before the run


@pytest.mark.parametrize("run", [map_scene, plan_map])
@pytest.mark.parametrize(
    "place",
    [
        POLE,
        {"crs": "EPSG:3031", "transform": Affine(10, 0, -1280, 0, -10, 1280)},
        {"crs": "EPSG:4326", "transform": Affine(1e-4, 0, 10, 0, -1e-4, 86)},
        {"crs": "EPSG:32633", "transform": Affine(10, 0, 500_000, 0, -10, 9_600_000)},
    ],
    ids=["north", "south", "degrees", "UTM"],
)
def test_a_page_that_has_no_place_is_refused(
    run: Callable[..., object], place: dict, tmp_path: Path
) -> None:
    path = write_raster(
        tmp_path / "x_vv.tif", backscatter_db((60, 80)), descriptions=["sigma0 VV dB"], **place
    )
    where = {"out_dir": tmp_path / "out"} if run is map_scene else {}
    with pytest.raises(InputError, match="web maps end at 85") as refused:
        run(path, StubModel(), web_map=True, **where)
    assert "--web-map" in refused.value.remedy
    assert not (tmp_path / "out").exists()
    run(path, StubModel(), **where)  # the remedy


@pytest.mark.parametrize("option", ["exclude", "land_mask"])
def test_a_file_for_objects_that_cannot_be_used_is_refused(
    option: str, scene: Path, tmp_path: Path
) -> None:
    (tmp_path / "zones.gpkg").write_bytes(b"no layers")
    controls = ObjectControls(**{option: tmp_path / "zones.gpkg"})
    with pytest.raises(ReferenceDataError, match=r"zones\.gpkg"):
        map_scene(scene, StubModel(), tmp_path / "out", objects=controls)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("length", [150, 225, 230, 240, 250])
def test_a_name_that_grows_too_long_is_refused(length: int, scene: Path, tmp_path: Path) -> None:
    long = scene.rename(tmp_path / f"{'x' * (length - 3)}_vv.tif")
    out = tmp_path / "out"
    if length < 220:
        assert len(map_scene(long, StubModel(), out).products) > 5
        return
    with pytest.raises(OutputNotWritableError, match="longer than this system allows") as refused:
        map_scene(long, StubModel(), out)
    assert "shorter name" in refused.value.remedy
    assert list(out.iterdir()) == []
    short = tmp_path / "short_vv.tif"
    shutil.copy(long, short)  # the remedy
    assert map_scene(short, StubModel(), out).products


def test_a_path_that_is_too_long_for_a_geopackage_is_refused(scene: Path, tmp_path: Path) -> None:
    """Each name is short enough for the system, all of them together are not for SQLite."""
    out = tmp_path / ("o" * 200) / ("p" * 200)
    with pytest.raises(OutputNotWritableError, match="longer than this system allows"):
        map_scene(scene, StubModel(), out)
    assert map_scene(scene, StubModel(), tmp_path / "out").products  # the remedy


def test_a_folder_with_too_long_a_name_is_refused(scene: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritableError, match="longer than this system allows"):
        map_scene(scene, StubModel(), tmp_path / ("o" * 300))


def test_a_disk_that_is_plainly_too_full_is_refused(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 120 * 160  # of the two bytes a pixel that land cover and confidence take
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10 * free, 9 * free, free))
    with pytest.raises(DiskFullError, match="too full"):
        map_scene(scene, StubModel(), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    corner = gpd.GeoDataFrame(geometry=[box(*_corner(scene))], crs="EPSG:32633")
    assert map_scene(scene, StubModel(), tmp_path / "out", aoi=corner).products


def _corner(scene: Path) -> tuple[float, float, float, float]:
    with rasterio.open(scene) as dataset:
        left, _, _, top = dataset.bounds
    return left, top - 300, left + 300, top


# --- later products


def fail_with(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_options: object) -> None:
        raise error

    return fail


LATER = {
    "page": ("sargeo.webmap.write_web_map", "The web page", {"_map.html"}),
    "item": ("sargeo.inference.run.write_item", "The STAC item", {".stac.json"}),
    "objects": (
        "sargeo.mapping.run.write_objects",
        "The objects and their counts",
        {"_objects.gpkg", "_count.tif", "_count.qml"},
    ),
    "count": (
        "sargeo.products.count.CountGrid.write",
        "The count raster",
        {"_count.tif", "_count.qml"},
    ),
    "style": ("sargeo.mapping.run.classes_qml", "The style", {"_landcover.qml"}),
}
ALL = {
    "_landcover.tif", "_landcover.tif.aux.xml", "_landcover.qml", "_confidence.tif", "_count.tif",
    "_count.qml", "_objects.gpkg", ".stac.json", "_map.html",
}  # fmt: skip


@pytest.mark.parametrize("later", LATER)
def test_a_later_product_that_fails_takes_no_other_with_it(
    later: str, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, named, missing = LATER[later]
    monkeypatch.setattr(target, fail_with(InputError("It is broken.", "Mend it.")))
    out = tmp_path / "out"
    with pytest.raises(InputError) as failed:
        map_scene(scene, StubModel(), out, web_map=True)
    assert names(out) == ALL - missing
    assert failed.value.problem.startswith(named)
    assert str(out) in failed.value.problem
    assert "It is broken." in failed.value.problem
    assert failed.value.remedy.startswith("Mend it. Then ")


@pytest.mark.parametrize(
    ("error", "kind", "exit_code"),
    [
        (MemoryError(), OutOfMemoryError, 5),
        (ZeroDivisionError("by zero"), SargeoError, 1),
        (OSError(errno.EIO, "Input/output error"), EnvironmentLackError, 4),
        (DiskFullError("Full.", "Free some."), DiskFullError, 4),
    ],
)
def test_the_exit_code_is_that_of_the_cause(
    error: Exception,
    kind: type[SargeoError],
    exit_code: int,
    scene: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sargeo.webmap.write_web_map", fail_with(error))
    with pytest.raises(kind) as failed:
        map_scene(scene, StubModel(), tmp_path / "out", web_map=True)
    assert failed.value.exit_code == exit_code
    assert failed.value.__cause__ is error
    assert names(tmp_path / "out") == ALL - {"_map.html"}


def test_the_next_command_makes_the_page(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch, pytest.raises(InputError) as failed:
        patch.setattr("sargeo.webmap.write_web_map", fail_with(InputError("Broken.", "Mend it.")))
        map_scene(scene, StubModel(), out, web_map=True)
    _, _, command = failed.value.remedy.rstrip(".").partition("Then run sargeo ")
    words = [word.strip('"') for word in command.split()]
    assert cli(*words).code == 0
    assert names(out) == ALL


def test_a_cell_that_is_too_full_costs_only_the_counts(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sargeo.products.count.COUNT_NODATA", 0)
    with pytest.raises(UsageError, match="The count raster could not be made") as failed:
        map_scene(scene, StubModel(), tmp_path / "out")
    assert "smaller cell size" in failed.value.remedy
    assert "_objects.gpkg" in names(tmp_path / "out")
    assert not {"_count.tif", "_count.qml"} & names(tmp_path / "out")


def test_a_raster_that_fails_takes_no_other_with_it(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = RasterSink._convert

    def lose_confidence(self: RasterSink) -> None:
        if "confidence" in self.path.name:
            raise OSError(errno.EIO, "Input/output error")
        convert(self)

    monkeypatch.setattr(RasterSink, "_convert", lose_confidence)
    with pytest.raises(OutputNotWritableError, match="A raster could not be made"):
        map_scene(scene, StubModel(), tmp_path / "out")
    assert names(tmp_path / "out") == ALL - {"_confidence.tif", "_map.html"}
    item = json.loads((tmp_path / "out" / "bay_vv.stac.json").read_text(encoding="utf-8"))
    assert not any("confidence" in asset["href"] for asset in item["assets"].values())
    write_web_map(find_products(tmp_path / "out"), tmp_path / "page.html")


def test_where_nothing_was_made_nothing_appears(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RasterSink, "_convert", fail_with(OSError(errno.EIO, "broken")))
    with pytest.raises(OutputNotWritableError) as failed:
        map_scene(scene, StubModel(), tmp_path / "out", products=("landcover",))
    assert list((tmp_path / "out").iterdir()) == []
    assert not hasattr(failed.value, "__notes__")


# --- the working folder


class Stop(Silent):
    """Raises an error, or cancels, once a phase is told of."""

    def __init__(self, phase: str, error: BaseException | None = None, done: int = 0) -> None:
        self.phase, self.error, self.done, self.cancelled = phase, error, done, False

    def progress(self, progress: Progress) -> None:
        if progress.phase == self.phase and progress.done >= self.done:
            self.cancelled = True
            if self.error:
                raise self.error


@pytest.mark.parametrize(
    "error",
    [
        None,
        KeyboardInterrupt(),
        DiskFullError("Full.", "Free."),
        ZeroDivisionError(),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    ("phase", "done", "kept"), [("read", 0, False), ("map", 1, False), ("finish", 1, True)]
)
def test_a_folder_that_stays_is_told(
    error: BaseException | None, phase: str, done: int, kept: bool, scene: Path, tmp_path: Path
) -> None:
    error = copy.copy(error)  # the one in the list keeps no notes of other tests
    stop, out = Stop(phase, error, done), tmp_path / "out"
    with pytest.raises(type(error) if error else CancelledError) as stopped:
        map_scene(scene, StubModel(), out, reporter=stop, cancelled=lambda: stop.cancelled)
    notes = getattr(stopped.value, "__notes__", [])
    if kept:
        assert [p.name for p in out.iterdir()] == [".bay_vv.sargeo"]
        assert notes == [
            f"Finished products stay in {out / '.bay_vv.sargeo'}; --overwrite removes the folder."
        ]
        map_scene(scene, StubModel(), out, overwrite=True)
        assert not (out / ".bay_vv.sargeo").exists()
    else:
        assert list(out.iterdir()) == []
        assert notes == []


def test_a_folder_that_cannot_be_removed_is_told(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where another program may hold a file of it open."""
    stop, out = Stop("read"), tmp_path / "out"
    monkeypatch.setattr(shutil, "rmtree", fail_with(PermissionError(13, "in use")))
    with pytest.raises(CancelledError) as stopped:
        map_scene(scene, StubModel(), out, reporter=stop, cancelled=lambda: stop.cancelled)
    assert "Unfinished work stays in" in stopped.value.__notes__[0]


def test_what_is_noted_is_shown(scene: Path, tmp_path: Path, cli, monkeypatch) -> None:
    monkeypatch.setattr("sargeo.mapping.run.load_model", lambda *_: StubModel())
    monkeypatch.setattr("sargeo.mapping.run.write_objects", fail_with(KeyboardInterrupt()))
    out = tmp_path / "out"
    outcome = cli("map", scene, "-o", out)
    assert outcome.code == 130
    problem, remedy = outcome.err.splitlines()[-2:]
    assert problem.endswith(
        f"Finished products stay in {out / '.bay_vv.sargeo'}; --overwrite removes the folder."
    )
    assert remedy == "What to do: Run the same command again to start from the beginning."
