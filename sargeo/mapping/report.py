"""What a map run tells once it is over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sargeo.inference.report import RunReport


@dataclass(frozen=True, slots=True, kw_only=True)
class MapReport(RunReport):
    """What `sargeo.mapping.map_scene` did, beside what every `RunReport` tells.

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
    """

    products: tuple[Path, ...]
    objects: int | None
    objects_proposed: int | None
    objects_dropped: dict[str, int]
    valid_share: float
    class_shares: dict[str, float]
    class_areas_km2: dict[str, float]
