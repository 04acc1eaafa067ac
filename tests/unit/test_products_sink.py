"""A raster stands under its name when it is whole and right, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from support.products import grid_at

from sargeo.errors import DiskFullError, OutputNotWritableError
from sargeo.products.files import replacing, require_writable, write_text
from sargeo.products.places import check_places_path
from sargeo.products.raster import RasterSink, confidence_sink


class Usage(NamedTuple):
    total: int
    used: int
    free: int


ROWS = np.arange(600 * 40, dtype=np.uint8).reshape(600, 40) % 100


def sink_in(folder: Path) -> RasterSink:
    return confidence_sink(folder / "x.tif", grid_at("utm_north", ROWS.shape), {})


def test_nothing_has_the_name_before_the_end(tmp_path: Path) -> None:
    sink = sink_in(tmp_path)
    sink.write(0, ROWS)
    assert not (tmp_path / "x.tif").exists()
    sink.finish()
    assert [p.name for p in tmp_path.iterdir()] == ["x.tif"]
    sink.abort()
    assert [p.name for p in tmp_path.iterdir()] == ["x.tif"]


def test_an_aborted_sink_leaves_nothing(tmp_path: Path) -> None:
    sink = sink_in(tmp_path)
    sink.write(0, ROWS[:100])
    sink.abort()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("start, stop", [(1, 5), (0, 601)])
def test_rows_come_in_order_and_fit(start: int, stop: int, tmp_path: Path) -> None:
    sink = sink_in(tmp_path)
    with pytest.raises(ValueError, match="rows"):
        sink.write(start, np.zeros((stop - start, 40), np.uint8))
    with pytest.raises(ValueError, match="does not fit"):
        sink.write(0, np.zeros((1, 41), np.uint8))
    with pytest.raises(ValueError, match="0 of 600 rows"):
        sink.finish()
    sink.abort()


def test_a_lost_tile_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GDAL tells nothing when closing a file fails: the tile then reads as nodata."""
    copy = rasterio.shutil.copy

    def lose(source: Path, target: Path, **options: Any) -> None:
        with rasterio.open(source, "r+") as dataset:
            dataset.write(np.full((1, 88, 40), 255, np.uint8), window=((512, 600), (0, 40)))
        copy(source, target, **options)

    monkeypatch.setattr(rasterio.shutil, "copy", lose)
    sink = sink_in(tmp_path)
    sink.write(0, ROWS)
    with pytest.raises(OutputNotWritableError, match=r"x\.tif"):
        sink.finish()
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_survive_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = rasterio.shutil.copy

    def strip(source: Path, target: Path, **options: Any) -> None:
        with rasterio.open(source, "r+") as dataset:
            dataset.update_tags(unit="dB")
        copy(source, target, **options)

    monkeypatch.setattr(rasterio.shutil, "copy", strip)
    sink = sink_in(tmp_path)
    sink.write(0, ROWS)
    with pytest.raises(OutputNotWritableError, match="its tags did not survive"):
        sink.finish()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "told, kept",
    [
        ("a\x01b", "a\\x01b"),
        ("\x1b[31m", "\\x1b[31m"),
        (" x.tif", "\\x20x.tif"),
        ("\na\tb\n", "\\x0aa\tb\n"),
        ("<ü & \u202e>", "<ü & \u202e>"),
        ("", None),
    ],
)
def test_tags_that_xml_cannot_hold_are_spelt_out(
    told: str, kept: str | None, tmp_path: Path
) -> None:
    """As in the name of a scene's file: the map is not lost for it."""
    path = tmp_path / "x.tif"
    sink = confidence_sink(path, grid_at("utm_north", ROWS.shape), {"scene": told})
    sink.write(0, ROWS)
    sink.finish()
    with rasterio.open(path) as product:
        assert product.tags().get("scene") == kept


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritableError, match="nowhere"):
        sink_in(tmp_path / "nowhere")


def test_a_full_disk_is_told_by_its_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = sink_in(tmp_path)
    sink.write(0, ROWS)

    def fail(*_args: object, **_options: object) -> None:
        raise rasterio.errors.RasterioIOError("TIFFAppendToStrip:Write error")

    monkeypatch.setattr(rasterio.shutil, "copy", fail)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 95, 5))
    with pytest.raises(DiskFullError, match="disk is full"):
        sink.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_text_replaces_the_old_one_or_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "style.qml"
    write_text(path, "first\n")
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write_text("half", encoding="utf-8")
        raise RuntimeError
    assert path.read_bytes() == b"first\n"
    write_text(path, "Küste\n")
    assert path.read_bytes() == "Küste\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["style.qml"]


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name in ("missing/x.csv", "folder.csv", f"{'x' * 300}.csv"):
        with pytest.raises(OutputNotWritableError):
            check_places_path(tmp_path / name)
    (tmp_path / "there.csv").write_text("kept", encoding="utf-8")
    for name in ("new.csv", "there.csv"):
        assert check_places_path(tmp_path / name) == tmp_path / name
    assert {p.name for p in tmp_path.iterdir()} == {"folder.csv", "there.csv"}


@pytest.mark.parametrize("name", ["", ".", "there.csv/x.csv", f"{'x' * 300}.csv"])
def test_a_name_that_no_file_can_have_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("kept", encoding="utf-8")
    path = tmp_path / name if name.strip(".") else Path(name)
    with pytest.raises(OutputNotWritableError):
        write_text(path, "x")
    with pytest.raises(OutputNotWritableError):
        require_writable(path)
    assert [p.name for p in tmp_path.iterdir()] == ["there.csv"]


@pytest.mark.parametrize(
    "problem, error",
    [
        (OSError(28, "No space left on device"), DiskFullError),
        (PermissionError(13, "Permission denied"), OutputNotWritableError),
    ],
)
def test_the_systems_error_number_decides(
    problem: OSError, error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error), replacing(tmp_path / "x.txt"):
        raise problem
