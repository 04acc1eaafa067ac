"""What a run tells once it is over."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypedDict


class Effort(TypedDict):
    """The fields of a `RunReport` as keyword arguments."""

    model: str
    device: str
    seconds: dict[str, float]
    mpx_per_s: float
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run took; reports of commands add what they found.

    Attributes
    ----------
    model, device : str
    seconds : mapping of str to float
        Wall time by phase.
    mpx_per_s : float
        Million scene pixels per second of the phase that is named as the command is.
    peak_memory_bytes : int
        Of the process.
    """

    model: str
    device: str
    seconds: dict[str, float]
    mpx_per_s: float
    peak_memory_bytes: int

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values for JSON: what was found, then what it took."""
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        took = {f.name: values.pop(f.name) for f in fields(RunReport)}
        return values | took


def _plain(value: Any) -> Any:
    match value:
        case Path():
            return str(value)
        case tuple():
            return [_plain(part) for part in value]
        case dict():
            return dict(value)
    return value
