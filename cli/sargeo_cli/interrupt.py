"""How a run is asked to stop and clean up: Ctrl-C, or the end of standard input.

The first Ctrl-C asks, the second stops the run at once. A program that starts sargeo cannot send
Ctrl-C everywhere (Windows, ssh), and may itself be killed; a pipe that it holds ends in all cases.
"""

from __future__ import annotations

import importlib
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from sargeo.errors import CancelledError

# Windows has Ctrl-Break too, and it is the only one that a parent process can send there. SIGTERM
# is what kill, batch systems and containers send; by itself it would end a run without a word.
SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGBREAK", "SIGTERM") if hasattr(signal, name)
]

#: How often Windows is asked whether standard input has ended.
POLL_S = 0.2

_CHUNK = 4096


@contextmanager
def cancel_on_interrupt(watch_input: bool = False) -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether the user has asked to stop.

    Must be entered in the main thread: Python delivers signals there.

    Parameters
    ----------
    watch_input : bool
        Take the end of standard input for such a request.
    """
    asked = threading.Event()
    if watch_input:
        threading.Thread(target=_ask_at_end, args=(sys.stdin.fileno(), asked), daemon=True).start()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    previous = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield asked.is_set
    except KeyboardInterrupt as interrupt:  # Typer would make an exit code of it, without its notes
        stopped = CancelledError(
            "The run was stopped at once.",
            "Run the same command again to start from the beginning.",
        )
        for note in getattr(interrupt, "__notes__", []):
            stopped.add_note(note)
        raise stopped from interrupt
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def wait_for_end(descriptor: int, platform: str = sys.platform) -> None:
    """Wait until standard input ends.

    Parameters
    ----------
    descriptor : int
        Of standard input. Not `sys.stdin`: a thread that holds its lock would stop the interpreter
        from exiting.
    platform : str
        As ``sys.platform``.
    """
    if platform == "win32" and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        _poll_pipe(descriptor)
        return
    while os.read(descriptor, _CHUNK):
        pass


def _poll_pipe(descriptor: int) -> None:
    """Wait for the end of a pipe without ever reading where nothing is to be had.

    On Windows, a library that looks at the standard handles while it is loaded waits behind a read
    that blocks, and with it the run.
    """
    import ctypes  # only here, as it takes its time

    peek = ctypes.windll.kernel32.PeekNamedPipe  # type: ignore[attr-defined]
    handle = ctypes.c_void_p(importlib.import_module("msvcrt").get_osfhandle(descriptor))
    waiting = ctypes.c_ulong()
    while peek(handle, None, 0, None, ctypes.byref(waiting), None):
        if waiting.value:
            os.read(descriptor, min(waiting.value, _CHUNK))
        else:
            time.sleep(POLL_S)


def _ask_at_end(descriptor: int, asked: threading.Event) -> None:
    wait_for_end(descriptor)
    asked.set()
