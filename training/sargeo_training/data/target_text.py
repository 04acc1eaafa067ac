"""What has been written about a record: clauses with their claims, captions and questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Scope = Literal["land", "target"]
LandField = Literal[
    "Terrain",
    "Functionality",
    "Distribution",
    "Layout",
    "Boundary",
    "Buildings",
    "Roads",
    "Water",
]
TargetField = Literal[
    "Count",
    "Location",
    "Feature",
    "Size",
    "Category",
    "Distribution",
    "Region",
    "Environment",
]
Level = Literal[
    "geoscience",
    "social development",
    "SAR knowledge",
    "instance identification",
    "calibration",
]
Application = Literal[
    "description",
    "identification",
    "classification",
    "counting",
    "region referring",
    "positioning",
    "others",
]

LAND_FIELDS: tuple[str, ...] = get_args(LandField)
TARGET_FIELDS: tuple[str, ...] = get_args(TargetField)
LEVELS: tuple[Level, ...] = get_args(Level)
APPLICATIONS: tuple[Application, ...] = get_args(Application)
FIELDS: dict[Scope, tuple[str, ...]] = {"land": LAND_FIELDS, "target": TARGET_FIELDS}


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Claim(_Text):
    """One statement that facts can support or contradict.

    Attributes
    ----------
    fact
        Key of the fact, such as ``"landcover.main"`` or ``"objects.count:ship"``.
    value
        What is claimed of it, in the unit that the key's definition states.
    """

    fact: str
    value: str | int | float


class Clause(_Text):
    """One sentence of a field.

    Attributes
    ----------
    scope
        Whether the field is one of the land or of the targets.
    field
        Name of the field, one of `LAND_FIELDS` or `TARGET_FIELDS`.
    level
        The step of the chain that the sentence comes from.
    text
        The sentence, with its full stop.
    claims
        Everything the sentence claims.
    keywords
        The words of `text` that carry the claims; each occurs in it as written.
    evidence
        Names of the layers that support the claims.
    """

    scope: Scope
    field: str
    level: Level
    text: str = Field(min_length=1)
    claims: tuple[Claim, ...]
    keywords: tuple[str, ...]
    evidence: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _belongs(self) -> Clause:
        if self.field not in FIELDS[self.scope]:
            raise ValueError(f"{self.field!r} is not a field of the {self.scope}")
        absent = [word for word in self.keywords if word not in self.text]
        if absent:
            raise ValueError(f"the keywords {absent} do not occur in {self.text!r}")
        return self


class Question(_Text):
    """A question, its answer and what the answer claims."""

    application: Application
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    claims: tuple[Claim, ...]


class TargetText(_Text):
    """All that one writer has written about one record.

    Attributes
    ----------
    writer
        Who wrote: ``"grounded"``, or the name of a language model.
    clauses
        The sentences, in the order of the chain.
    concise, detailed
        Captions: one sentence, and every clause in order. Empty where nothing is known.
    questions
        Question-answer pairs.
    """

    writer: str
    clauses: tuple[Clause, ...]
    concise: str
    detailed: str
    questions: tuple[Question, ...] = ()

    @property
    def informative(self) -> bool:
        """Whether it tells an image from others of the same radar."""
        said = bool(self.concise or self.detailed)
        return said and {clause.level for clause in self.clauses} != {"SAR knowledge"}

    def fields(self, scope: Scope) -> dict[str, str]:
        """Text of each field of a scope that something is said of, in the order of the fields."""
        texts = {
            field: " ".join(
                clause.text
                for clause in self.clauses
                if clause.scope == scope and clause.field == field
            )
            for field in FIELDS[scope]
        }
        return {field: text for field, text in texts.items() if text}


def last_informative(texts: Sequence[TargetText]) -> TargetText:
    """Return the last text that describes the ground: the one that counts where one has to.

    Raises
    ------
    ValueError
        If none does.
    """
    informative = [text for text in texts if text.informative]
    if not informative:
        raise ValueError("no text describes the ground")
    return informative[-1]


def any_informative(texts: Sequence[TargetText]) -> bool:
    """Tell whether any text describes the ground."""
    return any(text.informative for text in texts)
