"""Bundles of small wheels, and bundles that say something else of themselves."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

from sargeo_qgis.core.environment.bundle import MANIFEST
from support.plugin_environment import sargeo_wheel, uv_wheel, write_wheel
from tools.bundle import TARGETS, Target, pack

PYTHON = ".".join(map(str, sys.version_info[:2]))
HERE = next((target for target in TARGETS if target.platform == sys.platform), TARGETS[0])


def packed(
    folder: Path, version: str = "0.1.0", python: str = PYTHON, target: Target = HERE
) -> Path:
    """Pack a bundle of small wheels."""
    wheels = [
        sargeo_wheel(folder, version),
        uv_wheel(folder),
        write_wheel(folder, "helper", "1.2", {"helper.py": ""}),
    ]
    return pack(wheels, target, python, folder)


def altered(path: Path, **fields: object) -> Path:
    """Return a copy of a bundle that says something else of itself."""
    target = path.with_name("altered.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as sink:
        for name in source.namelist():
            data = source.read(name)
            if name == MANIFEST:
                data = json.dumps({**json.loads(data), **fields}).encode("utf-8")
            sink.writestr(name, data)
    return target
