"""What a run with texts tells while it works, and what it keeps account of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

from sargeo.geo.grid import GeoGrid
from sargeo.inference.clock import timed
from sargeo.inference.job import findable, software_versions
from sargeo.inference.progress import Pace
from sargeo.machine import peak_memory_bytes
from sargeo.model.api import SarModel
from sargeo.products.provenance import Run
from sargeo.reporting import Reporter, Silent


class Effort(TypedDict):
    """What every report ends with: see `sargeo.mapping.RunReport`."""

    model: str
    device: str
    seconds: dict[str, float]
    mpx_per_s: float
    peak_memory_bytes: int


@dataclass
class Account:
    """One run: who is told, whether it should go on, and what it took.

    Attributes
    ----------
    model : SarModel
    deed : str
        What is done with the scene, and the name of the phase in which its cells come by.
    reporter : Reporter
    cancelled : callable
        Asked between batches whether to stop.
    command : sequence of str
        The command line, for provenance.
    """

    model: SarModel
    deed: str
    reporter: Reporter | None = None
    cancelled: Callable[[], bool] = lambda: False
    command: Sequence[str] = ()
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: dict[str, float] = field(default_factory=dict)

    def start(self, scenes: Sequence[str], steps: int, pixels: int) -> Pace:
        """Tell what is about to happen, and return what counts the steps.

        Parameters
        ----------
        scenes : sequence of str
            Their addresses.
        steps, pixels : int
            Of all scenes together.
        """
        reporter = self.reporter or Silent()
        reporter.start(
            {
                "scene": ", ".join(scenes),
                "model": self.model.spec.name,
                "device": str(self.model.device),
                "windows": steps,
            }
        )
        return Pace(steps, pixels, reporter, self.cancelled, self.deed)

    @contextmanager
    def phase(self, pace: Pace, name: str) -> Iterator[None]:
        """Tell of a phase, and time it."""
        pace.phase(name)
        with timed(self.seconds, name):
            yield
        pace.phase(name, done=1)

    def metadata(self, source: str) -> dict[str, str]:
        """Return the tags of every file."""
        spec = self.model.spec
        return {
            "software": f"sargeo {software_versions()['sargeo']}",
            "model": f"{spec.name} {spec.version}",
            "model_sha256": spec.weights_sha256,
            "scene": source,
        }

    def run(self, source: str, grid: GeoGrid, settings: dict[str, object], past: str) -> Run:
        """Return what provenance tells; ``past`` says what was done with the scene."""
        return Run(
            source=findable(source),
            grid=grid,
            acquired=None,
            began=self.began,
            finished=datetime.now(UTC),
            model=self.model.spec,
            model_item=None,
            command=tuple(self.command),
            settings=settings,
            software=software_versions(),
            seconds=dict(self.seconds),
            deed=past,
        )

    def effort(self, pixels: int) -> Effort:
        """Return what every report ends with; ``pixels`` of the scenes."""
        return {
            "model": self.model.spec.name,
            "device": str(self.model.device),
            "seconds": {phase: round(s, 3) for phase, s in self.seconds.items()},
            "mpx_per_s": round(pixels / self.seconds[self.deed] / 1e6, 3),
            "peak_memory_bytes": peak_memory_bytes(),
        }
