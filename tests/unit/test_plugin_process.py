"""A child of the plugin ends with all that it started, and its end is put into words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sargeo_qgis.core import process
from sargeo_qgis.core.errors import CancelledError, PluginError
from sargeo_qgis.core.process import Child, describe_exit, group_arguments, kill_group

POLITE = "import sys; print('ready', flush=True); sys.stdin.read(); print('cleaned up', flush=True)"
STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)


def start(code: str, *, watches_input: bool = False) -> Child:
    command = [sys.executable, "-c", code]
    return Child(command, environment=os.environ, watches_input=watches_input)


def never() -> bool:
    return False


def after_first_line(lines: Iterator[str]) -> str:
    return next(lines)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "ASK_S", 0.2)
    monkeypatch.setattr(process, "TELL_S", 0.2)


def test_lines_come_in_order_and_whole() -> None:
    with start("for i in range(1000): print('Zeile', i, 'ü')") as child:
        lines = list(child.lines(never))
    assert lines == [f"Zeile {i} ü" for i in range(1000)]
    assert child.exit_code() == 0


def test_standard_error_is_kept_and_does_not_block() -> None:
    with start(
        "import sys; sys.stderr.write('x' * 70 + '\\n'); sys.stderr.write('y\\n' * 9999)"
    ) as child:
        assert list(child.lines(never)) == []
        child.exit_code()
    assert len(child.errors) == process.KEPT_LINES
    assert child.errors[-1] == "y"


def test_cancelling_lets_the_child_clean_up() -> None:
    seen: list[str] = []
    with pytest.raises(CancelledError), start(POLITE, watches_input=True) as child:
        lines = child.lines(lambda: bool(seen))
        seen.append(next(lines))
        next(lines)
    assert seen == ["ready"]
    assert child.exit_code() == 0


@pytest.mark.usefixtures("impatient")
def test_a_stubborn_child_is_ended_with_all_that_it_started() -> None:
    with start(STUBBORN) as child:
        grandchild = psutil.Process(int(after_first_line(child.lines(never))))
    assert child.exit_code() == -signal.SIGKILL
    psutil.wait_procs([grandchild], timeout=5)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_ending_twice_is_harmless() -> None:
    child = start("pass")
    child.end()
    child.end()


def test_a_missing_program_is_named() -> None:
    with pytest.raises(PluginError, match=r"^no-such-program cannot be started"):
        Child(["no-such-program"], environment=os.environ)


def test_what_to_do_fits_what_was_started() -> None:
    with pytest.raises(PluginError, match="Check the Python of sargeo on the Setup page"):
        Child(["no-such-python"], environment=os.environ)
    with pytest.raises(PluginError, match=r"Install ssh\.$"):
        Child(["no-such-ssh"], environment=os.environ, remedy="Install ssh.")


def test_a_killed_child_ends_the_lines() -> None:
    with start("import time; print('on', flush=True); time.sleep(60)") as child:
        lines = child.lines(never)
        assert next(lines) == "on"
        os.kill(child.pid, signal.SIGKILL)
        assert list(lines) == []
        assert "memory ran out" in describe_exit(child.exit_code(), child.errors).problem


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-9, "memory ran out"),
        (137, "memory ran out"),
        (0xC0000017, "memory ran out"),
        (-11, "crashed"),
        (0xC0000005, "crashed"),
        (-15, "from outside (signal 15)"),
        (1, "exit code 1: the last"),
    ],
)
def test_an_end_is_put_into_words(code: int, said: str) -> None:
    assert said in describe_exit(code, ["first", "the last", " "]).problem


def test_a_silent_end_is_put_into_words() -> None:
    assert "exit code 7: no message" in describe_exit(7, []).problem


def test_windows_children_have_no_console_and_their_own_group() -> None:
    flags = group_arguments("win32")["creationflags"]
    assert flags == 0x08000200
    assert group_arguments("darwin") == {"start_new_session": True}


def test_windows_ends_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []
    monkeypatch.setenv("SYSTEMROOT", "D:/Windows")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    with start("pass") as child:
        kill_group(child._process, "win32", force=True)
        list(child.lines(never))
    taskkill = "D:/Windows/System32/taskkill.exe"
    assert [Path(command[0]) for command in commands] == [Path(taskkill)]
    assert commands[0][1:] == ["/PID", str(child.pid), "/T", "/F"]


def test_waiting_notices_a_cancel_without_output() -> None:
    began = time.monotonic()
    with pytest.raises(CancelledError), start("import sys; sys.stdin.read()") as child:
        list(child.lines(lambda: time.monotonic() - began > 0.5))
    assert time.monotonic() - began < 5
