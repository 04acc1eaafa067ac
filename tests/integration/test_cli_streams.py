"""Standard streams as consoles and pipes make them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", "from sargeo_cli.main import main; main()"]


@pytest.mark.parametrize(
    "args",
    [["--help"], ["model", "list"], ["map", "missing.tif", "-o", "x", "--progress", "jsonl"]],
)
def test_a_reader_that_goes_away_is_no_error(args: list[str]) -> None:
    """As in ``sargeo --help | head``."""
    with subprocess.Popen(
        [*COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, errors = process.communicate(timeout=120)
    assert errors == ""


def test_output_is_utf8_whatever_the_console_speaks() -> None:
    """A Windows console of the old kind has a code page without the ellipsis of ``/vsi…``."""
    done = subprocess.run(
        [*COMMAND, "map", "--help"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert "/vsi…" in done.stdout.decode("utf-8")
