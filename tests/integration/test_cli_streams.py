"""Standard streams as consoles and pipes make them."""

from __future__ import annotations

import contextlib
import os
import re
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
    assert max(map(len, plain.splitlines())) <= 70 < max(map(len, piped.decode().splitlines()))
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
