"""The button in the toolbar and the entry of the Raster menu, which show the panel."""

from __future__ import annotations

from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from ..processing.algorithm import ICONS
from ..translation import tr
from .dock import SargeoDock

MENU = "sargeo"


class Entry:
    """Shows and hides the panel, which is made when it is first wanted: QGIS starts sooner.

    Parameters
    ----------
    iface : QgisInterface
    """

    def __init__(self, iface: QgisInterface) -> None:
        self._iface = iface
        self.dock: SargeoDock | None = None
        icon = QIcon(str(ICONS / "sargeo.svg"))
        self.action = QAction(icon, tr("Map SAR scenes…"), iface.mainWindow())
        self.action.setCheckable(True)
        self.action.toggled.connect(self._show)
        iface.addToolBarIcon(self.action)
        iface.addPluginToRasterMenu(MENU, self.action)

    def _show(self, wanted: bool) -> None:
        if self.dock is None and wanted:
            self.dock = SargeoDock(self._iface, self._iface.mainWindow())
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
            self.dock.closed.connect(self._hidden)
        if self.dock is not None:
            self.dock.setUserVisible(wanted)

    def _hidden(self) -> None:
        self.action.setChecked(False)

    def remove(self) -> None:
        """Take away button, entry and panel."""
        self._iface.removeToolBarIcon(self.action)
        self._iface.removePluginRasterMenu(MENU, self.action)
        self.action.deleteLater()
        if self.dock is not None:
            self.dock.detach()
            self._iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
