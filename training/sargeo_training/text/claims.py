"""What a record's facts let one say, and whether a claim is true of them.

Keys, values and tolerances stand in `sargeo_training.text.domains`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sargeo_training.data.target_text import Claim
from sargeo_training.text import land_findings, map_findings, object_findings, radar_findings
from sargeo_training.text.domains import Domain, domain
from sargeo_training.text.findings import Findings, Verdict

if TYPE_CHECKING:
    from sargeo_training.data.chip import Record

__all__ = [
    "Domain",
    "Findings",
    "Verdict",
    "domain",
    "findings",
    "judge",
    "sayable",
    "truths",
    "verdict",
]


def findings(record: Record) -> Findings:
    """Return what the record's facts say of each key."""
    facts = record.facts
    found: Findings = {}
    if record.place is not None:
        found |= map_findings.place(record.place)
    if facts.terrain is not None:
        found |= map_findings.terrain(facts.terrain)
    if facts.vectors is not None:
        found |= map_findings.vectors(facts.vectors)
    if facts.landcover is not None:
        found |= land_findings.landcover(facts.landcover)
    found |= land_findings.use(facts)
    found |= object_findings.objects(facts)
    return found | radar_findings.radar(record, found)


def truths(record: Record) -> dict[str, Claim]:
    """Return everything that the record's facts let one say, by key."""
    return sayable(findings(record))


def sayable(found: Findings) -> dict[str, Claim]:
    """Return the claims of those findings that are sure enough."""
    return {
        fact: Claim(fact=fact, value=finding.value)
        for fact, finding in found.items()
        if finding.value is not None
    }


def judge(claim: Claim, record: Record) -> Verdict:
    """Compare a claim with the record's facts.

    Returns
    -------
    {"true", "false", "unknown"}
        ``unknown`` where no layer says anything of the key, or too little to decide, and for a key
        that no family has.
    """
    return verdict(claim, findings(record))


def verdict(claim: Claim, found: Findings) -> Verdict:
    """Compare a claim with findings that are at hand; as `judge`."""
    finding = found.get(claim.fact)
    return "unknown" if finding is None else finding.verdict(claim.value)
