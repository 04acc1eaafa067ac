"""Ctrl-C: the first asks the run to stop and clean up, the second stops it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# Windows has Ctrl-Break too, and it is the only one that a parent process can send there.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGBREAK") if hasattr(signal, name)]


@contextmanager
def cancel_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether the user has asked to stop.

    Must be entered in the main thread: Python delivers signals there.
    """
    asked = threading.Event()

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
