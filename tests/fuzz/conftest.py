"""What the first command of a process takes in imports is no measure of any input."""

from __future__ import annotations

import contextlib
import io

import pytest
from support.odd_rasters import folder_of_bases


@pytest.fixture(scope="session", autouse=True)
def warm() -> None:
    """Import what commands import."""
    from sargeo_cli.main import run

    with contextlib.redirect_stdout(io.StringIO()):
        assert run(["info", str(folder_of_bases() / "float_db.tif")]) == 0
