"""What a run tells once it is over."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did.

    Attributes
    ----------
    products : tuple of Path
        Everything that was written.
    objects : int or None
        Number of objects; None where they were not asked for.
    objects_proposed : int or None
        Those that the network proposed in the windows that it saw, however doubtful.
    objects_dropped : mapping of str to int
        How many each filter dropped of those that the filters before it had left, in the order of
        the filters: see `sargeo.mapping.candidates.Candidates` for the first three, then as far
        as asked for "shorter", "longer", "excluded" and "on_land".
    valid_share : float
        Pixels with a result, 0 to 1.
    class_shares : mapping of str to float
        Share of the valid pixels by class name.
    class_areas_km2 : mapping of str to float
        Geodesic area by class name.
    model, device : str
    seconds : mapping of str to float
        Wall time by phase.
    mpx_per_s : float
        Million scene pixels per second of the phase "map".
    peak_memory_bytes : int
        Of the process.
    """

    products: tuple[Path, ...]
    objects: int | None
    objects_proposed: int | None
    objects_dropped: dict[str, int]
    valid_share: float
    class_shares: dict[str, float]
    class_areas_km2: dict[str, float]
    model: str
    device: str
    seconds: dict[str, float]
    mpx_per_s: float
    peak_memory_bytes: int

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values for JSON."""
        return asdict(self) | {"products": [str(p) for p in self.products]}
