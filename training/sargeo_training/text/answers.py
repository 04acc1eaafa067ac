"""What a language model has to answer with, level by level, and what is made of it."""

from __future__ import annotations

import re
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from sargeo_training.data.target_text import (
    Application,
    Claim,
    Clause,
    LandField,
    Level,
    Question,
    Scope,
    TargetField,
)
from sargeo_training.text.vocabulary import check_claim
from sargeo_training.text.words import NUMBERS

AnswerType = TypeVar("AnswerType", bound=BaseModel)

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_LEAST_IN_WORDS = 2
""""One" is more often a pronoun, "no" a negation."""

_FRACTION = r"(?![ -](?:thirds|quarters|fifths|sixths|eighths|tenths))"
"""Comes after words that are a number: "two thirds" is none."""


class InvalidAnswerError(Exception):
    """An answer is no JSON of its schema; the text says why, in words for the model."""


class _Answer(BaseModel):
    # No constraints that JSON schemas of strict endpoints do not know: validators check the rest.
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Claiming(_Answer):
    """Something said, with all that it claims."""

    claims: tuple[Claim, ...]

    @model_validator(mode="after")
    def _can_be_judged(self) -> _Claiming:
        if not self.claims:
            raise ValueError("every sentence needs at least one claim; leave out what claims none")
        for claim in self.claims:
            check_claim(claim)
        return self


class Statement(_Claiming):
    """A sentence of a level, before it is known to be true."""

    scope: Scope
    field: LandField | TargetField
    text: str
    keywords: tuple[str, ...]

    def clause(self, level: Level, evidence: tuple[str, ...] = ()) -> Clause:
        """Return it as a clause of a text, with the names of the layers that prove it."""
        return Clause(
            scope=self.scope,
            field=self.field,
            level=level,
            text=self.text,
            claims=self.claims,
            keywords=self.keywords,
            evidence=evidence,
        )

    @model_validator(mode="after")
    def _is_a_clause(self) -> Statement:
        self.clause("geoscience")
        _check_numbers(self.text, self.claims)
        return self


class Asked(_Claiming):
    """A question with its answer, before it is known to be true."""

    application: Application
    question: str
    answer: str

    def pair(self) -> Question:
        """Return it as a question of a text."""
        return Question(**self.model_dump())

    @model_validator(mode="after")
    def _is_a_question(self) -> Asked:
        self.pair()
        _check_numbers(self.answer, self.claims)
        return self


class LevelAnswer(_Answer):
    """The answer of every level but the last."""

    clauses: tuple[Statement, ...]


class CalibrationAnswer(_Answer):
    """The answer of the last level.

    Attributes
    ----------
    keep
        Numbers, from 1, of the sentences that agree with the evidence, the picture and each other.
    questions
        Questions with answers that follow from these sentences.
    """

    keep: tuple[int, ...]
    questions: tuple[Asked, ...]


def schema_of(kind: type[BaseModel]) -> dict[str, object]:
    """Return the JSON schema of a kind of answer, for the endpoint."""
    return kind.model_json_schema()


def read_answer(kind: type[AnswerType], text: str) -> AnswerType:
    """Validate an answer; prose or a code fence around its JSON is overlooked.

    Raises
    ------
    InvalidAnswerError
        If it holds no JSON of the schema, or sentences and claims that do not belong together.
    """
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise InvalidAnswerError("The answer holds no JSON object.")
    try:
        return kind.model_validate_json(text[start : end + 1])
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'answer'}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidAnswerError("\n".join(problems)) from error


def read_calibration(text: str, count: int) -> CalibrationAnswer:
    """Validate the answer of the last level, which was shown so many sentences.

    Raises
    ------
    InvalidAnswerError
        As `read_answer`, and if it keeps a sentence that there is not.
    """
    answer = read_answer(CalibrationAnswer, text)
    strange = [number for number in answer.keep if not 1 <= number <= count]
    if strange:
        raise InvalidAnswerError(f"keep: {strange} are no numbers of sentences, 1 to {count}.")
    return answer


def _check_numbers(text: str, claims: tuple[Claim, ...]) -> None:
    """Refuse numbers that no claim carries: nobody would compare them with the evidence."""
    lowered = _THOUSANDS.sub("", text.lower())
    said = {float(number) for number in _NUMBER.findall(lowered)}
    said |= {
        number
        for number, word in enumerate(NUMBERS[_LEAST_IN_WORDS:], _LEAST_IN_WORDS)
        if re.search(rf"\b{word}\b{_FRACTION}", lowered)
    }
    claimed = {
        float(number)
        for claim in claims
        for number in _NUMBER.findall(f"{claim.fact} {claim.value}")
    }
    if said - claimed:
        numbers = ", ".join(f"{number:g}" for number in sorted(said - claimed))
        raise ValueError(f"no claim carries the number {numbers} of {text!r}")
