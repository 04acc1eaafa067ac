"""The endpoint of the language model: a server of the test that answers well, badly or not."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from support.fake_endpoint import Answer, FakeEndpoint, picture_of, serving

from sargeo_training.text.cost import Bill, BudgetSpentError
from sargeo_training.text.endpoint import Endpoint, EndpointError, Message, NoAnswerError, Reply
from sargeo_training.text.endpoint_settings import WriterSettings

PICTURE = b"not looked at by the server"
CONVERSATION = (Message("system", "Be true."), Message("user", "What is seen?", PICTURE))
SCHEMA: dict[str, object] = {"type": "object", "properties": {}}
SECRET = "sk-very-secret"  # pragma: allowlist secret


def settings(base_url: str, **parts: Any) -> WriterSettings:
    call = {"base_url": base_url, "model": "m", "timeout_s": 5, "retries": 0}
    call |= parts.pop("endpoint", {})
    return WriterSettings.model_validate({"endpoint": call, **parts})


def ask(chosen: WriterSettings, bill: Bill | None = None) -> Reply:
    return ask_often(chosen, 1, bill)[0]


def ask_often(chosen: WriterSettings, times: int, bill: Bill | None = None) -> list[Any]:
    """Ask one call after the other; failures that the run outlives are results."""

    async def all_calls() -> list[Any]:
        async with Endpoint(chosen, bill or Bill(chosen.prices)) as endpoint:
            results: list[Any] = []
            for _ in range(times):
                try:
                    results.append(await endpoint.ask(CONVERSATION, SCHEMA))
                except NoAnswerError as error:
                    if times == 1:
                        raise
                    results.append(error)
            return results

    return asyncio.run(all_calls())


def always(answer: Answer) -> Callable[[object, int], Answer]:
    return lambda _request, _count: answer


def test_a_good_answer_comes_back_and_is_paid_for() -> None:
    with serving(always(Answer("A harbour."))) as fake:
        chosen = settings(
            fake.base_url, prices={"input_per_million": 2.0, "output_per_million": 8.0}
        )
        bill = Bill(chosen.prices)
        assert ask(chosen, bill) == Reply("A harbour.", cut_off=False)
    assert (bill.calls, bill.input_tokens, bill.output_tokens) == (1, 100, 50)
    assert bill.cost == pytest.approx((100 * 2 + 50 * 8) / 1e6)
    assert bill.estimated_calls == 0


def test_the_call_carries_picture_schema_and_limits() -> None:
    with serving(always(Answer("{}"))) as fake:
        ask(settings(fake.base_url, answers={"max_tokens": 77, "temperature": 0.0}))
        ask(
            settings(
                fake.base_url,
                answers={
                    "max_tokens": 78,
                    "max_tokens_parameter": "max_completion_tokens",
                    "temperature": None,
                    "format": "text",
                },
            )
        )
    first, second = fake.requests
    assert picture_of(first) == f"data:image/png;base64,{b64encode(PICTURE).decode()}"
    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    assert first["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (first["max_tokens"], first["temperature"], first["model"]) == (77, 0.0, "m")
    assert second["max_completion_tokens"] == 78
    assert not {"max_tokens", "temperature", "response_format"} & second.keys()


def test_an_endpoint_that_does_not_count_tokens_is_estimated() -> None:
    with serving(always(Answer("x" * 300, usage=None))) as fake:
        chosen = settings(fake.base_url)
        bill = Bill(chosen.prices)
        ask(chosen, bill)
    assert bill.estimated_calls == 1
    assert bill.output_tokens == 101
    assert bill.input_tokens > chosen.answers.picture_tokens
    assert bill.cost is None


def test_a_cut_off_answer_says_so() -> None:
    with serving(always(Answer('{"clauses": [', finish_reason="length"))) as fake:
        assert ask(settings(fake.base_url)).cut_off


def test_a_refusal_is_an_empty_answer() -> None:
    with serving(always(Answer(None))) as fake:
        assert ask(settings(fake.base_url)).text == ""


def test_retry_after_is_honoured() -> None:
    def answer(_request: object, count: int) -> Answer:
        if count == 0:
            return Answer(status=429, headers={"Retry-After": "1"}, body=b'{"error": {}}')
        return Answer("now")

    with serving(answer) as fake:
        began = time.monotonic()
        assert ask(settings(fake.base_url, endpoint={"retries": 1})).text == "now"
        assert time.monotonic() - began >= 1
    assert len(fake.requests) == 2


def test_errors_of_the_server_are_retried_with_pauses() -> None:
    def answer(_request: object, count: int) -> Answer:
        return Answer(status=500, body=b"oops") if count == 0 else Answer("now")

    with serving(answer) as fake:
        chosen = settings(fake.base_url, endpoint={"retries": 2})

        bill = Bill(chosen.prices)
        ask(chosen, bill)
    assert (bill.calls, bill.retries, bill.failed_calls) == (1, 1, 0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=503, body=b'{"error": {"message": "overloaded"}}'), "503"),
        (Answer(status=400, body=b'{"error": {"message": "too long"}}'), "too long"),
        (Answer(body=b"<html>Hello</html>", headers={"Content-Type": "text/html"}), "protocol"),
        (Answer(body=b'{"choices": []}'), "protocol"),
        (Answer(body=b'{"choices": [{"message": {"content"'), "protocol"),
        (Answer("late", wait_s=3), "no answer within 0.2 s"),
    ],
    ids=["500s", "refused", "page", "no choices", "broken JSON", "slow"],
)
def test_a_call_without_an_answer_says_why(answer: Answer, reason: str) -> None:
    with serving(always(answer)) as fake:
        chosen = settings(fake.base_url, endpoint={"timeout_s": 0.2 if answer.wait_s else 5})
        with pytest.raises(NoAnswerError, match=reason):
            ask(chosen)


def test_a_body_that_breaks_off_is_no_answer() -> None:
    cut = Answer(body=b'{"choices": [', headers={"Content-Length": "500", "Connection": "close"})
    with serving(always(cut)) as fake, pytest.raises(NoAnswerError):
        ask(settings(fake.base_url))


def test_a_run_ends_when_the_endpoint_is_down() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(EndpointError) as caught:
            ask_often(settings(nobody, endpoint={"give_up_after": 3}), 3)
    assert nobody in caught.value.problem
    assert "3 calls in a row" in caught.value.problem
    assert caught.value.exit_code == 4


def test_an_answer_between_failures_keeps_the_run_going() -> None:
    def answer(_request: object, count: int) -> Answer:
        return Answer("good") if count % 2 else Answer(status=500, body=b"")

    with serving(answer) as fake:
        chosen = settings(fake.base_url, endpoint={"give_up_after": 2})
        bill = Bill(chosen.prices)
        results = ask_often(chosen, 6, bill)
    assert sum(isinstance(result, Reply) for result in results) == 3
    assert (bill.calls, bill.failed_calls) == (3, 3)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_model_ends_the_run_at_once(
    status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)
    caplog.set_level(logging.DEBUG)
    body = f'{{"error": {{"message": "Incorrect key {SECRET}"}}}}'.encode()
    with serving(always(Answer(status=status, body=body))) as fake:
        with pytest.raises(EndpointError) as caught:
            ask(settings(fake.base_url, endpoint={"key_variable": "MY_KEY"}))
        assert fake.headers[0]["authorization"] == f"Bearer {SECRET}"
    assert "Incorrect key ***" in caught.value.problem
    assert SECRET not in f"{caught.value}{caplog.text}"


def test_a_redirect_is_not_followed() -> None:
    with serving(always(Answer("stolen"))) as other:
        away = Answer(status=307, headers={"Location": f"{other.base_url}/chat/completions"})
        with serving(always(away)) as fake, pytest.raises(EndpointError, match="refuses"):
            ask(settings(fake.base_url))
    assert other.requests == []


def test_a_key_that_is_not_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(EndpointError, match="MY_KEY"):
        ask(settings("http://127.0.0.1:9/v1", endpoint={"key_variable": "MY_KEY"}))


def test_the_key_of_another_service_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with serving(always(Answer("good"))) as fake:
        ask(settings(fake.base_url))
    assert SECRET not in str(fake.headers)


def test_the_budget_is_never_overrun() -> None:
    with serving(always(Answer("good"))) as fake:
        chosen = settings(
            fake.base_url,
            answers={"max_tokens": 50, "picture_tokens": 90},
            prices={"input_per_million": 1e6, "output_per_million": 1e6, "budget": 400.0},
        )
        bill = Bill(chosen.prices)
        with pytest.raises(BudgetSpentError):
            ask_often(chosen, 5, bill)
    assert (len(fake.requests), bill.cost, bill.budget_spent) == (2, 300.0, True)


def test_calls_at_the_same_time_share_the_budget() -> None:
    def call(fake: FakeEndpoint) -> list[object]:
        chosen = settings(
            fake.base_url,
            answers={"max_tokens": 50, "picture_tokens": 90},
            prices={"input_per_million": 1e6, "output_per_million": 1e6, "budget": 400.0},
        )

        async def three() -> list[object]:
            async with Endpoint(chosen, Bill(chosen.prices)) as endpoint:
                calls = (endpoint.ask(CONVERSATION, SCHEMA) for _ in range(3))
                return list(await asyncio.gather(*calls, return_exceptions=True))

        return asyncio.run(three())

    with serving(always(Answer("good", wait_s=0.1))) as fake:
        results = call(fake)
    assert sum(isinstance(result, Reply) for result in results) == 2
    assert sum(isinstance(result, BudgetSpentError) for result in results) == 1
