"""A language model writes about a chip, level by level; the evidence weeds what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from sargeo_training.data.chip import Chip
from sargeo_training.data.target_text import LEVELS, Clause, Level, Question, TargetText
from sargeo_training.text.answers import (
    CalibrationAnswer,
    InvalidAnswerError,
    LevelAnswer,
    read_answer,
    read_calibration,
    schema_of,
)
from sargeo_training.text.cache import AnswerCache, answer_key
from sargeo_training.text.checking import Tally, standing_clauses, standing_questions
from sargeo_training.text.claims import findings, sayable
from sargeo_training.text.endpoint import Endpoint, Message, Reply
from sargeo_training.text.endpoint_settings import WriterSettings
from sargeo_training.text.grounded import caption
from sargeo_training.text.picture import png
from sargeo_training.text.prompts import SYSTEM, correction, level_prompt, schema_prompt

AnswerType = TypeVar("AnswerType", bound=BaseModel)

_CALIBRATION: Level = "calibration"
_CUT_OFF = "It was cut off at the most tokens that an answer may have. Be shorter."
_NOTHING = "(nothing)"
"""Some endpoints take no empty turn back."""


@dataclass(frozen=True)
class Written:
    """What a model made of a record.

    Attributes
    ----------
    target_text : TargetText or None
        None where no sentence is left.
    tally : Tally
    """

    target_text: TargetText | None
    tally: Tally


class ModelWriter:
    """Asks one model about chips.

    Parameters
    ----------
    settings : WriterSettings
    endpoint : Endpoint
    cache : AnswerCache
        Valid answers are looked up and kept here.
    """

    def __init__(self, settings: WriterSettings, endpoint: Endpoint, cache: AnswerCache) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._cache = cache

    async def write(self, chip: Chip) -> Written:
        """Go through the chain for one chip.

        A level without a valid answer stays unwritten, and is counted.

        Raises
        ------
        NoAnswerError, EndpointError, BudgetSpentError
            As `Endpoint.ask`. What was answered before is in the cache.
        """
        chain = _Chain(chip)
        for level in LEVELS:
            if level == _CALIBRATION:
                await self._calibrate(chain)
            else:
                await self._describe(chain, level)
        return chain.written(f"model:{self._settings.endpoint.model}")

    async def _describe(self, chain: _Chain, level: Level) -> None:
        """Add the sentences of a level that stand."""
        answer = await self._ask(
            chain, level, LevelAnswer, lambda text: read_answer(LevelAnswer, text)
        )
        if answer is not None:
            chain.clauses += standing_clauses(answer.clauses, level, chain.found, chain.tally)

    async def _calibrate(self, chain: _Chain) -> None:
        """Keep the sentences that the model stands by, and its questions that stand."""
        if not chain.clauses:
            return
        count = len(chain.clauses)
        answer = await self._ask(
            chain, _CALIBRATION, CalibrationAnswer, lambda text: read_calibration(text, count)
        )
        if answer is not None:
            chain.clauses = [chain.clauses[number - 1] for number in sorted(set(answer.keep))]
            chain.tally.inconsistent += count - len(chain.clauses)
            chain.questions = standing_questions(answer.questions, chain.found, chain.tally)

    async def _ask(
        self,
        chain: _Chain,
        level: Level,
        kind: type[AnswerType],
        read: Callable[[str], AnswerType],
    ) -> AnswerType | None:
        """Return the valid answer of a level, from the cache or the model, if there is one."""
        schema = schema_of(kind)
        prompt = level_prompt(level, chain.record, chain.truths, chain.clauses)
        if self._settings.answers.format != "json_schema":
            prompt = f"{prompt}\n\n{schema_prompt(schema)}"
        key = answer_key(self._depends_on(prompt), chain.picture)
        kept = self._kept(key, read)
        if kept is not None:
            chain.tally.cached_answers += 1
            return kept
        opening = [Message("system", SYSTEM), Message("user", prompt, chain.picture)]
        answered = await self._converse(opening, schema, read, chain.tally)
        if answered is None:
            chain.tally.not_written[level] = 1
            return None
        answer, text = answered
        self._cache.put(key, text)
        return answer

    async def _converse(
        self,
        opening: list[Message],
        schema: dict[str, object],
        read: Callable[[str], AnswerType],
        tally: Tally,
    ) -> tuple[AnswerType, str] | None:
        """Ask until an answer is valid, telling what was wrong; None after the last attempt."""
        conversation = opening
        for _ in range(self._settings.answers.attempts):
            reply = await self._endpoint.ask(conversation, schema)
            try:
                return _read_whole(reply, read), reply.text
            except InvalidAnswerError as error:
                tally.invalid_answers += 1
                said = Message("assistant", reply.text or _NOTHING)
                conversation = [*opening, said, Message("user", correction(str(error)))]
        return None

    def _depends_on(self, prompt: str) -> dict[str, object]:
        """Return what an answer depends on, besides the picture."""
        endpoint = self._settings.endpoint
        return {
            "base_url": endpoint.base_url,
            "model": endpoint.model,
            "answers": self._settings.answers.shaping(),
            "system": SYSTEM,
            "prompt": prompt,
        }

    def _kept(self, key: str, read: Callable[[str], AnswerType]) -> AnswerType | None:
        text = self._cache.get(key)
        if text is None:
            return None
        try:
            return read(text)
        except InvalidAnswerError:
            return None  # kept by a version of sargeo with other rules


class _Chain:
    """What is known and was said of one chip so far."""

    def __init__(self, chip: Chip) -> None:
        self.record = chip.record
        self.picture = png(chip.values, chip.valid, chip.bands)
        self.found = findings(chip.record)
        self.truths = sayable(self.found)
        self.clauses: list[Clause] = []
        self.questions: tuple[Question, ...] = ()
        self.tally = Tally()

    def written(self, writer: str) -> Written:
        """Return the text, its captions made of the sentences that are left."""
        self.tally.clauses = len(self.clauses)
        self.tally.questions = len(self.questions)
        if not self.clauses:
            return Written(None, self.tally)
        clauses = tuple(self.clauses)
        target_text = TargetText(
            writer=writer,
            clauses=clauses,
            concise=caption(clauses, detailed=False),
            detailed=caption(clauses, detailed=True),
            questions=self.questions,
        )
        return Written(target_text, self.tally)


def _read_whole(reply: Reply, read: Callable[[str], AnswerType]) -> AnswerType:
    if reply.cut_off:
        raise InvalidAnswerError(_CUT_OFF)
    return read(reply.text)
