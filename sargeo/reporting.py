"""What a long run tells while it runs. The command line renders it; scripts may ignore it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a phase is.

    Attributes
    ----------
    phase : str
        "read", "map", "embed", "classify", "search", "describe", "finish" or "webmap".
    done, total : int
        Windows where cells or pixels come by, steps otherwise.
    mpx_per_s : float or None
        Million scene pixels per second since the phase began.
    eta_s : float or None
        Seconds left, where it can be told.
    """

    phase: str
    done: int
    total: int
    mpx_per_s: float | None = None
    eta_s: float | None = None


class Reporter(Protocol):
    """Receives what a run has to say. Called from one thread at a time."""

    def start(self, facts: Mapping[str, object]) -> None:
        """Tell once, before the work: scene, model, device, number of windows."""
        ...

    def progress(self, progress: Progress) -> None:
        """Tell how far the run is."""
        ...

    def warning(self, message: str) -> None:
        """Tell something that the user should know, in one sentence."""
        ...


class Silent:
    """A reporter that says nothing."""

    def start(self, facts: Mapping[str, object]) -> None:
        """Ignore the facts."""

    def progress(self, progress: Progress) -> None:
        """Ignore the progress."""

    def warning(self, message: str) -> None:
        """Ignore the warning."""
