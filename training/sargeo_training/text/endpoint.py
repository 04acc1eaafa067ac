"""Calls to an OpenAI-compatible endpoint: patient, paced, paid for, and never elsewhere.

Pictures and texts go to the address of the settings only: redirects are not followed, nothing is
logged, and the key is taken from the environment and kept out of messages.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, cast

from openai import APIError, APIStatusError, APITimeoutError, AsyncOpenAI, DefaultAsyncHttpxClient
from pydantic import BaseModel, Field, ValidationError

from sargeo.errors import EnvironmentLackError
from sargeo_training.text.cost import Bill, Usage
from sargeo_training.text.endpoint_settings import WriterSettings
from sargeo_training.text.rate_limit import RateLimiter, Slot

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

_NO_KEY = "none"
"""Sent where the settings name no key: the client insists on one."""

_CHARACTERS_PER_TOKEN = 3
"""Of English prose and JSON, on the safe side; guesses tokens until the endpoint counts them."""

_LASTING_STATUSES = (301, 302, 303, 307, 308, 401, 403, 404)
"""Every later call would meet them too: redirected; wrong key, model or address."""

_LONGEST_MESSAGE = 200


class EndpointError(EnvironmentLackError):
    """The endpoint cannot be used."""

    code = "endpoint"


class NoAnswerError(Exception):
    """A call stayed without an answer, although it was repeated."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes
    ----------
    role : {"system", "user", "assistant"}
    text : str
    picture : bytes or None
        A PNG that a user's turn shows.
    """

    role: Literal["system", "user", "assistant"]
    text: str
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said.

    Attributes
    ----------
    text : str
        Empty where it refused.
    cut_off : bool
        Whether it reached the limit of tokens before its end.
    """

    text: str
    cut_off: bool


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _TokenCounts(BaseModel):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)


class _Completion(BaseModel):
    """The part of the protocol's answer that is used: the client itself takes any JSON for one."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _TokenCounts | None = None

    def used(self, most: Usage) -> Usage:
        """Return the tokens it took; where the endpoint does not say, about so many."""
        if self.usage is not None:
            return Usage(self.usage.prompt_tokens, self.usage.completion_tokens)
        text = self.choices[0].message.content or ""
        return Usage(most.input_tokens, _tokens(text), estimated=True)


class Endpoint:
    """One endpoint and one model of it; an asynchronous context manager.

    Parameters
    ----------
    settings : WriterSettings
    bill : Bill
        Counts the calls.

    Raises
    ------
    EndpointError
        If the settings name an environment variable for the key that is not set.
    """

    def __init__(self, settings: WriterSettings, bill: Bill) -> None:
        self._failures_in_a_row = 0
        self._settings = settings
        self._bill = bill
        limits = settings.limits
        self._pace = RateLimiter(limits.requests_per_minute, limits.tokens_per_minute)
        self._key = _key(settings.endpoint.key_variable)
        self._client = AsyncOpenAI(
            api_key=self._key,
            base_url=settings.endpoint.base_url,
            timeout=settings.endpoint.timeout_s,
            max_retries=settings.endpoint.retries,
            # A redirect would hand picture and evidence to another address.
            http_client=DefaultAsyncHttpxClient(follow_redirects=False),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def ask(self, conversation: Sequence[Message], schema: dict[str, object]) -> Reply:
        """Send a conversation and return the model's reply to it.

        Parameters
        ----------
        conversation : sequence of Message
        schema : dict
            JSON schema of the answer, for endpoints that keep to one.

        Raises
        ------
        NoAnswerError
            If the endpoint is down, too slow, overloaded or broken, or refuses this conversation,
            after all retries. The client repeats calls itself and honours ``Retry-After``.
        EndpointError
            If so many calls in a row failed that the run had better end, or at once if the key,
            the model or the address is wrong.
        BudgetSpentError
            If the call may cost more than is left.
        """
        most = self._most(conversation)
        with self._bill.call(most):
            turn = await self._pace.slot(most.tokens)
            completion = await self._complete(conversation, schema, turn)
            self._failures_in_a_row = 0
            usage = completion.used(most)
            turn.tokens = usage.tokens
            self._bill.add(usage)
        choice = completion.choices[0]
        return Reply(choice.message.content or "", cut_off=choice.finish_reason == "length")

    async def _complete(
        self, conversation: Sequence[Message], schema: dict[str, object], turn: Slot
    ) -> _Completion:
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=self._settings.endpoint.model,
                messages=[_protocol(message) for message in conversation],
                extra_body=self._options(schema),
            )
            turn.requests += raw.retries_taken
            self._bill.retries += raw.retries_taken
            return _Completion.model_validate_json(raw.http_response.content)
        except (APIError, ValidationError) as error:
            raise self._failure(error) from error

    def _options(self, schema: dict[str, object]) -> dict[str, object]:
        answers = self._settings.answers
        options: dict[str, object] = {answers.max_tokens_parameter: answers.max_tokens}
        if answers.temperature is not None:
            options["temperature"] = answers.temperature
        if answers.format == "json_schema":
            wanted = {"name": "answer", "schema": schema, "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif answers.format == "json_object":
            options["response_format"] = {"type": "json_object"}
        return options

    def _most(self, conversation: Sequence[Message]) -> Usage:
        """Return the most tokens that a call is expected to take."""
        answers = self._settings.answers
        pictures = sum(message.picture is not None for message in conversation)
        tokens = pictures * answers.picture_tokens + sum(_tokens(m.text) for m in conversation)
        return Usage(tokens, answers.max_tokens, estimated=True)

    def _failure(self, error: APIError | ValidationError) -> NoAnswerError | EndpointError:
        """Count a failed call and return what to raise for it."""
        self._bill.failed_calls += 1
        self._failures_in_a_row += 1
        reason = self._reason(error)
        settings = self._settings.endpoint
        if isinstance(error, APIStatusError) and error.status_code in _LASTING_STATUSES:
            return EndpointError(
                f"{settings.base_url} refuses {settings.model}: {reason}.",
                "Check base_url, model and key_variable; where it redirects, name the new address.",
            )
        if self._failures_in_a_row >= settings.give_up_after:
            return EndpointError(
                f"{settings.base_url} left {self._failures_in_a_row} calls in a row without an "
                f"answer: {reason}.",
                "See to the endpoint, then repeat the command: finished records are kept.",
            )
        return NoAnswerError(reason)

    def _reason(self, error: APIError | ValidationError) -> str:
        if isinstance(error, ValidationError):
            return "what it sends is not of the OpenAI protocol"
        if isinstance(error, APITimeoutError):
            return f"no answer within {self._settings.endpoint.timeout_s:g} s"
        # Some endpoints repeat the key that they refuse.
        words = " ".join(error.message.replace(self._key, "***").split())
        return words[:_LONGEST_MESSAGE].rstrip(".")


def _protocol(message: Message) -> ChatCompletionMessageParam:
    """Return a turn as the protocol has it."""
    content: object = message.text
    if message.picture is not None:
        url = f"data:image/png;base64,{b64encode(message.picture).decode('ascii')}"
        content = [
            {"type": "text", "text": message.text},
            {"type": "image_url", "image_url": {"url": url}},
        ]
    return cast("ChatCompletionMessageParam", {"role": message.role, "content": content})


def _tokens(text: str) -> int:
    return len(text) // _CHARACTERS_PER_TOKEN + 1


def _key(variable: str | None) -> str:
    if variable is None:
        return _NO_KEY
    key = os.environ.get(variable)
    if not key:
        raise EndpointError(
            f"The environment variable {variable}, which should hold the endpoint's key, is not "
            "set.",
            "Set it, or name another as endpoint.key_variable.",
        )
    return key
