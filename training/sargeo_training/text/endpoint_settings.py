"""Settings of the language model that writes texts; ``endpoint.yaml`` shows them with comments."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sargeo_training.settings.reading import read_settings

_REMEDY = "Correct the file; endpoint.yaml of sargeo_training.text explains every setting."


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CallSettings(_Settings):
    """Where to ask, whom, and how patiently.

    Attributes
    ----------
    base_url : str
        Of an OpenAI-compatible endpoint, such as ``http://localhost:8000/v1``.
    model : str
        Name of the model there; it must see pictures.
    key_variable : str or None
        Environment variable that holds the key; None where the endpoint asks for none.
    timeout_s : float
        Longest silence of the endpoint during a call.
    retries : int
        Of a call that finds the endpoint down, slow, overloaded or broken; with growing pauses,
        or those that ``Retry-After`` asks for.
    give_up_after : int
        Calls in a row without an answer that end the run.
    """

    base_url: str
    model: str = Field(min_length=1)
    key_variable: str | None = None
    timeout_s: float = Field(default=120, gt=0)
    retries: int = Field(default=5, ge=0)
    give_up_after: int = Field(default=4, gt=0)

    @field_validator("base_url")
    @classmethod
    def _is_plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must begin with https:// or http:// and name a host")
        if parts.username or parts.password or parts.query:
            raise ValueError("must hold no key or password; name their variable in key_variable")
        return url


class LimitSettings(_Settings):
    """How much at once. Each process counts on its own.

    Attributes
    ----------
    concurrency : int
        Calls under way at the same time.
    requests_per_minute, tokens_per_minute : int or None
        None where the endpoint sets no limit.
    """

    concurrency: int = Field(default=4, gt=0)
    requests_per_minute: int | None = Field(default=None, gt=0)
    tokens_per_minute: int | None = Field(default=None, gt=0)


class AnswerSettings(_Settings):
    """How answers are asked for.

    Attributes
    ----------
    attempts : int
        How often a level is asked for until its answer is valid.
    format : {"json_schema", "json_object", "text"}
        How the endpoint is made to answer in JSON: by the schema, by its JSON mode, or by the
        prompt alone. The answer is validated in any case.
    max_tokens : int
        Of one answer.
    max_tokens_parameter : {"max_tokens", "max_completion_tokens"}
        What the endpoint calls that limit.
    temperature : float or None
        None for models that take no temperature.
    picture_tokens : int
        What a picture about counts as, for limits and the budget before a call.
    """

    attempts: int = Field(default=3, gt=0)
    format: Literal["json_schema", "json_object", "text"] = "json_schema"
    max_tokens: int = Field(default=1500, gt=0)
    max_tokens_parameter: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: float | None = Field(default=0.3, ge=0)
    picture_tokens: int = Field(default=1100, ge=0)

    def shaping(self) -> dict[str, object]:
        """Return those that change what a model answers, as plain types."""
        return self.model_dump(mode="json", exclude={"attempts", "picture_tokens"})


class PriceSettings(_Settings):
    """What tokens cost, and how much may be spent.

    Attributes
    ----------
    currency : str
    input_per_million, output_per_million : float or None
        Price of a million tokens; None where they are free or unknown.
    budget : float or None
        Most that one run may cost.
    """

    currency: str = "USD"
    input_per_million: float | None = Field(default=None, ge=0)
    output_per_million: float | None = Field(default=None, ge=0)
    budget: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _budget_needs_prices(self) -> PriceSettings:
        known = self.input_per_million is not None and self.output_per_million is not None
        if self.budget is not None and not known:
            raise ValueError("a budget needs input_per_million and output_per_million")
        return self


class WriterSettings(_Settings):
    """Everything about the language model that writes.

    Attributes
    ----------
    endpoint : CallSettings
    limits : LimitSettings
    answers : AnswerSettings
    prices : PriceSettings
    cache : Path or None
        Folder of answers, which several runs may share; None for one inside the output folder.
    """

    endpoint: CallSettings
    limits: LimitSettings = LimitSettings()
    answers: AnswerSettings = AnswerSettings()
    prices: PriceSettings = PriceSettings()
    cache: Path | None = None


def read_writer_settings(path: Path) -> WriterSettings:
    """Read settings from YAML.

    Raises
    ------
    UsageError
        If the file cannot be read, is no YAML, or has a key or value that makes no sense.
    """
    return read_settings(WriterSettings, path, _REMEDY)
