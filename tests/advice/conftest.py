"""What cases of advice share: refusals, maps, and GDAL's own programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.outcome import Outcome
from support.seaside import seaside

Cli = Callable[..., Outcome]


@dataclass(frozen=True)
class Refusal:
    """What a command said when it failed."""

    problem: str
    remedy: str


@pytest.fixture
def refused(cli: Cli) -> Callable[..., Refusal]:
    """Run a command that fails with an exit code of ours; returns its two sentences."""

    def call(*args: object, code: int = 3) -> Refusal:
        outcome = cli(*args)
        assert outcome.code == code, outcome.err or outcome.out
        if "jsonl" in args:
            event = json.loads(outcome.out.splitlines()[-1])
            return Refusal(event["problem"], event["remedy"])
        problem, remedy = [line for line in outcome.err.splitlines() if line.strip()][-2:]
        return Refusal(problem.removeprefix("Error: "), remedy.removeprefix("What to do: "))

    return call


@pytest.fixture
def done(cli: Cli) -> Callable[..., str]:
    """Run a command that succeeds; returns what it printed."""

    def call(*args: object) -> str:
        outcome = cli(*args)
        assert outcome.code == 0, outcome.err
        return outcome.out

    return call


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of the products."""
    return tmp_path / "out"


@pytest.fixture
def mapped(done: Callable[..., str], out: Path) -> Callable[..., Path]:
    """Map a scene with the embedded model; returns the folder of its products."""

    def call(scene: object, *options: object) -> Path:
        done("map", scene, "-o", out, "--device", "cpu", "--progress", "none", *options)
        return out

    return call


@pytest.fixture(scope="session")
def gdal() -> Callable[..., str]:
    """Run a program of GDAL, as a user has it; SARGEO_REQUIRE_GDAL=1 makes its absence a failure.

    The programs are of another GDAL than the one that rasterio brings, and find their own data.
    """
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GDAL_", "PROJ_"))}

    def call(program: str, *args: object) -> str:
        found = shutil.which(program) or shutil.which(f"{program}.py")
        if found is None:
            lack = f"{program} is not installed"
            if os.environ.get("SARGEO_REQUIRE_GDAL") == "1":
                pytest.fail(lack)
            pytest.skip(lack)
        command = [found, *map(str, args)]
        ended = subprocess.run(command, capture_output=True, encoding="utf-8", env=clean)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return call


@pytest.fixture
def rio() -> Callable[..., None]:
    """Run a command of rasterio's own program, which is installed with sargeo."""
    from click.testing import CliRunner
    from rasterio.rio.main import main_group

    def call(*args: object) -> None:
        ended = CliRunner().invoke(main_group, [str(arg) for arg in args])
        assert ended.exit_code == 0, ended.output

    return call


@pytest.fixture(scope="session")
def session_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scene, ``scene.tif``, and in ``out`` its products; not to be changed."""
    from sargeo_cli.main import run

    folder = tmp_path_factory.mktemp("seaside")
    scene = seaside(folder / "scene.tif")
    words = ["map", str(scene), "-o", str(folder / "out"), "--device", "cpu"]
    assert run([*words, "--progress", "none", "--class-probabilities"]) == 0
    return folder


@pytest.fixture
def products(session_map: Path, tmp_path: Path) -> Path:
    """A copy of the scene and its products, in ``scene.tif`` and ``out``."""
    folder = tmp_path / "seaside"
    shutil.copytree(session_map, folder)
    return folder
