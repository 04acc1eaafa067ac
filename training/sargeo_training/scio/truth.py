"""What is wrong in corrupted texts. It lies in a file of its own, and no screener imports this."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict

from sargeo_training.data.target_text import Claim
from sargeo_training.scio.screen import Place
from sargeo_training.scio.thresholds import Calibration
from sargeo_training.text.domains import Kind


class Corruption(BaseModel):
    """One clause that got a wrong value.

    Attributes
    ----------
    id, clause
        Record, and number of the clause in its text.
    kind
        What the value gets wrong.
    right, wrong
        The claim as it was and as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    clause: int
    kind: Kind
    right: Claim
    wrong: Claim

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.id, self.clause


class HiddenTruth(BaseModel):
    """All that is wrong: only measurements may read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    corruptions: tuple[Corruption, ...]

    def by_place(self) -> dict[Place, Corruption]:
        """Return the corruptions by where they are."""
        return {c.place: c for c in self.corruptions}

    def reveal(self, ids: Collection[str]) -> Calibration:
        """Open what is wrong in a few chips, to choose thresholds by."""
        chips = frozenset(ids)
        return Calibration(chips, frozenset(c.place for c in self.corruptions if c.id in chips))
