"""Every decision about a clause: one row each, as Parquet for tables and as a page to read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sargeo.products.files import replacing, write_text
from sargeo_training.data.target_text import Claim, Clause
from sargeo_training.scio.infilling import Infilling
from sargeo_training.scio.screen import Evidence, Place, group_of
from sargeo_training.scio.texts import Text
from sargeo_training.scio.thresholds import Thresholds


@dataclass(frozen=True)
class Decision:
    """What was decided about one clause in one round, and why.

    Attributes
    ----------
    round, id, clause
        Round, record, and number of the clause in its text.
    group
        What it is about; see `screen.group_of`.
    text, claims
        The clause, and what it claims as JSON.
    contrast, matching
        Scores of the whole text, or of a clause that was judged alone; they and what follows are
        None for what was not judged, such as the only clause of a text.
    hidden
        Mean log-probability of the clause's keywords; None where clauses are not judged by it.
    contrast_rise, matching_rise, hidden_rise
        By how much they rise without the clause; where clauses were judged alone, how low their
        own scores are.
    contrast_threshold, matching_threshold, hidden_threshold
        What they have to exceed; None where the group is believed.
    suspect
        Whether all exceed them.
    refill, refill_claims
        What the image says instead; None unless suspect.
    refill_contrast_rise, refill_matching_rise
        By how much the scores of the clause by itself rise with it.
    outcome
        ``"believed"``, ``"refilled"`` or ``"left out"``.
    """

    round: int
    id: str
    clause: int
    group: str
    text: str
    claims: str
    contrast: float | None = None
    matching: float | None = None
    hidden: float | None = None
    contrast_rise: float | None = None
    matching_rise: float | None = None
    hidden_rise: float | None = None
    contrast_threshold: float | None = None
    matching_threshold: float | None = None
    hidden_threshold: float | None = None
    suspect: bool = False
    refill: str | None = None
    refill_claims: str | None = None
    refill_contrast_rise: float | None = None
    refill_matching_rise: float | None = None
    outcome: str = "believed"


_TYPES = {"int": pa.int64(), "str": pa.string(), "bool": pa.bool_(), "float": pa.float64()}
_SCHEMA = pa.schema(
    [(f.name, _TYPES[str(f.type).removesuffix(" | None")]) for f in fields(Decision)]
)

_STYLE = (
    "body{font:14px/1.5 sans-serif;margin:2em;max-width:80em}table{border-collapse:collapse;"
    "width:100%}td,th{border-bottom:1px solid #ddd;padding:.2em .6em;text-align:left;"
    "vertical-align:top}.n{text-align:right;white-space:nowrap}.suspect{background:#fff2e0}"
    "del{color:#a00}ins{color:#060;text-decoration:none}"
)

_GROUPS_NAMED = 3


def decide(
    number: int,
    texts: Sequence[Text],
    evidence: Evidence,
    thresholds: Thresholds,
) -> list[Decision]:
    """Put together what screening decided about every clause in a round."""
    judged = _judged(evidence, thresholds)
    return [
        Decision(
            round=number,
            id=text.id,
            clause=k,
            group=group_of(clause),
            text=clause.text,
            claims=_claims(clause),
            **judged.get((text.id, k), {}),
        )
        for text in texts
        for k, clause in enumerate(text.clauses)
    ]


def with_infillings(decisions: Sequence[Decision], refills: Sequence[Infilling]) -> list[Decision]:
    """Add what the image says in place of suspect clauses."""
    filled = {refill.place: _filled(refill) for refill in refills}
    return [replace(d, **filled.get((d.id, d.clause), {})) for d in decisions]


def flagged_of(decisions: Sequence[Decision]) -> frozenset[Place]:
    """Return where the suspect clauses are."""
    return frozenset((d.id, d.clause) for d in decisions if d.suspect)


def infilled_of(decisions: Sequence[Decision]) -> dict[Place, tuple[Claim, ...]]:
    """Return what the refills that were kept claim, by where they are."""
    kept = (d for d in decisions if d.outcome == "refilled")
    return {(d.id, d.clause): _read_claims(d.refill_claims or "{}") for d in kept}


def write_decisions(decisions: Sequence[Decision], path: Path) -> None:
    """Write a Parquet file, one row for each decision."""
    table = pa.Table.from_pylist([asdict(d) for d in decisions], schema=_SCHEMA)
    with replacing(path) as part:
        pq.write_table(table, part)


def read_decisions(path: Path) -> list[Decision]:
    """Read what `write_decisions` wrote."""
    return [Decision(**row) for row in pq.read_table(path, schema=_SCHEMA).to_pylist()]


def summary(decisions: Sequence[Decision]) -> str:
    """Return in sentences what became of the clauses of a round."""
    suspects = [d for d in decisions if d.suspect]
    refilled = sum(d.outcome == "refilled" for d in suspects)
    groups = Counter(d.group for d in suspects).most_common(_GROUPS_NAMED)
    most = "; ".join(f"{group}: {count}" for group, count in groups)
    return (
        f"{len(suspects)} of {len(decisions)} clauses are suspect; {refilled} of them were "
        "refilled, and the others left out."
    ) + (f" Most are of {most}." if most else "")


def write_page(decisions: Sequence[Decision], path: Path) -> None:
    """Write an HTML page of the chips with suspect clauses: what was said, and what is now."""
    title = "Suspect clauses"
    lines = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>',
        f"<style>{_STYLE}</style><h1>{title}</h1>",
        f"<p>{escape(summary(decisions))} Rises are those of contrast and matching where the "
        "clause is missing, or how low its own are where it was judged alone; then those of the "
        "refill over the clause.</p>",
        *(line for chip in _by_chip(decisions) for line in _chip_lines(chip)),
    ]
    write_text(path, "\n".join(lines) + "\n")


def _judged(evidence: Evidence, thresholds: Thresholds) -> dict[Place, dict[str, Any]]:
    """Return the columns about screening, by clause."""
    suspect = thresholds.flagged(evidence)
    judged: dict[Place, dict[str, Any]] = {}
    for k, place in enumerate(evidence.places):
        columns = judged[place] = {
            "suspect": bool(suspect[k]),
            "outcome": "left out" if suspect[k] else "believed",
        }
        least = thresholds.of(evidence.groups[k])
        for j, score in enumerate(evidence.scores):
            columns[score] = float(evidence.whole[k, j])
            columns[f"{score}_rise"] = float(evidence.rises[k, j])
            columns[f"{score}_threshold"] = None if least is None else least[j]
    return judged


def _filled(refill: Infilling) -> dict[str, Any]:
    """Return the columns about refilling."""
    return {
        "refill": refill.clause.text,
        "refill_claims": _claims(refill.clause),
        "refill_contrast_rise": refill.contrast[1] - refill.contrast[0],
        "refill_matching_rise": refill.matching[1] - refill.matching[0],
        "outcome": "refilled" if refill.kept else "left out",
    }


def _claims(clause: Clause) -> str:
    return json.dumps({claim.fact: claim.value for claim in clause.claims}, ensure_ascii=False)


def _read_claims(said: str) -> tuple[Claim, ...]:
    return tuple(Claim(fact=fact, value=value) for fact, value in json.loads(said).items())


def _by_chip(decisions: Sequence[Decision]) -> Iterator[list[Decision]]:
    for _, group in groupby(decisions, key=lambda d: d.id):
        chip = list(group)
        if any(d.suspect for d in chip):
            yield chip


def _chip_lines(chip: Sequence[Decision]) -> Iterator[str]:
    yield f"<h2>{escape(chip[0].id)}</h2><table>"
    yield "<tr><th>group<th>clause<th>rises without it<th>rises with the refill<th>outcome"
    for d in chip:
        said = f"<del>{escape(d.text)}</del>" if d.suspect else escape(d.text)
        refill = "" if d.refill is None else escape(d.refill)
        now = f"<br><ins>{refill}</ins>" if d.outcome == "refilled" else f"<br>{refill}"
        yield (
            f"<tr{' class=suspect' if d.suspect else ''}><td>{escape(d.group)}<td>{said}{now}"
            f"<td class=n>{_pair(d.contrast_rise, d.matching_rise)}"
            f"<td class=n>{_pair(d.refill_contrast_rise, d.refill_matching_rise)}"
            f"<td>{d.outcome}"
        )
    yield "</table>"


def _pair(contrast: float | None, matching: float | None) -> str:
    if contrast is None or matching is None:
        return "–"
    return f"{contrast:+.3f}, {matching:+.2f}"
