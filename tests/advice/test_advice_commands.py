"""Whatever ends a command, and commands that are called wrongly."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.advice import follows
from support.commands import Command, all_commands
from support.seaside import assert_right, seaside

from sargeo_cli.main import main

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


def interrupt(*args: object, **kwargs: object) -> None:
    """As by a second Ctrl-C, which ends a run amid its work."""
    raise KeyboardInterrupt


@follows(
    "sargeo_cli.failures:_failure",
    "Run it again to start from the beginning; add --overwrite where it was writing products.",
)
def test_what_was_interrupted_is_run_again(
    scene: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command that writes products comes this far: the next test has theirs."""
    with monkeypatch.context() as patch:
        patch.setattr("sargeo.scene.describe.describe", interrupt)
        refused("info", scene, code=130)
    assert json.loads(done("info", scene, "--json"))["name"] == "scene"


@follows(
    "sargeo_cli.interrupt:cancel_on_interrupt",
    "Run the same command again to start from the beginning.",
)
@pytest.mark.parametrize("kept", [False, True])
def test_a_run_that_was_stopped_at_once_is_run_again(
    kept: bool,
    scene: Path,
    out: Path,
    refused: Refused,
    mapped: Mapped,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where finished products stay, the message says that it takes --overwrite."""
    place = "sargeo.mapping.run._MapRun._describe" if kept else "sargeo.mapping.run.sweep"
    with monkeypatch.context() as patch:
        patch.setattr(place, interrupt)
        problem = refused("map", scene, "-o", out, code=130).problem
    assert ("--overwrite removes the folder" in problem) is kept
    assert_right(mapped(scene, *(["--overwrite"] if kept else [])))


@follows(
    "sargeo_cli.failures:_failure",
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
    "sargeo_cli.failures:_refused_by_system",
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


NOWHERE_NEARER = "no command is known that lets this come so far: reading a scene is made to"


def failing(patch: pytest.MonkeyPatch, error: OSError) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    patch.setattr("sargeo.scene.describe.describe", fail)


@follows(
    "sargeo_cli.failures:_refused_by_system",
    "Get the right to read and write there, and close other programs that hold it open.",
    simulated=NOWHERE_NEARER,
)
def test_the_right_to_use_a_file_is_had(
    scene: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing(patch, PermissionError(errno.EACCES, "Permission denied", str(scene)))
        assert str(scene) in refused("info", scene, code=4).problem
    assert json.loads(done("info", scene, "--json"))["name"] == "scene"


@follows(
    "sargeo_cli.failures:_refused_by_system",
    "Check the path, and leave the file where it is until the command has ended.",
    simulated=NOWHERE_NEARER,
)
def test_what_a_command_uses_is_left_where_it_is(
    scene: Path, refused: Refused, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing(patch, FileNotFoundError(errno.ENOENT, "No such file or directory", str(scene)))
        assert str(scene) in refused("info", scene, code=4).problem
    assert json.loads(done("info", scene, "--json"))["name"] == "scene"


@follows(
    "sargeo_cli.failures:_refused_by_system",
    "Connect the disk or network again, and run the command again; add --overwrite where it was "
    "writing products.",
    simulated="no disk is taken away: the operating system is made to say so",
)
def test_a_disk_is_connected_again(
    scene: Path, out: Path, refused: Refused, mapped: Mapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EIO, "Input/output error", str(scene))

    with monkeypatch.context() as patch:
        patch.setattr("sargeo.mapping.run.sweep", gone)
        assert "Input/output error" in refused("map", scene, "-o", out, code=4).problem
    assert_right(mapped(scene, "--overwrite"))


@follows(
    "sargeo_cli.failures:_failure",
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


@follows("sargeo_cli.main:_refuse_undecodable", "Rename the file or folder, in plain letters.")
@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text on Windows")
def test_a_name_that_is_no_text_is_changed(scene: Path, refused: Refused, mapped: Mapped) -> None:
    strange = scene.rename(scene.with_name(os.fsdecode(b"k\xfcste.tif")))
    refused("info", strange, code=2)
    assert_right(mapped(strange.rename(scene.with_name("kueste.tif"))))


@follows(
    "sargeo_cli.streams:lost_output",
    "Send it to another place; files that the command wrote are complete.",
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_is_sent_to_another_place(
    scene: Path, out: Path, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was lost is asked for again; the map is there already."""
    words = ["map", str(scene), "-o", str(out), "--device", "cpu", "--progress", "jsonl"]
    with monkeypatch.context() as patch, Path("/dev/full").open("w", encoding="utf-8") as full:
        patch.setattr(sys, "argv", ["sargeo", *words])
        patch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 4
    assert_right(out)
    done(*words, "--overwrite")
    assert_right(out)
