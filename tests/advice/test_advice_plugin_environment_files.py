"""Tables, certificates and runs that the plugin cannot write: what is advised helps."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest
from sargeo_qgis.core.areas import ClassArea, ZoneSummary, write_csv
from sargeo_qgis.core.certificates import AUTHORITIES, write_authorities
from sargeo_qgis.core.history import DONE, History, Run
from support.advice import follows
from support.plugin_setup import refusal

AREAS = ZoneSummary((ClassArea("water", 12.5, 0.25, "#0000ff"),), {"ship": 3}, 0.0, "", "zone")

OLD, NEW = b"-----BEGIN CERTIFICATE-----\nold\n", b"-----BEGIN CERTIFICATE-----\nnew\n"

RUN = Run("2026-11-21T08:00:00", 12.5, {"SCENE": "/scenes/Hafen ä.tif"}, "sargeo map", DONE)


def fill_disk(patch: pytest.MonkeyPatch) -> None:
    """Let files be written by half."""

    def write_half(self: Path, data: Any, **options: Any) -> None:
        with self.open("w" if isinstance(data, str) else "wb", **options) as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, os.strerror(28), str(self))

    patch.setattr(Path, "write_text", write_half)
    patch.setattr(Path, "write_bytes", write_half)


def assert_written(path: Path) -> None:
    write_csv(path, AREAS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["hectares"], row["number"]) for row in rows] == [
        ("water", "12.5000", ""),
        ("ship", "", "3"),
    ]


WRITE_CSV = (
    "sargeo_qgis.core.areas:write_csv",
    "Close the program that holds it open, or choose another name or folder.",
)


@follows(*WRITE_CSV, simulated="only Windows refuses to write what another program holds open")
def test_a_spreadsheet_is_closed_or_another_name_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "areas.csv"
    assert_written(path)
    open_file = Path.open

    def refuse(self: Path, *args: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(13, "The process cannot access the file", str(self))
        return open_file(self, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        refusal(write_csv, path, AREAS)
        assert_written(tmp_path / "areas2.csv")
    assert_written(path)


@follows(*WRITE_CSV)
def test_another_name_or_folder_is_chosen(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").mkdir()
    (tmp_path / "file").touch()
    refusal(write_csv, tmp_path / "areas.csv", AREAS)
    assert_written(tmp_path / "areas2.csv")
    refusal(write_csv, tmp_path / "file" / "areas.csv", AREAS)
    assert_written(tmp_path / "areas.csv" / "areas.csv")


@follows(
    "sargeo_qgis.core.certificates:write_authorities",
    "Free some space there, and close other QGIS windows.",
    simulated="only Windows keeps a file that another window reads, and no test fills a disk",
)
def test_certificates_are_written_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_authorities(OLD, tmp_path)

    def refuse(self: Path, _: Path) -> None:
        raise PermissionError(13, "The process cannot access the file", str(self))

    with monkeypatch.context() as patch:
        fill_disk(patch)
        refusal(write_authorities, NEW, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        refusal(write_authorities, NEW, tmp_path)
    assert (tmp_path / AUTHORITIES).read_bytes() == OLD
    assert write_authorities(NEW, tmp_path).read_bytes() == NEW
    assert [path.name for path in tmp_path.iterdir()] == [AUTHORITIES]


@follows(
    "sargeo_qgis.core.history:History.add",
    "Free some space there; the products of the run are not concerned.",
    simulated="a disk is not to be filled by a test",
)
def test_runs_are_remembered_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = tmp_path / "landcover.tif"
    product.write_bytes(b"a map")
    history = History(tmp_path / "runs")
    with monkeypatch.context() as patch:
        fill_disk(patch)
        refusal(history.add, RUN)
    assert history.runs() == []
    history.add(RUN)
    assert history.runs() == [RUN]
    assert product.read_bytes() == b"a map"
    history.clear()
    assert list((tmp_path / "runs").iterdir()) == []
