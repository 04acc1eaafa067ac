"""How a run is asked to stop and clean up: Ctrl-C, or the end of standard input.

The first Ctrl-C asks, the second stops the run at once. A program that starts sargeo cannot send
Ctrl-C everywhere (Windows, ssh), and may itself be killed; a pipe that it holds ends in all cases.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# Windows has Ctrl-Break too, and it is the only one that a parent process can send there.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGBREAK") if hasattr(signal, name)]


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
        threading.Thread(
            target=_wait_for_end, args=(sys.stdin.fileno(), asked), daemon=True
        ).start()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    previous = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield asked.is_set
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _wait_for_end(descriptor: int, asked: threading.Event) -> None:
    # Not sys.stdin.read: a thread that holds its lock would stop the interpreter from exiting.
    while os.read(descriptor, 4096):
        pass
    asked.set()
