"""Areas of classes and number of objects where the user looks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from qgis.core import (
    QgsGeometry,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QSignalBlocker, Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QRadioButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import session
from ..core.areas import ZoneSummary, write_csv
from ..core.errors import PluginError
from ..failures import reporting
from ..processing.areas import in_crs_near, united, write_area
from ..translation import tr
from .background import Background
from .chart import Bar, BarChart

LANDCOVER_END = "_landcover.tif"


class AreasPage(QWidget):
    """Measures the current extent or the selected polygons.

    Parameters
    ----------
    iface : QgisInterface
    """

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__()
        self._iface = iface
        self._task: Background | None = None
        self.summary: ZoneSummary | None = None
        self.map = QComboBox()
        self.by_extent = QRadioButton(tr("What the map canvas shows"))
        self.by_extent.setChecked(True)
        self.by_selection = QRadioButton(tr("The selected polygons"))
        self.measure_button = QPushButton(tr("Measure"))
        self.csv_button = QPushButton(tr("Save as CSV…"))
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)  # a <name> in a sentence is no tag
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.chart = BarChart()
        self.table = _table()
        self._lay_out()
        self.measure_button.clicked.connect(self.measure)
        self.csv_button.clicked.connect(self._ask_for_csv)
        self.map.currentIndexChanged.connect(self._forget)
        self.by_extent.toggled.connect(self._forget)
        project = QgsProject.instance()
        project.layersAdded.connect(self._list_maps)
        project.layersRemoved.connect(self._list_maps)
        self._list_maps()
        self._forget()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Land cover"), self.map)
        form.addRow(tr("Measure in"), self.by_extent)
        form.addRow("", self.by_selection)
        buttons = QHBoxLayout()
        buttons.addWidget(self.measure_button)
        buttons.addWidget(self.csv_button)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addLayout(buttons)
        layout.addWidget(self.status)
        layout.addWidget(self.chart)
        layout.addWidget(self.table, 1)

    def _list_maps(self, _layers: object = None) -> None:
        chosen = self.map.currentData()
        with QSignalBlocker(self.map):
            self.map.clear()
            for layer in QgsProject.instance().mapLayers().values():
                if layer.source().endswith(LANDCOVER_END):
                    self.map.addItem(Path(layer.source()).name, layer.id())
            self.map.setCurrentIndex(max(self.map.findData(chosen), 0))
        if self.map.currentData() == chosen:
            self._enable()
        else:
            self._forget()

    def measure(self) -> None:
        """Let sargeo measure; the page shows the result when it is there."""
        self._forget()
        with reporting(self._show_error):
            self._measure()

    def _measure(self) -> None:
        layer = QgsProject.instance().mapLayer(self.map.currentData())
        zone, title = self._zone(layer)
        legend = _legend(layer)
        landcover = Path(layer.source())
        folder, stem = str(landcover.parent), landcover.name[: -len(LANDCOVER_END)]
        crs = layer.crs()
        self.status.setText(tr("Measuring…"))

        def work(task: Background) -> ZoneSummary:
            with tempfile.TemporaryDirectory() as temporary:
                polygons = write_area(zone, crs, Path(temporary))
                words = ["zones", str(polygons), folder, "--name", stem, "--json"]
                facts = session.ask(words, task.is_cancelled)
            return ZoneSummary.of_facts(facts["zones"][0], legend, f"{stem}, {title}")

        self._task = Background(
            tr("Measuring areas"), work, self._show, self._show_error, self._show_cancelled
        ).start()
        self._enable()

    def _forget(self) -> None:
        """Show no areas: those of before, and those on their way, are not what is asked now."""
        if self._task is not None:
            self._task.abandon()
            self._task = None
        self.summary = None
        self.chart.show_bars([])
        self.table.setRowCount(0)
        self.status.setText(
            "" if self.map.count() else tr("Map a scene or open its products to measure areas.")
        )
        self._enable()

    def _zone(self, layer: QgsMapLayer) -> tuple[QgsGeometry, str]:
        """Return the zone in the CRS of the land cover, and what to call it.

        Raises
        ------
        PluginError
            If nothing is selected, or the zone does not touch the land cover.
        """
        if self.by_extent.isChecked():
            settings = self._iface.mapCanvas().mapSettings()
            zone = QgsGeometry.fromRect(settings.visibleExtent())
            crs = settings.destinationCrs()
            title = tr("what the map canvas showed")
        else:
            polygons = self._iface.activeLayer()
            zone = _selected(polygons)
            crs = polygons.crs()
            title = tr("selected in {layer}", layer=polygons.name())
        transforms = QgsProject.instance().transformContext()
        near = in_crs_near(zone, crs, layer.crs(), layer.extent(), transforms)
        if self.by_extent.isChecked():  # what is shown beside the land cover is not asked for
            near = near.intersection(QgsGeometry.fromRect(layer.extent()))
        if not near.intersects(layer.extent()):
            raise PluginError(
                tr("Nothing of this land cover lies there."),
                tr("Move the map canvas, or choose other polygons."),
            )
        return near, title

    def _show(self, summary: ZoneSummary) -> None:
        self._task = None
        self.summary = summary
        self.chart.show_bars(
            [Bar(c.name, c.share, f"{c.share:.1%}", c.colour) for c in summary.classes]
        )
        rows = summary.rows()
        self.table.setRowCount(len(rows))
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                self.table.setItem(row, column, _cell(text, number=column > 0))
        self.status.setText(_in_words(summary))
        self._enable()

    def _show_cancelled(self) -> None:
        self._task = None
        self.status.clear()
        self._enable()

    def _enable(self) -> None:
        self.measure_button.setEnabled(self.map.count() > 0 and self._task is None)
        self.csv_button.setEnabled(self.summary is not None)

    def _show_error(self, error: PluginError) -> None:
        self._task = None
        self._say(error)
        self._enable()

    def _say(self, error: PluginError) -> None:
        self.status.setText(f"{error.problem}\n{error.remedy}")

    def _ask_for_csv(self) -> None:
        shown = self.summary  # while the dialog is open, QGIS goes on and may show another zone
        name, _ = QFileDialog.getSaveFileName(self, tr("Save as CSV"), "areas.csv", "CSV (*.csv)")
        if name and shown is not None:
            self._write_csv(Path(name), shown)

    def save_csv(self, path: Path) -> None:
        """Write the table to a file."""
        if self.summary is not None:
            self._write_csv(path, self.summary)

    def _write_csv(self, path: Path, summary: ZoneSummary) -> None:
        with reporting(self._say):
            write_csv(path, summary)
            self.status.setText(tr("Saved {path}.", path=path))

    def detach(self) -> None:
        """Stop working and listening to the project."""
        if self._task is not None:
            self._task.abandon()
        project = QgsProject.instance()
        project.layersAdded.disconnect(self._list_maps)
        project.layersRemoved.disconnect(self._list_maps)


def _selected(layer: QgsMapLayer | None) -> QgsGeometry:
    if not isinstance(layer, QgsVectorLayer) or layer.selectedFeatureCount() == 0:
        raise PluginError(
            tr("No polygon is selected in the active layer."),
            tr("Make a polygon layer active and select the polygons to measure."),
        )
    transforms = QgsProject.instance().transformContext()
    return united(layer.getSelectedFeatures(), layer.crs(), transforms)


def _legend(layer: QgsRasterLayer) -> list[tuple[str, str]]:
    renderer = layer.renderer()
    if not isinstance(renderer, QgsPalettedRasterRenderer):
        layer.loadNamedStyle(str(Path(layer.source()).with_suffix(".qml")))
        renderer = layer.renderer()
    return [(entry.label, entry.color.name()) for entry in renderer.classes()]


def _in_words(summary: ZoneSummary) -> str:
    if summary.note:
        return f"{summary.title}: {summary.note}"
    hectares = sum(area.hectares for area in summary.classes)
    objects = ", ".join(f"{kind} {number}" for kind, number in summary.objects.items())
    return tr(
        "{zone}: {area} km² with data ({nodata} of the area without); objects: {objects}",
        zone=summary.title,
        area=f"{hectares / 100:.2f}",
        nodata=f"{summary.nodata_share:.1%}",
        objects=objects or "0",
    )


def _cell(text: str, *, number: bool) -> QTableWidgetItem:
    cell = QTableWidgetItem(text)
    if number:
        aside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        cell.setTextAlignment(aside)
    return cell


def _table() -> QTableWidget:
    table = QTableWidget(0, 4)
    labels = [tr("Class or object"), tr("Hectares"), tr("Percent"), tr("Count")]
    table.setHorizontalHeaderLabels(labels)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    for column in (1, 2, 3):
        table.horizontalHeader().setSectionResizeMode(
            column, QHeaderView.ResizeMode.ResizeToContents
        )
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table
