"""What a run's phases took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    """Put the wall time of a block into a table of phases, in seconds."""
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds[phase] = time.perf_counter() - began
