"""sargeo for QGIS: maps full georeferenced SAR scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .plugin import SargeoPlugin


def classFactory(iface: QgisInterface | None) -> SargeoPlugin:
    """Return the plugin; ``qgis_process`` gives no interface."""
    from .plugin import SargeoPlugin

    return SargeoPlugin(iface)
