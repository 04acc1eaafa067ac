"""One file per polarisation: which files belong together, and what the scene is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sargeo.scene.bands import POLARISATIONS

_POLARISATION = re.compile(r"(?<![A-Za-z0-9])(VV|VH|HH|HV)(?![A-Za-z0-9])", re.IGNORECASE)


_DRIVER = re.compile(r"^[A-Za-z][A-Za-z0-9_]+:")
_PART_OF_FILE = re.compile(r'\.[A-Za-z0-9]+"?:')


def sibling_paths(path: str, exists: Callable[[str], bool]) -> list[str]:
    """Return the files that differ from this one in the polarisation only, it included.

    Files are in the order VV, VH, HH, HV; of a name without exactly one polarisation, only itself.
    """
    folder, name = split_name(path)
    found = _POLARISATION.findall(name)
    if len(found) != 1:
        return [path]
    names = {_POLARISATION.sub(_like(found[0], p), name) for p in POLARISATIONS}
    return [
        folder + sibling
        for sibling in sorted(names, key=_order)
        if sibling == name or exists(folder + sibling)
    ]


def common_name(paths: Sequence[str]) -> str:
    """Return the stem of a scene's products: the file's, or the common part of several files.

    >>> common_name(["/data/x_vv.tif", "/data/x_vh.tif"])
    'x'
    >>> common_name(["netcdf:/data/x.nc:VV"])
    'x_VV'
    """
    folder, name = split_name(paths[0])
    # A raster within a file, netcdf:/data/x.nc:VV, is called after both: x_VV.
    name = _DRIVER.sub("", _PART_OF_FILE.sub("_", name)).replace('"', "")
    # Without dots at its beginning, which would hide the products.
    stem = name.rsplit(".", 1)[0].lstrip(".") or name.strip(".") or "scene"
    if len(paths) == 1:
        return stem
    common = re.sub(r"[_\-. ]*" + _POLARISATION.pattern, "", stem, flags=re.IGNORECASE)
    return common.strip("_-. ") or split_name(folder.rstrip("/\\"))[1] or stem


def split_name(path: str) -> tuple[str, str]:
    """Split a path, of any system or of GDAL, into the folder with its separator and the name."""
    cut = max(path.rfind("/"), path.rfind("\\")) + 1
    return path[:cut], path[cut:]


def _like(found: str, polarisation: str) -> str:
    return polarisation.lower() if found.islower() else polarisation


def _order(name: str) -> int:
    found = _POLARISATION.findall(name)[0]
    return [p.lower() for p in POLARISATIONS].index(found.lower())
