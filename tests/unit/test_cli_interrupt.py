"""Ctrl-C asks first and forces then; the end of standard input asks too."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sargeo_cli import interrupt
from sargeo_cli.interrupt import SIGNALS, cancel_on_interrupt, wait_for_end


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_asks_and_the_second_forces(number: int) -> None:
    before = signal.getsignal(number)
    with cancel_on_interrupt() as cancelled:
        assert not cancelled()
        signal.raise_signal(number)
        assert cancelled()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_windows_break_is_heard_where_it_exists() -> None:
    assert {s.name for s in SIGNALS} == {"SIGINT", "SIGBREAK", "SIGTERM"} & set(dir(signal))


def test_the_end_of_standard_input_asks_where_it_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        with cancel_on_interrupt(watch_input=True) as cancelled:
            os.write(writing, b"anything")
            time.sleep(0.1)
            assert not cancelled()
            os.close(writing)
            deadline = time.monotonic() + 5
            while not cancelled() and time.monotonic() < deadline:
                time.sleep(0.01)
            assert cancelled()


def peek_named_pipe(
    handle: ctypes.c_void_p, _buffer: None, _size: int, _read: None, waiting: object, _left: None
) -> int:
    """Tell of a pipe here what Windows tells of one there: its bytes, or 0 for a broken one."""
    fcntl = pytest.importorskip("fcntl")
    termios = pytest.importorskip("termios")
    count = waiting._obj  # type: ignore[attr-defined]
    fcntl.ioctl(handle.value, termios.FIONREAD, number := bytearray(4))
    count.value = int.from_bytes(number, sys.byteorder)
    poll = select.poll()
    poll.register(handle.value or 0, select.POLLIN)
    broken = any(events & select.POLLHUP for _, events in poll.poll(0))
    return int(count.value > 0 or not broken)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stand in for Windows; return the lengths of what is read."""
    lengths: list[int] = []
    read = os.read

    def counted(descriptor: int, length: int) -> bytes:
        lengths.append(length)
        return read(descriptor, length)

    kernel = SimpleNamespace(PeekNamedPipe=peek_named_pipe)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(get_osfhandle=lambda number: number))
    monkeypatch.setattr(interrupt, "POLL_S", 0.01)
    monkeypatch.setattr(os, "read", counted)
    return lengths


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for Windows")
def test_windows_never_reads_where_nothing_is_to_be_had(windows: list[int]) -> None:
    reading, writing = os.pipe()
    waits = threading.Thread(target=wait_for_end, args=(reading, "win32"))
    waits.start()
    time.sleep(0.1)
    assert windows == []
    os.write(writing, b"anything")
    time.sleep(0.1)
    assert windows == [8]
    assert waits.is_alive()
    os.write(writing, b"last")
    os.close(writing)
    waits.join(5)
    assert not waits.is_alive()
    assert windows == [8, 4]
    os.close(reading)


def test_windows_reads_what_is_no_pipe(windows: list[int], tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"anything")
    with path.open("rb") as file:
        wait_for_end(file.fileno(), "win32")
    assert windows == [4096, 4096]
