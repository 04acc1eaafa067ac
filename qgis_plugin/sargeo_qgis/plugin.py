"""The plugin: a Processing provider everywhere, a panel where QGIS has windows."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.gui import QgisInterface

from . import translation
from .processing.provider import SargeoProvider


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

    def initProcessing(self) -> None:
        """Add the algorithms; all that ``qgis_process`` calls."""
        self._provider = SargeoProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Add the algorithms and the panel."""
        self.initProcessing()

    def unload(self) -> None:
        """Take away what was added."""
        QgsApplication.processingRegistry().removeProvider(self._provider)
