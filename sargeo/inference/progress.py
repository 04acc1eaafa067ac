"""How far a run is, whether it should go on, and who is told."""

from __future__ import annotations

import time
from collections.abc import Callable

from sargeo.errors import CancelledError
from sargeo.reporting import Progress, Reporter


class RunProgress:
    """Counts windows, tells the reporter, and raises once the user has cancelled.

    Parameters
    ----------
    windows : int
        Of the whole plan.
    pixels : int
        Of the whole scene.
    name : str
        Of the phase in which windows are done.
    """

    def __init__(
        self,
        windows: int,
        pixels: int,
        reporter: Reporter,
        cancelled: Callable[[], bool],
        name: str,
    ) -> None:
        self._name = name
        self._windows = windows
        self._pixels = pixels
        self._reporter = reporter
        self._cancelled = cancelled
        self._done = 0
        self._began = time.perf_counter()

    def check(self) -> None:
        """Raise where the run was cancelled.

        Raises
        ------
        CancelledError
        """
        if self._cancelled():
            raise CancelledError(
                "The run was cancelled.", "Run the same command again to start from the beginning."
            )

    def advance(self, windows: int) -> None:
        """Count windows that are done, whether encoded or skipped for want of data."""
        self.check()
        self._done += windows
        elapsed = max(time.perf_counter() - self._began, 1e-6)
        fraction = self._done / self._windows
        self._reporter.progress(
            Progress(
                self._name,
                self._done,
                self._windows,
                mpx_per_s=fraction * self._pixels / elapsed / 1e6,
                eta_s=elapsed * (1 - fraction) / fraction if fraction else None,
            )
        )

    def phase(self, name: str, done: int = 0, total: int = 1) -> None:
        """Tell that another phase has begun or ended."""
        self.check()
        self._reporter.progress(Progress(name, done, total))
