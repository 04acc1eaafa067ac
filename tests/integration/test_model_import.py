"""What importing the model asks of a machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Blocked(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"{{name}} is not installed here", name=name)

sys.meta_path.insert(0, Blocked())
"""


def run(blocked: set[str], code: str) -> str:
    """Run code in an interpreter of its own that lacks some packages."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCK.format(blocked=blocked) + code],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_model_imports_without_rasterio() -> None:
    code = """
import importlib, pkgutil
import sargeo.model
for module in pkgutil.iter_modules(sargeo.model.__path__):
    print(importlib.import_module(f"sargeo.model.{module.name}").__name__)
"""
    imported = run({"rasterio", "geopandas", "folium"}, code).split()
    assert "sargeo.model.api" in imported
    assert "sargeo.model.knowlip" in imported


def test_the_block_works() -> None:
    with pytest.raises(AssertionError, match="rasterio is not installed here"):
        run({"rasterio"}, "import rasterio")


def test_models_are_listed_without_torch() -> None:
    run({"torch"}, "from sargeo.model.registry import list_models; print(list_models())")


def test_a_model_maps_where_torch_has_no_other_library_beside_it() -> None:
    code = """
import numpy as np
from sargeo.model.registry import load_model
pixels = np.full((1, 64, 64), -10.0, np.float32)
print(load_model("sargeo-tiny", "cpu").predict(pixels, bands=["VV"], scale="db").landcover.shape)
"""
    assert run({"timm", "torchvision"}, code).strip() == "(64, 64)"
