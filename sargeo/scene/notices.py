"""What users should know of how a scene was read: what was presumed, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sargeo.scene.bands import Quantity
from sargeo.scene.choose import Companion
from sargeo.scene.interpret import PRESUMED, Finding
from sargeo.scene.scene import Scene

_NAMES: dict[Quantity, str] = {
    "sigma0": "sigma nought",
    "gamma0": "gamma nought",
    "beta0": "beta nought",
    "uncalibrated": "uncalibrated",
}


def notices(scene: Scene) -> tuple[str, ...]:
    """Return sentences for the result of a run, its page, and ``sargeo info``; often none."""
    findings: tuple[Finding, ...] = getattr(scene, "findings", ())
    companions: tuple[Companion, ...] = getattr(scene, "companions", ())
    return (*_presumed(findings), *_left_out(companions))


def _presumed(findings: Sequence[Finding]) -> Iterable[str]:
    guessed: dict[str, list[str]] = {}
    for finding in findings:
        if finding.quantity_from.startswith(PRESUMED):
            name = _NAMES[finding.band.quantity]
            guessed.setdefault(name, []).append(finding.band.polarisation)
    for name, polarisations in guessed.items():
        yield (
            f"{' and '.join(polarisations)} {'is' if len(polarisations) == 1 else 'are'} presumed "
            f"to be {name}, as the file names no calibration."
        )
    for finding in findings:
        if finding.scale_from.startswith(PRESUMED):
            yield f"{finding.band.polarisation}: {finding.scale_from}."


def _left_out(companions: Iterable[Companion]) -> Iterable[str]:
    for companion in companions:
        name = f" ({companion.name})" if companion.name else ""
        how = ", but for its mean" if companion.what == "incidence angle" else ""
        yield f"Band {companion.position + 1}{name} is not mapped{how}: {companion.what}."
