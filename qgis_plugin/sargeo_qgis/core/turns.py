"""Runs take turns: two at once would fight over the memory and the graphics card."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import CancelledError
from .process import POLL_S


class Turns:
    """A queue in which whoever came first goes first."""

    def __init__(self) -> None:
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, cancelled: Callable[[], bool], waiting: Callable[[int], None]) -> Iterator[None]:
        """Wait for the turn and hold it for the block.

        Parameters
        ----------
        cancelled : callable
            Asked while waiting.
        waiting : callable
            Gets the number of runs that are still before this one, whenever it changes.

        Raises
        ------
        CancelledError
            If the user gave up waiting.
        """
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        try:
            self._wait(ticket, cancelled, waiting)
            yield
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _wait(
        self, ticket: object, cancelled: Callable[[], bool], waiting: Callable[[int], None]
    ) -> None:
        told = 0
        with self._changed:
            while before := self._waiting.index(ticket):
                if cancelled():
                    raise CancelledError
                if before != told:
                    waiting(before)
                    told = before
                self._changed.wait(POLL_S)
