"""What the user has set, kept by QGIS."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsSettings

_PREFIX = "sargeo/"


@dataclass(frozen=True)
class Settings:
    """Settings of the plugin; an empty text means that nothing was set.

    Parameters
    ----------
    python : str
        Python, or folder of an environment, that holds sargeo.
    host : str
        Machine that maps instead of this one, as ``ssh`` understands it: ``user@host`` or an alias.
    host_command : str
        How sargeo is started there.
    """

    python: str = ""
    host: str = ""
    host_command: str = "sargeo"

    @classmethod
    def read(cls) -> Settings:
        """Return what is set now."""
        store = QgsSettings()
        return cls(
            store.value(f"{_PREFIX}python", "", str),
            store.value(f"{_PREFIX}host", "", str),
            store.value(f"{_PREFIX}host_command", "sargeo", str),
        )

    def write(self) -> None:
        """Keep these settings."""
        store = QgsSettings()
        for name, value in vars(self).items():
            store.setValue(_PREFIX + name, value)
