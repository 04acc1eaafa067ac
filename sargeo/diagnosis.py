"""What a bug report needs: versions, drivers, devices, memory, disk, and the state of the models.

Every probe may fail on a broken installation, and its failure is then a finding like any other.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sargeo.foreign import foreign_variables, ignored_variables

LIBRARIES = ("sargeo", "torch", "numpy", "rasterio", "pyproj", "pyogrio", "geopandas")

RASTER_DRIVERS = ("GTiff", "COG")
VECTOR_DRIVERS = ("GPKG",)

# Set by another Python, these make ours load its packages.
PYTHON_VARIABLES = ("PYTHONHOME", "PYTHONPATH")

Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Attributes
    ----------
    facts : mapping
        By section; ready for JSON.
    problems : tuple of str
        A sentence for each thing that mapping needs and that is missing or broken.
    """

    facts: Mapping[str, object]
    problems: tuple[str, ...]

    def to_dict(self) -> Facts:
        """Return facts and problems as one mapping."""
        return {**self.facts, "problems": list(self.problems)}


def diagnose() -> Diagnosis:
    """Look at this installation and this machine."""
    facts: Facts = {}
    problems: list[str] = []
    for name, probe in PROBES.items():
        facts[name], found = _ask(name, probe)
        problems += found
    return Diagnosis(facts, tuple(problems))


def _ask(name: str, probe: Callable[[], tuple[Facts, list[str]]]) -> tuple[Facts, list[str]]:
    try:
        return probe()
    except Exception as error:  # whatever is broken here is what the user wants to know
        return {}, [f"The {name} cannot be examined: {type(error).__name__}: {error}"]


def _software() -> tuple[Facts, list[str]]:
    facts: Facts = {"python": platform.python_version(), "executable": sys.executable}
    facts["system"] = platform.platform()
    return facts | {name: version(name) for name in LIBRARIES}, []


def _geodata() -> tuple[Facts, list[str]]:
    import pyogrio
    import pyproj
    import rasterio
    from rasterio.crs import CRS

    with rasterio.Env() as env:
        raster = env.drivers()
    vector = pyogrio.list_drivers(write=True)
    missing = [name for name in RASTER_DRIVERS if name not in raster]
    missing += [name for name in VECTOR_DRIVERS if name not in vector]
    facts: Facts = {
        "gdal_of_rasterio": rasterio.__gdal_version__,
        "gdal_of_pyogrio": pyogrio.__gdal_version_string__,
        "proj_of_rasterio": rasterio.__proj_version__,
        "proj_of_pyproj": pyproj.proj_version_str,
        "drivers": [*RASTER_DRIVERS, *VECTOR_DRIVERS],
        "drivers_missing": missing,
    }
    # Fails where PROJ finds no database, or that of another version.
    pyproj.CRS.from_epsg(32633)
    CRS.from_epsg(32633).to_wkt()
    return facts, [f"GDAL lacks the driver {name}." for name in missing]


def _environment() -> tuple[Facts, list[str]]:
    python = {name: os.environ[name] for name in PYTHON_VARIABLES if name in os.environ}
    return {**foreign_variables(), **python, "ignored": ignored_variables()}, []


def _devices() -> tuple[Facts, list[str]]:
    import psutil
    import torch

    memory = psutil.virtual_memory()
    facts: Facts = {
        "cpu": {
            "name": platform.processor() or platform.machine(),
            "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
            "threads": torch.get_num_threads(),
            "memory_bytes": memory.total,
            "available_bytes": memory.available,
        },
        "cuda_of_torch": torch.version.cuda or "none: this torch is built for CPUs only",
    }
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        facts[f"cuda:{index}"] = {
            "name": torch.cuda.get_device_name(index),
            "memory_bytes": total,
            "available_bytes": free,
        }
    return facts, []


def _models() -> tuple[Facts, list[str]]:
    from sargeo.errors import ModelDamagedError
    from sargeo.model.registry import DEFAULT_MODEL, list_models, verify

    facts: Facts = {}
    problems = []
    for name in list_models():
        try:
            verify(name)
            facts[name] = "intact"
        except ModelDamagedError as error:
            facts[name] = "damaged"
            problems.append(str(error))
    if DEFAULT_MODEL not in facts:
        problems.append(f"The default model {DEFAULT_MODEL} is missing: reinstall sargeo.")
    return facts, problems


def _disk() -> tuple[Facts, list[str]]:
    folders = {"temporary_folder": Path(tempfile.gettempdir()), "current_folder": Path.cwd()}
    return {
        name: {"path": str(path), "free_bytes": shutil.disk_usage(path).free}
        for name, path in folders.items()
    }, []


PROBES: dict[str, Callable[[], tuple[Facts, list[str]]]] = {
    "software": _software,
    "geodata": _geodata,
    "environment_variables": _environment,
    "devices": _devices,
    "models": _models,
    "disk": _disk,
}
