"""Tiles with truth and answer made up for tests of figures of merit."""

from __future__ import annotations

import numpy as np

from sargeo.geo.grid import Block
from sargeo_training.evaluation.scoring import ScoredTile
from sargeo_training.images import NO_PLACE, PLACES

Rows = list[tuple[float, ...]]


def tile(
    *,
    said: list[int] | None = None,
    true: list[int] | None = None,
    ships: Rows | None = None,
    found: Rows | None = None,
    logits: np.ndarray | None = None,
    place: str | None = None,
    km2: float = 0.0,
    source: str = "s",
) -> ScoredTile:
    """Return a tile whose ships and detections all lie in one place."""
    chosen = np.eye(5, dtype=np.float32)[said or []] * 9
    code = PLACES.index(place) if place else NO_PLACE
    return ScoredTile(
        source=source,
        image="image",
        block=Block(0, 0, 128, 128),
        logits=chosen if logits is None else logits,
        classes=np.array(true or [], dtype=np.int64),
        searched=ships is not None,
        ships=np.array(ships or [], dtype=np.float32).reshape(-1, 5),
        found=np.array(found or [], dtype=np.float32).reshape(-1, 6),
        ship_places=np.full(len(ships or []), code, dtype=np.uint8),
        found_places=np.full(len(found or []), code, dtype=np.uint8),
        searched_km2=tuple(km2 if p == place else 0.0 for p in PLACES),
    )
