"""What may import what, and what a first import costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "rasterio", "geopandas", "pandas", "xarray", "folium", "dask"}
HELP_SECONDS = 0.5


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running the code."""
    script = f"{code}\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, encoding="utf-8"
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    "code",
    [
        "import sargeo",
        "from sargeo_cli.main import run; run(['--help'])",
        "from sargeo_cli.main import run; run(['--version'])",
        "from sargeo_cli.main import run; run(['map', '--help'])",
    ],
)
def test_a_first_import_is_light(code: str) -> None:
    assert loaded_by(code) & HEAVY == set()


def test_the_models_rooms_import_without_rasterio() -> None:
    code = (
        "import sys; sys.modules['rasterio'] = None\nimport sargeo.model.api, sargeo.tiling.sweep"
    )
    assert "torch" in loaded_by(code)


def child_seconds() -> float:
    """Seconds that finished children worked: on a busy machine the clock on the wall says less."""
    times = os.times()
    works_here = os.name == "posix"  # elsewhere these two stay zero
    return times.children_user + times.children_system if works_here else time.perf_counter()


def test_help_comes_within_half_a_second() -> None:
    command = [sys.executable, "-c", "from sargeo_cli.main import main; main()", "--help"]
    seconds = []
    for _ in range(5):
        began = child_seconds()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(child_seconds() - began)
    assert 0 < min(seconds) < HELP_SECONDS


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout


def test_lazy_names_are_those_of_their_modules() -> None:
    import sargeo

    assert set(sargeo.__all__) <= set(dir(sargeo))
    for name in sargeo.__all__:
        assert getattr(sargeo, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = sargeo.nonsense
