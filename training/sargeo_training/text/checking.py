"""What of a model's answers the evidence lets stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from sargeo_training.data.target_text import Claim, Clause, Level, Question
from sargeo_training.text.answers import Asked, Statement
from sargeo_training.text.claims import Findings, verdict

_ABSENCES = ("no", "none", 0)
"""Values that deny something: true only where somebody looked."""

Standing = Literal["contradicted", "unfounded absence", "unproven", "proven"]


class Tally(BaseModel):
    """Counts what became of a model's answers.

    Attributes
    ----------
    clauses, questions : int
        Kept.
    contradicted : int
        Sentences and questions dropped because the evidence says otherwise.
    unfounded_absences : int
        Sentences and questions dropped because they deny what nobody looked for.
    inconsistent : int
        Sentences that the model itself gave up at the level of calibration.
    unproven : int
        Sentences and questions that stood although the evidence says nothing of one of their
        claims; calibration may have dropped some of them later.
    invalid_answers : int
        No JSON of the schema, cut off or empty; each was asked again unless it was the last try.
    cached_answers : int
        Found in the cache.
    not_written : dict of level to int
        Levels that stayed without a valid answer.
    """

    model_config = ConfigDict(extra="forbid")

    clauses: int = 0
    questions: int = 0
    contradicted: int = 0
    unfounded_absences: int = 0
    inconsistent: int = 0
    unproven: int = 0
    invalid_answers: int = 0
    cached_answers: int = 0
    not_written: dict[Level, int] = {}

    def add(self, other: Tally) -> None:
        """Add the counts of another tally to this one."""
        for name in type(self).model_fields.keys() - {"not_written"}:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for level, count in other.not_written.items():
            self.not_written[level] = self.not_written.get(level, 0) + count


def standing(claims: Sequence[Claim], found: Findings) -> Standing:
    """Judge something said by the worst of its claims.

    A claim that the evidence says nothing of may stand, unless it denies something: that there is
    none of a thing is known only where somebody looked for it.
    """
    verdicts = {claim: verdict(claim, found) for claim in claims}
    if "false" in verdicts.values():
        return "contradicted"
    unknown = [claim for claim, judged in verdicts.items() if judged == "unknown"]
    if any(claim.value in _ABSENCES for claim in unknown):
        return "unfounded absence"
    return "unproven" if unknown else "proven"


def standing_clauses(
    statements: Iterable[Statement], level: Level, found: Findings, tally: Tally
) -> list[Clause]:
    """Return the sentences that stand, with the layers that prove claims of theirs."""
    return [
        statement.clause(level, _layers(statement.claims, found))
        for statement in statements
        if _stands(statement.claims, found, tally)
    ]


def standing_questions(
    pairs: Iterable[Asked], found: Findings, tally: Tally
) -> tuple[Question, ...]:
    """Return the questions whose answers stand."""
    return tuple(pair.pair() for pair in pairs if _stands(pair.claims, found, tally))


def _stands(claims: Sequence[Claim], found: Findings, tally: Tally) -> bool:
    judged = standing(claims, found)
    tally.contradicted += judged == "contradicted"
    tally.unfounded_absences += judged == "unfounded absence"
    tally.unproven += judged == "unproven"
    return judged in ("unproven", "proven")


def _layers(claims: Sequence[Claim], found: Findings) -> tuple[str, ...]:
    """Return the layers that prove claims, each once, in the order of the claims."""
    proven = (claim.fact for claim in claims if verdict(claim, found) == "true")
    return tuple(dict.fromkeys(layer for fact in proven for layer in found[fact].layers))
