"""The plugin: a Processing provider everywhere, a panel where QGIS has windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsApplication

from . import translation
from .processing.provider import SargeoProvider

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .gui.entry import Entry


class SargeoPlugin:
    """What QGIS loads.

    Parameters
    ----------
    iface : QgisInterface, optional
        None in ``qgis_process``.
    """

    def __init__(self, iface: QgisInterface | None) -> None:
        translation.install(QgsApplication.locale())
        self._iface = iface
        self._provider: SargeoProvider | None = None
        self.entry: Entry | None = None

    def initProcessing(self) -> None:
        """Add the algorithms; all that ``qgis_process`` calls."""
        self._provider = SargeoProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Add the algorithms, and a button that shows the panel."""
        from .gui.entry import Entry

        self.initProcessing()
        self.entry = Entry(self._iface)

    def unload(self) -> None:
        """Take away what was added."""
        if self.entry is not None:
            self.entry.remove()
        QgsApplication.processingRegistry().removeProvider(self._provider)
