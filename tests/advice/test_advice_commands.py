"""Whatever ends a command, and commands that are called wrongly."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.advice import follows
from support.commands import Command, all_commands
from support.seaside import assert_right, seaside

Cli = Callable[..., Any]
Refused = Callable[..., Any]
Done = Callable[..., str]
Mapped = Callable[..., Path]


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return seaside(tmp_path / "scene.tif")


@follows("sargeo_cli.failures:_usage_error", "See `… --help`.")
@pytest.mark.parametrize("command", all_commands(), ids=str)
def test_help_tells_what_there_is(command: Command, refused: Refused, done: Done) -> None:
    remedy = refused(*command.words, "--no-such-option", code=2).remedy
    program, *words = remedy.removeprefix("See `").removesuffix("`.").split()
    assert (program, *words) == ("sargeo", *command.words, "--help")
    told = done(*words)
    for option in command.options:
        assert option in told


@follows(
    "sargeo_cli.failures:describe_failure",
    "Run it again to start from the beginning; add --overwrite where it was writing products.",
)
@pytest.mark.parametrize("command", ["info", "map"])
def test_what_was_interrupted_is_run_again(
    command: str,
    scene: Path,
    out: Path,
    refused: Refused,
    done: Done,
    mapped: Mapped,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As by a second Ctrl-C, which ends a run amid its work."""

    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    place = {"info": "sargeo.scene.describe.describe", "map": "sargeo.mapping.run.sweep"}[command]
    words = ("-o", out) if command == "map" else ()
    with monkeypatch.context() as patch:
        patch.setattr(place, interrupt)
        refused(command, scene, *words, code=130)
    if command == "info":
        assert json.loads(done("info", scene, "--json"))["name"] == "scene"
    else:
        assert_right(mapped(scene, "--overwrite"))


@follows(
    "sargeo_cli.failures:describe_failure",
    "Close other programs, or use a smaller --batch-size or --aoi.",
    simulated="memory is not filled: NumPy is made to say so of the whole scene",
)
@pytest.mark.parametrize("way", ["closed", "--batch-size", "--aoi"])
def test_less_memory_is_used(
    way: str,
    scene: Path,
    out: Path,
    refused: Refused,
    mapped: Mapped,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import geopandas as gpd
    import shapely

    import sargeo.mapping.run as runs

    sweep = runs.sweep

    def scarce(model: Any, source: Any, acquisition: Any, tiling: Any, **how: Any) -> Any:
        if tiling.batch_size > 1 and how["device"].type == "cpu" and not small_area:
            raise MemoryError
        return sweep(model, source, acquisition, tiling, **how)

    small_area = way == "--aoi"
    area = scene.with_name("area.gpkg")
    square = shapely.box(500_000, 4_999_000, 501_280, 5_000_000)
    gpd.GeoDataFrame(geometry=[square], crs="EPSG:32633").to_file(area)
    with monkeypatch.context() as patch:
        small_area = False
        patch.setattr(runs, "sweep", scarce)
        refused("map", scene, "-o", out, "--batch-size", 4, code=5)
        small_area = way == "--aoi"
        options = {"--batch-size": (1,), "--aoi": (area, "--batch-size", 4)}.get(way)
        if options is not None:
            mapped(scene, way, *options, "--overwrite")
            return
    assert_right(mapped(scene, "--batch-size", 4, "--overwrite"))


@follows(
    "sargeo_cli.failures:describe_failure",
    "Free some space, or choose an output folder on another disk.",
    simulated="the disk is not filled: the operating system is made to say so",
)
@pytest.mark.parametrize("freed", [True, False])
def test_room_is_made(
    freed: bool, tmp_path: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    small, copy = tmp_path / "small", shutil.copyfile

    def full(source: Any, target: Any) -> Any:
        if small in Path(target).parents:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return copy(source, target)

    def unguarded(*args: Any) -> Any:
        full(small, small / "weights.safetensors")

    with monkeypatch.context() as patch:
        patch.setattr("sargeo.model.registry.export", unguarded)
        refused("model", "export", "sargeo-tiny", "-o", small, code=4)
    folder = small if freed else tmp_path / "large"
    done("model", "export", "sargeo-tiny", "-o", folder)
    done("model", "verify", folder)


@follows(
    "sargeo_cli.failures:describe_failure",
    "Run the command again with --debug, and report what it prints and what `sargeo doctor` says.",
    simulated="what was not foreseen is not known",
)
def test_what_was_not_foreseen_is_reported(
    scene: Path, cli: Cli, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*args: object, **kwargs: object) -> None:
        raise ArithmeticError("the moon is full")

    monkeypatch.setattr("sargeo.scene.describe.describe", odd)
    assert "the moon is full" in refused("info", scene, code=1).problem
    told = cli("info", scene, "--debug").err
    assert "Traceback" in told
    assert "test_advice_commands.py" in told
    assert "rasterio" in done("doctor")
