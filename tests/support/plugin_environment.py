"""Small wheels, machines and programs for the plugin's managed environment."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

from sargeo_qgis.core.environment.machine import Machine

#: The uv of the development environment.
UV = Path(sys.executable).with_name("uv.exe" if sys.platform == "win32" else "uv")

#: What `sargeo doctor --json` prints where all is well.
HEALTHY = {"devices": {"cpu": {}}, "problems": []}

DOCTOR = """
import json, sys
findings = {findings!r}
if sys.argv[1:] == ["doctor", "--json"]:
    print(json.dumps(findings))
    sys.exit(4 if findings["problems"] else 0)
"""

# Does of uv what an installation from a bundle takes.
UV_MAIN = """
import pathlib, sys, sysconfig, zipfile
folder = sys.argv[sys.argv.index("--find-links") + 1]
assert {"--offline", "--no-index", "--require-hashes"} <= set(sys.argv)
for wheel in pathlib.Path(folder).glob("*.whl"):
    zipfile.ZipFile(wheel).extractall(sysconfig.get_path("purelib"))
print("Installed all packages")
"""


def write_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """Write a wheel for any Python."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{member},,\n" for member in [*contents, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(member, text)
    return path


def sargeo_wheel(
    folder: Path, version: str = "0.1.0", findings: dict[str, Any] | None = None
) -> Path:
    """Write a wheel of a sargeo that needs nothing and finds what it is told to find."""
    doctor = DOCTOR.format(findings=HEALTHY if findings is None else findings)
    files = {"sargeo_cli/__init__.py": "", "sargeo_cli/__main__.py": doctor}
    return write_wheel(folder, "sargeo", version, files)


def write_index(folder: Path, version: str = "0.1.0") -> Path:
    """Write a package index of a sargeo that needs nothing; returns its folder."""
    wheel = sargeo_wheel(folder / "sargeo", version)
    page = f'<!DOCTYPE html><a href="{wheel.name}">{wheel.name}</a>'
    wheel.with_name("index.html").write_text(page, encoding="utf-8")
    return folder


def uv_wheel(folder: Path) -> Path:
    """Write a wheel of a uv that knows how to install from a bundle."""
    return write_wheel(folder, "uv", "0.99.0", {"uv/__init__.py": "", "uv/__main__.py": UV_MAIN})


def program(path: Path, script: str) -> Path:
    """Write a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def base_python(path: Path, version: tuple[int, ...] = (3, 12, 4), **found: object) -> Path:
    """Write a program that says of itself what a Python says that is asked to be a base."""
    answer = {
        "executable": str(path),
        "version": version,
        "bits": 64,
        "machine": "x86_64",
        "venv": True,
        **found,
    }
    return program(path, f"echo '{json.dumps(answer)}'")


def machine(home: Path, platform: str = sys.platform, **variables: str) -> Machine:
    """Return a machine without uv and with no Python but that which is named."""
    variables = {"PATH": str(home / "bin"), "HOME": str(home), **variables}
    return Machine(platform, variables, home, prefix=home / "qgis")


def with_uv(home: Path) -> Machine:
    """Return a machine with uv, whose cache is in its home, and this Python."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    return machine(home, PATH=path, SARGEO_UV=str(UV), UV_CACHE_DIR=str(home / "cache"))
