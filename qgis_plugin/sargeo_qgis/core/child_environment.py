"""The environment variables of a child: those of the user, without those of QGIS.

QGIS starts with variables that point its own Python, GDAL, PROJ and Qt to its own files. A child
with another Python that inherits them imports the wrong library or finds no coordinate systems.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

#: Variables with these beginnings steer libraries that QGIS and sargeo both carry.
FOREIGN_PREFIXES = ("PYTHON", "GDAL_", "OGR_", "PROJ_", "CPL_", "QT_", "QML_", "QGIS_", "OSGEO4W")

#: What launchers of QGIS (AppImage, Flatpak, the macOS bundle, conda, a venv) set besides.
FOREIGN_NAMES = frozenset(
    {
        "CONDA_PREFIX",
        "DYLD_FRAMEWORK_PATH",
        "DYLD_INSERT_LIBRARIES",
        "DYLD_LIBRARY_PATH",
        "GEOTIFF_CSV",
        "GRASS_PYTHON",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "O4W_QT_PREFIX",
        "VIRTUAL_ENV",
        "VSI_CACHE",
        "VSI_CACHE_SIZE",
        "__PYVENV_LAUNCHER__",
    }
)

#: The child reads and writes UTF-8 at once, and finds modules in its own environment only.
OWN = {
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONSAFEPATH": "1",
}


@dataclass(frozen=True)
class Network:
    """How a child reaches the network.

    Parameters
    ----------
    proxy : str
        Address of the proxy, such as ``http://proxy:3128``; empty for none.
    exceptions : tuple of str
        Hosts that are reached without it.
    certificates : Path, optional
        PEM file with the authorities to trust.
    """

    proxy: str = ""
    exceptions: tuple[str, ...] = ()
    certificates: Path | None = None

    def variables(self) -> dict[str, str]:
        """Return what pip, uv and requests read."""
        found = {}
        if self.proxy:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
                found[name] = self.proxy
        if self.exceptions:
            found["NO_PROXY"] = found["no_proxy"] = ",".join(self.exceptions)
        if self.certificates is not None:
            for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"):
                found[name] = str(self.certificates)
        return found


def child_environment(
    parent: Mapping[str, str], *, platform: str, network: Network | None = None
) -> dict[str, str]:
    """Return the variables for a child that runs another Python.

    Parameters
    ----------
    parent : mapping of str to str
        The variables of QGIS.
    platform : str
        As ``sys.platform``.
    network : Network, optional
        Proxy and certificates of QGIS; without them those in `parent` hold.
    """
    kept = {name: value for name, value in parent.items() if not _is_foreign(name)}
    if platform == "win32":
        kept = _without_installation(kept, _installation_roots(parent))
    kept.update(OWN)
    kept.update((network or Network()).variables())
    return kept


def _is_foreign(name: str) -> bool:
    upper = name.upper()
    return upper.startswith(FOREIGN_PREFIXES) or upper in FOREIGN_NAMES


def _without_installation(
    variables: Mapping[str, str], roots: set[PureWindowsPath]
) -> dict[str, str]:
    """Leave out what lies in QGIS's own folders.

    Their DLLs would be loaded before the child's, and QGIS names certificates and engines of
    OpenSSL there that are for its own libraries.
    """
    kept = {}
    for name, value in variables.items():
        if name.upper() == "PATH":
            folders = value.split(";")
            kept[name] = ";".join(f for f in folders if roots.isdisjoint(_with_parents(f)))
        elif roots.isdisjoint(_with_parents(value)):
            kept[name] = value
    return kept


def _with_parents(folder: str) -> list[PureWindowsPath]:
    path = PureWindowsPath(folder)
    return [path, *path.parents]


def _installation_roots(parent: Mapping[str, str]) -> set[PureWindowsPath]:
    by_upper_name = {name.upper(): value for name, value in parent.items()}
    roots = set()
    if "OSGEO4W_ROOT" in by_upper_name:
        roots.add(PureWindowsPath(by_upper_name["OSGEO4W_ROOT"]))
    if "QGIS_PREFIX_PATH" in by_upper_name:  # C:/Program Files/QGIS 3.40/apps/qgis
        roots.add(PureWindowsPath(by_upper_name["QGIS_PREFIX_PATH"]).parent.parent)
    return {root for root in roots if root.name}  # not a whole drive
