"""Which files make up a scene, where the user names one of them, and what its products are called.

As sargeo sees it: one file per polarisation is one scene.
"""

from __future__ import annotations

import re
from pathlib import Path

_POLARISATIONS = ("VV", "VH", "HH", "HV")
_POLARISATION = re.compile(r"(?<![A-Za-z0-9])(VV|VH|HH|HV)(?![A-Za-z0-9])", re.IGNORECASE)
_BEFORE_POLARISATION = re.compile(r"[_\-. ]*" + _POLARISATION.pattern, re.IGNORECASE)

# What GDAL reads beside a raster: statistics and tags, a mask.
_BESIDE = (".aux.xml", ".msk")


def polarisations_of(scene: Path) -> list[Path]:
    """Return the files that differ from a scene's in the polarisation only, it first."""
    found = _POLARISATION.findall(scene.name)
    if len(found) != 1:
        return [scene]
    written = [p.lower() if found[0].islower() else p for p in _POLARISATIONS]
    others = [scene.with_name(_POLARISATION.sub(p, scene.name)) for p in written if p != found[0]]
    return [scene, *(path for path in others if path != scene and path.exists())]


def files_of(scene: Path) -> list[Path]:
    """Return all files that sargeo needs to read a scene."""
    files = polarisations_of(scene)
    beside = [path.with_name(f"{path.name}{end}") for path in files for end in _BESIDE]
    return [*files, *(path for path in beside if path.exists())]


def stem_of(scene: Path) -> str:
    """Return the first part of the names of a scene's products."""
    stem = scene.stem.lstrip(".") or scene.name.strip(".") or "scene"
    if len(polarisations_of(scene)) == 1:
        return stem
    return _BEFORE_POLARISATION.sub("", stem).strip("_-. ") or scene.parent.name or stem
