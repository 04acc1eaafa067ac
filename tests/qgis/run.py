"""Run the tests of the plugin in a real QGIS: ``python tests/qgis/run.py [PYTEST ARGUMENTS]``.

Started by the Python that holds sargeo, it looks for one that holds QGIS, and hands the former to
the plugin. Without QGIS nothing runs, which is an error only if SARGEO_REQUIRE_QGIS is 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent

#: Where QGIS keeps its Python, or what starts it with the variables that it needs.
PLACES = {
    "win32": (
        "C:/OSGeo4W/bin/python-qgis*.bat",
        "C:/OSGeo4W64/bin/python-qgis*.bat",
        "C:/Program Files/QGIS */bin/python-qgis*.bat",
    ),
    "darwin": ("/Applications/QGIS*.app/Contents/MacOS/bin/python3",),
}
ELSEWHERE = ("/usr/bin/python3",)

NEEDED = "import qgis.core, osgeo.gdal, numpy, pytest"

#: Without other arguments, where that Python has pytest-xdist: two QGIS, each a file at a time.
BESIDE = ("--numprocesses", "2", "--dist", "loadfile")


def main(arguments: list[str]) -> int:
    """Run the tests and return the exit code."""
    pythons = candidates(os.environ, sys.platform)
    python = next((python for python in pythons if imports(python, NEEDED)), None)
    if python is None:
        print("No Python with QGIS and pytest was found: the tests of the plugin do not run.")
        return 1 if os.environ.get("SARGEO_REQUIRE_QGIS") == "1" else 0
    if not arguments and imports(python, "import xdist"):
        arguments = [*BESIDE]
    with tempfile.TemporaryDirectory(prefix="sargeo_qgis_") as profile:
        command = [python, "-m", "pytest", *arguments]
        variables = environment(os.environ, Path(profile))
        return subprocess.run(command, cwd=HERE, env=variables, check=False).returncode


def candidates(variables: Mapping[str, str], platform: str) -> Iterator[str]:
    """Yield the Pythons that may hold QGIS: the one that QGIS_PYTHON names, or those of PLACES."""
    if variables.get("QGIS_PYTHON"):
        yield variables["QGIS_PYTHON"]
        return
    for place in PLACES.get(platform, ELSEWHERE):
        path = Path(place)
        yield from sorted(map(str, Path(path.anchor).glob(str(path.relative_to(path.anchor)))))


def imports(python: str, modules: str) -> bool:
    """Tell whether a Python can import modules."""
    try:
        done = subprocess.run(
            [python, "-c", modules], env=without_venv(os.environ), capture_output=True
        )
    except OSError:
        return False
    return done.returncode == 0


def environment(variables: Mapping[str, str], profile: Path) -> dict[str, str]:
    """Return the variables for the tests: no screen, and a profile that nobody has used."""
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    return {
        **without_venv(variables),
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(profile / "qgis"),
        "XDG_CACHE_HOME": str(profile / "cache"),
        "XDG_CONFIG_HOME": str(profile / "config"),
        "XDG_DATA_HOME": str(profile / "data"),
        "XDG_RUNTIME_DIR": str(profile),
        "SARGEO_PYTHON": sys.executable,
        "SARGEO_UV": uv or "",
        **(uv_cache(uv) if uv else {}),
    }


def uv_cache(uv: str) -> dict[str, str]:
    """Return the variable that lets an installation find what was fetched before: gigabytes."""
    told = subprocess.run([uv, "cache", "dir"], check=True, capture_output=True, encoding="utf-8")
    return {"UV_CACHE_DIR": told.stdout.strip()}


def without_venv(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those that lead a Python to the packages of another."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTEST_ADDOPTS")
    return {name: value for name, value in variables.items() if name not in foreign}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
