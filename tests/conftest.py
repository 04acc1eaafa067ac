"""Fixtures that several tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from support.outcome import Outcome

# Time limits per example fail on a busy machine; derandomised, a failure is the same everywhere.
settings.register_profile("sargeo", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("sargeo")

# For the Python of QGIS: qgis/run.py.
collect_ignore = ["qgis"]

# Networks this small train three times as long in two threads; and tests run beside each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run ``sargeo ARGS`` in this process, through all that the entry point does."""
    from sargeo_cli.main import run

    def call(*args: object) -> Outcome:
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def sargeo_data() -> Path:
    """The folder of real SAR data, read in place; tests skip where it is absent."""
    folder = os.environ.get("SARGEO_DATA")
    if not folder:
        pytest.skip("SARGEO_DATA does not name the folder of real SAR data")
    return Path(folder)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder with a small network of random weights: quick, and good for nothing."""
    import torch
    from support.models import tiny_spec

    from sargeo.model.knowlip import SarKnowlip
    from sargeo.model.storage import save_model

    torch.manual_seed(0)
    spec = tiny_spec()
    folder = tmp_path_factory.mktemp("models") / spec.name
    save_model(folder, SarKnowlip.from_spec(spec), spec)
    return folder
