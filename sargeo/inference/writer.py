"""One writer thread, which keeps the order of what it is given and passes its errors on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

MOST_WAITING = 4
"""Tasks that may wait: with more, memory would grow while the disk is slow."""


class BackgroundWriter:
    """Runs tasks one after the other on a thread; leaving the block waits for all of them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sargeo-write")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            while self._waiting and kind is None:
                self._waiting.popleft().result()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, task: Callable[..., None], *arguments: object) -> None:
        """Queue a task; raise the error of an earlier one, if there was any."""
        self._waiting.append(self._pool.submit(task, *arguments))
        while len(self._waiting) > MOST_WAITING or (self._waiting and self._waiting[0].done()):
            self._waiting.popleft().result()
