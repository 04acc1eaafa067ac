"""The provider: each algorithm joins with one file and one line."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithm import ICONS
from .ask import Ask
from .assess import Assess
from .caption import Caption
from .classify import Classify
from .embed import Embed
from .export_webmap import ExportWebmap
from .info import Info
from .map_scene import MapScene
from .search import Search
from .status import Status
from .zones import Zones

ALGORITHMS = (
    MapScene,
    Info,
    Assess,
    Zones,
    ExportWebmap,
    Status,
    Embed,
    Classify,
    Search,
    Caption,
    Ask,
)


class SargeoProvider(QgsProcessingProvider):
    """Algorithms of sargeo for the toolbox, the modeler, Python and ``qgis_process``."""

    def id(self) -> str:
        """Return the first half of the algorithms' ids."""
        return "sargeo"

    def name(self) -> str:
        """Return the name for people."""
        return "sargeo"

    def longName(self) -> str:
        """Return the name with what it is about."""
        return "sargeo: SAR scenes"

    def icon(self) -> QIcon:
        """Return the picture of the provider."""
        return QIcon(str(ICONS / "sargeo.svg"))

    def loadAlgorithms(self) -> None:
        """Add the algorithms."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
