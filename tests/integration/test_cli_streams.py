"""Standard streams as consoles, pipes, full disks and their absence make them."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.rasters import write_scene

from sargeo_cli import streams

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "sargeo_cli"]

FULL = Path("/dev/full")


@pytest.mark.parametrize(
    ("args", "stream", "code"),
    [
        (["--help"], "stdout", 0),
        (["map", "missing.tif", "-o", "x", "--progress", "jsonl"], "stdout", 3),
        (["map", "missing.tif", "-o", "x"], "stderr", 3),
    ],
)
def test_a_reader_that_goes_away_is_no_error(args: list[str], stream: str, code: int) -> None:
    """As in ``sargeo --help | head``: the code is that of the command, which ends as it would."""
    with subprocess.Popen(
        [*COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        getattr(process, stream).close()
        _, errors = process.communicate(timeout=120)
    assert process.returncode == code
    if stream == "stdout":
        assert errors == ""


@pytest.fixture
def map_command(tmp_path: Path, tiny_model: Path) -> list[str]:
    scene = write_scene(tmp_path / "bay_vv.tif", bands=["VV"]).path
    where = ["-o", str(tmp_path / "out"), "--model", str(tiny_model), "--device", "cpu"]
    return [*COMMAND, "map", str(scene), *where]


PRODUCTS = {"bay_vv_landcover.tif", "bay_vv_count.tif", "bay_vv_objects.gpkg", "bay_vv.stac.json"}


def products(folder: Path) -> set[str]:
    return {path.name for path in (folder / "out").iterdir()}


@pytest.mark.parametrize(("stream", "progress"), [("stdout", "jsonl"), ("stderr", "auto")])
def test_a_map_is_made_though_nobody_reads(
    map_command: list[str], tmp_path: Path, stream: str, progress: str
) -> None:
    with subprocess.Popen(
        [*map_command, "--progress", progress], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        getattr(process, stream).close()
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert products(tmp_path) >= PRODUCTS


@pytest.mark.skipif(sys.platform == "win32", reason="only a POSIX shell closes streams")
@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_map_is_made_though_streams_are_closed(
    map_command: list[str], tmp_path: Path, closed: str
) -> None:
    done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *map_command], capture_output=True)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert products(tmp_path) >= PRODUCTS


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_output_that_does_not_fit_is_told_once_the_map_is_made(
    map_command: list[str], tmp_path: Path
) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [*map_command, "--progress", "jsonl"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 4
    problem, remedy = done.stderr.decode("utf-8").splitlines()[-2:]
    assert problem == (
        "Error: Standard output could not be written to the end (No space left on device)."
    )
    assert remedy.startswith("What to do: ")
    assert products(tmp_path) >= PRODUCTS


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")
def test_a_real_terminal_has_colours_and_a_pipe_has_none() -> None:
    import pty

    leader, follower = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "70"}
    words = [*COMMAND, "model", "list"]
    with subprocess.Popen(words, stdout=follower, stderr=follower, env=environment) as process:
        os.close(follower)
        shown = b""
        with contextlib.suppress(OSError):  # so Linux tells the end of a terminal
            while part := os.read(leader, 4096):
                shown += part
        assert process.wait(120) == 0
    os.close(leader)
    piped = subprocess.run(words, capture_output=True, env=environment, check=True).stdout
    assert b"\x1b[" in shown
    assert b"\x1b[" not in piped
    plain = re.sub(rb"\x1b\[[0-9;]*m", b"", shown).decode("utf-8").replace("\r\n", "\n")
    # The line of a command is never broken.
    prose = [line for line in plain.splitlines() if "-m sargeo_cli" not in line]
    assert max(map(len, prose)) <= 70 < max(map(len, piped.decode().splitlines()))
    assert plain.split() == piped.decode("utf-8").split()


def test_output_is_utf8_whatever_the_console_speaks() -> None:
    """A Windows console of the old kind has a code page without the ellipsis of ``/vsi…``."""
    done = subprocess.run(
        [*COMMAND, "map", "--help"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert "/vsi…" in done.stdout.decode("utf-8")


class Pipe(io.RawIOBase):
    """Takes some writes, and then fails."""

    def __init__(self, number: int) -> None:
        self.number, self.taken = number, b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        if self.taken:
            raise OSError(self.number, os.strerror(self.number))
        self.taken = bytes(memoryview(data))
        return len(self.taken)


@pytest.mark.parametrize(
    ("number", "gone", "told"),
    [
        (errno.EPIPE, {errno.EPIPE}, False),
        (errno.EINVAL, {errno.EPIPE, errno.EINVAL}, False),  # as Windows says it
        (errno.EINVAL, {errno.EPIPE}, True),
        (errno.ENOSPC, {errno.EPIPE, errno.EINVAL}, True),
    ],
)
def test_what_cannot_be_written_is_dropped(
    number: int, gone: set[int], told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "READER_GONE", gone)
    pipe, problems = Pipe(number), []
    patient = streams.PatientStream(pipe, problems)
    assert [patient.write(b) for b in (b"first", b"second", b"third")] == [5, 6, 5]
    assert pipe.taken == b"first"
    assert [p.errno for p in problems] == ([number] if told else [])


def test_streams_that_are_not_there_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where pythonw.exe starts sargeo on Windows."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with streams.patient_streams() as problems:
        print("nobody reads this")
        print("nor this", file=sys.stderr)
        assert sys.stdin.read() == ""
    assert problems == []
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.close()


def test_a_stream_without_a_descriptor_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: Callable[[], str] = (held := io.StringIO()).getvalue
    monkeypatch.setattr(sys, "stdout", held)
    with streams.patient_streams():
        print("kept")
    assert written() == "kept\n"
