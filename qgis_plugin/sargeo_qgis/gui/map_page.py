"""The page that maps: scene, area, folder, what to expect, run, progress, cancel."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsMapLayer,
    QgsMapLayerProxyModel,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.gui import (
    QgisInterface,
    QgsCollapsibleGroupBox,
    QgsFileWidget,
    QgsMapLayerComboBox,
    QgsProcessingMapLayerComboBox,
)
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .. import session
from ..core.default_folder import default_folder
from ..core.errors import PluginError
from ..core.map_request import MapRequest
from ..core.scene_files import stem_of
from ..core.words import Words, plan_in_words, scene_in_words
from ..failures import reporting
from ..processing.areas import area_of, write_area
from ..processing.scenes import path_of_raster, source_path
from ..settings import Settings
from ..translation import tr
from .background import Background
from .jobs import ALGORITHM
from .words_view import WordsView

DESCRIBE_AFTER_MS = 400


class MapPage(QWidget):
    """Asks what to map, and shows how it goes.

    Parameters
    ----------
    iface : QgisInterface
    """

    run_asked = pyqtSignal(dict)
    cancel_asked = pyqtSignal()

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__()
        self._iface = iface
        self._task: Background | None = None
        self.scene_words: Words = []
        # Whoever scrolls through the list of layers does not mean each of them.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(DESCRIBE_AFTER_MS)
        self._later.timeout.connect(self.describe)
        self._make_widgets()
        self._lay_out()
        self.scene.valueChanged.connect(self._scene_changed)
        self.estimate_button.clicked.connect(self.estimate)
        self.run_button.clicked.connect(self._ask_to_run)
        self.cancel_button.clicked.connect(self.cancel_asked)
        self.all_button.clicked.connect(self.show_all_options)
        self.assume.editingFinished.connect(self._later.start)
        self._scene_changed()

    def _make_widgets(self) -> None:
        self.scene = QgsProcessingMapLayerComboBox(
            QgsProcessingParameterRasterLayer("SCENE", tr("Scene"))
        )
        self.aoi = QgsMapLayerComboBox()
        self.aoi.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.aoi.setAllowEmptyLayer(True, tr("whole scene"))
        self.aoi.setLayer(None)
        self.extent_only = QCheckBox(tr("Only what the map canvas shows"))
        self.folder = QgsFileWidget()
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.cell_size = QDoubleSpinBox()
        self.cell_size.setRange(1.0, 100_000.0)
        self.cell_size.setDecimals(0)
        self.cell_size.setValue(500.0)
        self.cell_size.setSuffix(" m")
        self.assume = QLineEdit()
        self.assume.setPlaceholderText(tr("such as db, vv, vh"))
        self.off_land = QCheckBox(tr("Exclude objects on land"))
        self.web_map = QCheckBox(tr("Also create a web map"))
        self.overwrite = QCheckBox(tr("Overwrite existing products"))
        self.estimate_button = QPushButton(tr("Estimate time and memory"))
        self.words = WordsView()
        self.all_button = QPushButton(tr("All options…"))
        self.run_button = QPushButton(tr("Map the scene"))
        self.run_button.setDefault(True)
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.setEnabled(False)
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)  # a <name> in a sentence is no tag
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Scene"), self.scene)
        form.addRow(tr("Area of interest"), self.aoi)
        form.addRow("", self.extent_only)
        form.addRow(tr("Output folder"), self.folder)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._options())
        layout.addWidget(self.words, 1)
        layout.addWidget(self.estimate_button)
        layout.addLayout(_row(self.all_button, self.cancel_button, self.run_button))
        layout.addWidget(self.bar)
        layout.addWidget(self.status)

    def _options(self) -> QgsCollapsibleGroupBox:
        box = QgsCollapsibleGroupBox(tr("Options"))
        box.setCollapsed(True)
        form = QFormLayout(box)
        form.addRow(tr("Count cell size"), self.cell_size)
        form.addRow(tr("Information missing from the file"), self.assume)
        for switch in (self.off_land, self.web_map, self.overwrite):
            form.addRow("", switch)
        return box

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the algorithm, as paths, numbers and texts."""
        chosen = {
            "SCENE": self._scene_value(),
            "OUTPUT_FOLDER": self.folder.filePath(),
            "CELL_SIZE": self.cell_size.value(),
            "ASSUME": self.assume.text().strip(),
            "SHIPS_OFF_LAND": self.off_land.isChecked(),
            "WEB_MAP": self.web_map.isChecked(),
            "OVERWRITE": self.overwrite.isChecked(),
            "HOST": Settings.read().host,
        }
        if self.aoi.currentLayer() is not None:
            chosen["AOI"] = _source(self.aoi.currentLayer())
        if self.extent_only.isChecked():
            chosen["EXTENT"] = self._extent_of_canvas()
        return chosen

    def _ask_to_run(self) -> None:
        with reporting(self._show_refusal):
            self.run_asked.emit(self.parameters())

    def _show_refusal(self, error: PluginError) -> None:
        self.show_status(f"{error.problem}\n{error.remedy}")

    def _extent_of_canvas(self) -> str:
        """Return what the canvas shows, in the CRS of the scene, as Processing writes extents.

        Raises
        ------
        PluginError
            If what it shows has no place in that CRS.
        """
        canvas = self._iface.mapCanvas().mapSettings()
        crs = self._opened().crs()
        to_scene = QgsCoordinateTransform(canvas.destinationCrs(), crs, QgsProject.instance())
        to_scene.setBallparkTransformsAreAppropriate(True)
        try:
            shown = to_scene.transformBoundingBox(canvas.visibleExtent())
        except QgsCsException as error:
            raise PluginError(
                tr(
                    "What the map canvas shows has no place in {crs}, in which the scene is.",
                    crs=crs.userFriendlyIdentifier(),
                ),
                tr("Zoom to the scene, or map more than the map canvas shows."),
            ) from error
        sides = (shown.xMinimum(), shown.xMaximum(), shown.yMinimum(), shown.yMaximum())
        return ",".join(repr(side) for side in sides)

    def _opened(self) -> QgsRasterLayer:
        return self._layer() or QgsRasterLayer(self._scene_value(), "scene")

    def set_parameters(self, parameters: dict[str, Any]) -> None:
        """Show the parameters of a run of the past."""
        self.scene.setValue(parameters.get("SCENE"), QgsProcessingContext())
        self.folder.setFilePath(str(parameters.get("OUTPUT_FOLDER", "")))
        self.cell_size.setValue(float(parameters.get("CELL_SIZE", 500.0)))
        self.assume.setText(str(parameters.get("ASSUME", "")))
        self.off_land.setChecked(bool(parameters.get("SHIPS_OFF_LAND")))
        self.web_map.setChecked(bool(parameters.get("WEB_MAP")))
        self.overwrite.setChecked(bool(parameters.get("OVERWRITE")))
        layers = QgsProject.instance().mapLayers().values()
        aoi = [layer for layer in layers if _source(layer) == parameters.get("AOI")]
        self.aoi.setLayer(aoi[0] if aoi else None)
        self.extent_only.setChecked("EXTENT" in parameters)

    def describe(self) -> None:
        """Ask sargeo what it knows of the scene."""
        words = self._info_command()
        self._ask(
            tr("Reading the scene…"),
            lambda task: (scene_in_words(session.ask(words, task.is_cancelled)), []),
        )

    def estimate(self) -> None:
        """Ask sargeo what this run would take, and what it knows of the scene if that is new."""
        self._later.stop()
        with reporting(self._show_error):
            self._estimate()

    def _estimate(self) -> None:
        info, known = self._info_command(), self.scene_words
        area, crs = self._area(), self._opened().crs()
        request = MapRequest(
            scene=self._scene_value(),
            output_folder=Path(self.folder.filePath() or "."),
            assume=self.assume.text().strip(),
            web_map=self.web_map.isChecked(),
        )

        def work(task: Background) -> tuple[Words, Words]:
            scene = known or scene_in_words(session.ask(info, task.is_cancelled))
            with tempfile.TemporaryDirectory() as folder:
                aoi = write_area(area, crs, Path(folder)) if area else None
                plan = session.estimate(replace(request, aoi=aoi), task.is_cancelled)
            return scene, plan_in_words(plan)

        self._ask(tr("Estimating time and memory…"), work)

    def _area(self) -> QgsGeometry | None:
        """Return what the run would be confined to, in the CRS of the scene."""
        extent = QgsRectangle()
        if self.extent_only.isChecked():
            west, east, south, north = map(float, self._extent_of_canvas().split(","))
            extent = QgsRectangle(west, south, east, north)
        scene, transforms = self._opened(), QgsProject.instance().transformContext()
        layer, context = self.aoi.currentLayer(), QgsProcessingContext()
        aoi = None if layer is None else QgsProcessingFeatureSource(layer, context)
        return area_of(aoi, extent, scene.crs(), scene.extent(), transforms)

    def show_running(self, running: bool) -> None:
        """Show whether a run of this panel is on."""
        self.cancel_button.setEnabled(running)
        if running:
            self.bar.setValue(0)

    def show_progress(self, percent: float) -> None:
        """Move the bar."""
        self.bar.setValue(round(percent))

    def show_status(self, text: str) -> None:
        """Say what happens."""
        self.status.setText(text)

    def detach(self) -> None:
        """Stop working and listening: a project that closes takes the scene away, too."""
        self.scene.valueChanged.disconnect(self._scene_changed)
        self.assume.editingFinished.disconnect(self._later.start)
        self._later.stop()
        self._abandon()

    def _info_command(self) -> list[str]:
        return ["info", self._scene_value(), "--json", *self._assumed()]

    def _ask(self, waiting: str, work: Callable[[Background], tuple[Words, Words]]) -> None:
        """Let sargeo answer; what was asked before is no longer wanted."""
        self._abandon()
        self.words.show_text(waiting)
        with reporting(self._show_error):
            self._task = Background(
                waiting, work, self._show_words, self._show_error, self.words.clear
            ).start()

    def _abandon(self) -> None:
        if self._task is not None:
            self._task.abandon()

    def _show_words(self, found: tuple[Words, Words]) -> None:
        self.scene_words, plan = found
        self.words.show_words([*self.scene_words, *plan])

    def _show_error(self, error: PluginError) -> None:
        host = Settings.read().host
        said = [error.problem, error.remedy]
        if host:
            said.append(tr("Mapping itself runs on {host}.", host=host))
        self.words.show_text("\n".join(said))

    def _assumed(self) -> list[str]:
        text = self.assume.text().strip()
        return ["--assume", text] if text else []

    def _scene_value(self) -> str:
        """Return the path of the scene; the source of a layer that is refused later."""
        layer = self._layer()
        if layer is None:
            return str(self.scene.value() or "")
        return source_path(layer) if layer.providerType() == "gdal" else str(layer.id())

    def _layer(self) -> QgsRasterLayer | None:
        layer = self.scene.currentLayer()
        if layer is None:
            layer = QgsProject.instance().mapLayer(str(self.scene.value() or ""))
        return layer

    def _scene_changed(self) -> None:
        layer = self._layer()
        path = self._scene_value()
        chosen = bool(path)
        for button in (self.estimate_button, self.run_button):
            button.setEnabled(chosen)
        self.scene_words = []
        self.words.show_text("" if chosen else tr("Choose a raster layer or a file."))
        if layer is not None and not _refusal(layer, self.words):
            return
        if chosen:
            self._propose_folder(path)
            self._later.start()

    def _propose_folder(self, scene: str) -> None:
        """Propose a folder for the products, or say why there is none to propose."""
        hint = ""
        self.folder.setFilePath("")
        try:
            temporary = (QgsProcessingUtils.tempFolder(),)
            self.folder.setFilePath(default_folder(scene, stem_of(Path(scene)), temporary))
        except PluginError as error:
            hint = f"{error.problem} {error.remedy}"
        self.folder.setToolTip(hint)
        self.folder.lineEdit().setPlaceholderText(hint)

    def show_all_options(self) -> None:
        """Open the dialog of the toolbox, with what is chosen here."""
        import processing  # QGIS's own plugin, which scripts that use this page may lack

        with reporting(self._show_refusal):
            self.dialog = processing.createAlgorithmDialog(ALGORITHM, self.parameters())
            self.dialog.show()


def _source(layer: QgsMapLayer) -> str:
    """Return what finds a layer again: its file, or its id: a database's address has passwords."""
    return str(layer.source() if layer.providerType() == "ogr" else layer.id())


def _refusal(layer: QgsRasterLayer, words: WordsView) -> bool:
    try:
        path_of_raster(layer)
    except PluginError as error:
        words.show_text(f"{error.problem}\n{error.remedy}")
        return False
    return True


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
