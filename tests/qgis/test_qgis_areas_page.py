"""What the areas page shows, and saves, is what was measured for what is asked."""

from __future__ import annotations

import csv
import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driving import wait_until
from osgeo import gdal
from panel import Window
from qgis.core import QgsProject, QgsRasterLayer, QgsRectangle
from qgis.PyQt.QtWidgets import QFileDialog
from sargeo_qgis.core.errors import CancelledError, PluginError


class Answers:
    """A sargeo that measures when it is let, and gives each zone another area."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.let.set()
        self.asked = 0
        self.error: Exception | None = None

    def __call__(self, words: list[str], cancelled: Callable[[], bool], **_: object) -> Any:
        self.asked += 1
        hectares = float(self.asked)
        self.let.wait(20)
        if self.error is not None:
            raise self.error
        zone = {"water_ha": hectares, "water_share": 1.0, "nodata_share": 0.0, "ship_count": 1}
        return {"zones": [zone]}


def add_map(folder: Path, name: str) -> QgsRasterLayer:
    """Write a land cover of one class, open it, and add it to the project."""
    path = folder / f"{name}_landcover.tif"
    made = gdal.GetDriverByName("GTiff").Create(str(path), 10, 10, 1, gdal.GDT_Byte)
    made.SetGeoTransform((500_000, 10, 0, 4_500_000, 0, -10))
    made.SetProjection("EPSG:32629")
    band = made.GetRasterBand(1)
    band.Fill(1)
    table = gdal.ColorTable()
    table.SetColorEntry(1, (0, 100, 200, 255))
    band.SetColorTable(table)
    band.SetCategoryNames(["", "water"])
    del band, made
    layer = QgsRasterLayer(str(path), name)
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    made = Answers()
    monkeypatch.setattr("sargeo_qgis.session.ask", made)
    return made


@pytest.fixture
def page(dock: Any, window: Window, answers: Answers, tmp_path: Path) -> Any:
    layer = add_map(tmp_path, "first")
    window.canvas.setDestinationCrs(layer.crs())
    window.canvas.setExtent(layer.extent())
    return dock.areas_page


def measure(page: Any) -> None:
    page.measure_button.click()
    wait_until(lambda: page.measure_button.isEnabled(), 20)


def hectares(path: Path) -> list[float]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [float(row["hectares"]) for row in csv.DictReader(file) if row["kind"] == "class"]


def assert_empty(page: Any, tmp_path: Path) -> None:
    assert page.table.rowCount() == 0
    assert not page.csv_button.isEnabled()
    page.save_csv(tmp_path / "none.csv")
    assert not (tmp_path / "none.csv").exists()


def test_the_table_says_what_was_measured_and_is_saved(page: Any, tmp_path: Path) -> None:
    measure(page)
    assert page.status.text().startswith("first, what the map canvas showed: 0.01 km²")
    assert page.table.item(0, 1).text() == "1.00"
    page.save_csv(tmp_path / "areas.csv")
    assert hectares(tmp_path / "areas.csv") == [1.0]


@pytest.mark.parametrize("error", [PluginError("No.", "Do."), CancelledError(), KeyError("x")])
def test_a_measurement_that_fails_leaves_no_table_of_another_zone(
    page: Any, answers: Answers, tmp_path: Path, error: Exception
) -> None:
    measure(page)
    answers.error = error
    measure(page)
    assert_empty(page, tmp_path)
    answers.error = None
    measure(page)
    assert page.table.item(0, 1).text() == "3.00"


def test_a_zone_that_is_refused_leaves_no_table_of_another(
    page: Any, window: Window, tmp_path: Path
) -> None:
    measure(page)
    window.canvas.setExtent(QgsRectangle(600_000, 4_600_000, 610_000, 4_610_000))
    page.measure_button.click()
    assert "Nothing of this land cover lies there." in page.status.text()
    assert_empty(page, tmp_path)


def test_while_a_zone_is_measured_none_is_saved(
    page: Any, answers: Answers, tmp_path: Path
) -> None:
    measure(page)
    answers.let.clear()
    page.measure_button.click()
    wait_until(lambda: answers.asked == 2)
    assert_empty(page, tmp_path)
    add_map(tmp_path, "second")  # as a run does that ends meanwhile
    assert not page.measure_button.isEnabled()
    answers.let.set()
    wait_until(lambda: page.csv_button.isEnabled())
    page.save_csv(tmp_path / "areas.csv")
    assert hectares(tmp_path / "areas.csv") == [2.0]


def test_the_slower_of_two_measurements_does_not_win(
    page: Any, answers: Answers, tmp_path: Path
) -> None:
    answers.let.clear()
    page.measure_button.click()
    wait_until(lambda: answers.asked == 1)
    page.measure()  # as from a script: the button is disabled
    wait_until(lambda: answers.asked == 2)
    answers.let.set()
    wait_until(lambda: page.csv_button.isEnabled())
    assert page.table.item(0, 1).text() == "2.00"


@pytest.mark.parametrize("working", [False, True])
@pytest.mark.parametrize("change", ["map", "kind of zone", "map is gone"])
def test_what_is_asked_now_empties_the_table(
    page: Any, answers: Answers, tmp_path: Path, change: str, working: bool
) -> None:
    first = QgsProject.instance().mapLayer(page.map.currentData())
    add_map(tmp_path, "second")
    if working:
        answers.let.clear()
    page.measure_button.click()
    wait_until(lambda: answers.asked == 1 if working else page.csv_button.isEnabled())
    if change == "map":
        page.map.setCurrentIndex(1 - page.map.currentIndex())
    elif change == "kind of zone":
        page.by_selection.setChecked(True)
    else:
        QgsProject.instance().removeMapLayer(first)
    assert_empty(page, tmp_path)
    assert page.measure_button.isEnabled()
    answers.let.set()
    page.by_extent.setChecked(True)
    measure(page)
    assert page.table.item(0, 1).text() == "2.00"


def test_a_map_that_joins_or_goes_leaves_the_table_of_another(page: Any, tmp_path: Path) -> None:
    measure(page)
    second = add_map(tmp_path, "second")
    QgsProject.instance().removeMapLayer(second)
    assert page.table.rowCount() == 2
    assert page.csv_button.isEnabled()


def test_what_was_shown_at_the_click_is_saved(
    page: Any, answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure(page)

    def choose(*_: object) -> tuple[str, str]:
        """QGIS goes on while the dialog is open."""
        page.measure()
        wait_until(lambda: page.summary is not None)
        return str(tmp_path / "areas.csv"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    page.csv_button.click()
    assert page.table.item(0, 1).text() == "2.00"
    assert hectares(tmp_path / "areas.csv") == [1.0]


def test_a_file_that_cannot_be_written_is_told_and_leaves_the_table(
    page: Any, tmp_path: Path
) -> None:
    measure(page)
    page.save_csv(tmp_path / "no folder" / "areas.csv")
    assert "cannot be written" in page.status.text()
    page.save_csv(tmp_path / "areas.csv")
    assert hectares(tmp_path / "areas.csv") == [1.0]


def test_a_map_that_cannot_be_read_is_told(page: Any, window: Window, tmp_path: Path) -> None:
    """One band of numbers without a style has no classes."""
    path = tmp_path / "third_landcover.tif"
    made = gdal.GetDriverByName("GTiff").Create(str(path), 10, 10, 1, gdal.GDT_Float32)
    made.SetGeoTransform((500_000, 10, 0, 4_500_000, 0, -10))
    made.SetProjection("EPSG:32629")
    del made
    QgsProject.instance().removeAllMapLayers()
    QgsProject.instance().addMapLayer(QgsRasterLayer(str(path), "third"))
    measure(page)
    assert "did not foresee: AttributeError" in page.status.text()
    assert_empty(page, tmp_path)


def test_abandoned_work_is_not_deleted_while_it_works(dock: Any) -> None:
    from sargeo_qgis.gui.background import Background, _working

    let, ended = threading.Event(), []

    def work(_: Background) -> None:
        let.wait(20)
        ended.append(True)

    def nobody(*_: object) -> None:
        raise AssertionError("it was abandoned")

    before = set(_working)
    Background("abandoned", work, nobody, nobody, nobody).start().abandon()
    gc.collect()  # of a thread's own accord, when it likes
    assert len(_working - before) == 1
    let.set()
    wait_until(lambda: _working <= before)
    assert ended == [True]
