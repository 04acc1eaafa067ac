"""The grounded writer: every clause is made of claims that the record's facts support."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sargeo_training.data.target_text import (
    FIELDS,
    LEVELS,
    Claim,
    Clause,
    Scope,
    TargetText,
)
from sargeo_training.text.claims import Findings, domain, findings, sayable, verdict
from sargeo_training.text.domains import family_of
from sargeo_training.text.phrases import (
    Entry,
    Families,
    Wording,
    by_family,
    entries,
    entry_for,
)
from sargeo_training.text.questions import Caption, ask

if TYPE_CHECKING:
    from sargeo_training.data.chip import Record

WRITER = "grounded"
SCOPES: tuple[Scope, ...] = ("land", "target")

PHYSICS_SENTENCES = 3
"""At most so many fields of a scope also tell how radar sees things: that changes little from chip
to chip."""

_PHYSICS = "SAR knowledge"
_TELLING = ("landcover.main", "landcover.share", "objects.count", "objects.least")
_CONCISE = {
    "land": ("Distribution", "Water", "Functionality", "Buildings", "Terrain"),
    "target": ("Count", "Category", "Location", "Size"),
}


def phrase(
    scope: Scope,
    field: str,
    claims: Sequence[Claim],
    rng: np.random.Generator,
    *,
    evidence: tuple[str, ...] = (),
) -> Clause:
    """Word claims, true or not: how they are worded depends on nothing but them and `rng`.

    The same state of `rng` gives the same sentence around another value, unless that value has
    sentences of its own (``yes`` and ``no``), and leaves the same state behind.

    Raises
    ------
    ValueError
        If the field has no sentence for just these claims.
    """
    entry = entry_for(scope, field, claims)
    ordered = entry.ordered(claims)
    wording = Wording(ordered, rng)
    text, keywords = wording.fill(wording.choose(entry.stems_for(ordered)), entry.items)
    return Clause(
        scope=scope,
        field=field,
        level=entry.level,
        text=text,
        claims=tuple(ordered),
        keywords=keywords,
        evidence=evidence,
    )


def can_phrase(clause: Clause) -> bool:
    """Tell whether `phrase` has a sentence for the claims of a clause, whoever wrote it."""
    choices = entries(clause.scope).get(clause.field, ())
    return any(entry.fits(clause.claims) for entry in choices)


def write(record: Record, rng: np.random.Generator) -> TargetText:
    """Write clauses, captions and questions about a record, all true of its facts.

    The chain goes from geoscience over social development and radar to instances; calibration then
    drops what contradicts the facts or an earlier clause, and what has been said.
    """
    found = findings(record)
    drafts = [clause for scope in SCOPES for clause in _drafts(scope, found, rng)]
    clauses = calibrated(sorted(drafts, key=_place_in_chain), found)
    short, long = (_captioned(clauses, detailed=detail) for detail in (False, True))
    return TargetText(
        writer=WRITER,
        clauses=clauses,
        concise=short.text,
        detailed=long.text,
        questions=ask(short, long, found, rng),
    )


def caption(clauses: Sequence[Clause], *, detailed: bool) -> str:
    """Join clauses: all of them in order, or the most telling one or two in one sentence.

    Returns
    -------
    str
        Empty where there are no clauses.
    """
    if detailed:
        return " ".join(clause.text for clause in clauses)
    if not clauses:
        return ""
    first, *others = _picked(clauses)
    return ", and ".join([first.text.rstrip("."), *map(_continued, others)]) + "."


def calibrated(clauses: Iterable[Clause], found: Findings) -> tuple[Clause, ...]:
    """Keep clauses whose claims are true, in accord with each other and not all said before."""
    said: dict[str, Claim] = {}
    kept = []
    for clause in clauses:
        true = all(verdict(claim, found) == "true" for claim in clause.claims)
        accords = all(said.get(claim.fact, claim) == claim for claim in clause.claims)
        new = any(claim.fact not in said for claim in clause.claims)
        if true and accords and new:
            kept.append(clause)
            said |= {claim.fact: claim for claim in clause.claims}
    return tuple(kept)


def _captioned(clauses: Sequence[Clause], *, detailed: bool) -> Caption:
    said = clauses if detailed else _picked(clauses)
    claims = dict.fromkeys(claim for clause in said for claim in clause.claims)
    return Caption(caption(clauses, detailed=detailed), tuple(claims))


def _drafts(scope: Scope, found: Findings, rng: np.random.Generator) -> list[Clause]:
    """Word one clause for each field and level that something is known of."""
    truths = by_family(sayable(found).values())
    drafts: list[Clause] = []
    physics: list[Clause] = []
    for name, choices in entries(scope).items():
        for level in LEVELS:
            claims = _choose([e for e in choices if e.level == level], truths, rng)
            if claims:
                layers = dict.fromkeys(k for c in claims for k in found[c.fact].layers)
                clause = phrase(scope, name, claims, rng, evidence=tuple(layers))
                (physics if level == _PHYSICS else drafts).append(clause)
    keep = rng.permutation(len(physics))[:PHYSICS_SENTENCES]
    return drafts + [physics[i] for i in sorted(keep)]


def _choose(
    choices: Sequence[Entry], truths: Families, rng: np.random.Generator
) -> tuple[Claim, ...]:
    """Choose a pattern that the truths can fill, then what to fill it with."""
    options = [(e.fallback, e.choices(truths)) for e in choices]
    usable = [(fallback, sets) for fallback, sets in options if sets]
    first = [sets for fallback, sets in usable if not fallback] or [sets for _, sets in usable]
    if not first:
        return ()
    sets = first[int(rng.integers(len(first)))]
    return sets[int(rng.integers(len(sets)))]


def _place_in_chain(clause: Clause) -> tuple[int, int, int]:
    return (
        LEVELS.index(clause.level),
        SCOPES.index(clause.scope),
        FIELDS[clause.scope].index(clause.field),
    )


def _picked(clauses: Sequence[Clause]) -> list[Clause]:
    """Return the most telling clause of each scope, or the two of the only one."""
    picked = [clause for scope in SCOPES for clause in _telling(clauses, scope)[:1]]
    if len(picked) == 1:
        picked = _telling(clauses, picked[0].scope)[:2]
    return picked or list(clauses[:1])


def _telling(clauses: Sequence[Clause], scope: Scope) -> list[Clause]:
    """Return the clauses of a scope that suit a short caption, the most telling first."""
    fields = _CONCISE[scope]
    suited = [c for c in clauses if c.scope == scope and c.field in fields and c.level != _PHYSICS]

    def rank(clause: Clause) -> tuple[bool, int]:
        sums_up = any(family_of(claim.fact) in _TELLING for claim in clause.claims)
        return not sums_up, fields.index(clause.field)

    return sorted(suited, key=rank)


def _continued(clause: Clause) -> str:
    """Return a sentence as the second half of another: its first letter small, unless a name's."""
    text = clause.text.rstrip(".")
    names = [claim.value for claim in clause.claims if not domain(claim.fact).values]
    if any(text.startswith(str(name)) for name in names):
        return text
    return text[:1].lower() + text[1:]
