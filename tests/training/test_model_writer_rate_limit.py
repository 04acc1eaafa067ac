"""Requests and tokens per minute, by a clock that the test moves."""

from __future__ import annotations

import asyncio

import pytest

from sargeo_training.text.rate_limit import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def times(
    tokens: list[int], *, requests: int | None = None, limit: int | None = None
) -> list[float]:
    """Seconds after the start at which calls of so many tokens are let through."""
    clock = Clock()
    pace = RateLimiter(requests, limit, clock=clock, sleep=clock.sleep)

    async def all_turns() -> list[float]:
        return [(await pace.slot(count)).at_s - 100 for count in tokens]

    return asyncio.run(all_turns())


def test_without_limits_nothing_waits() -> None:
    assert times([1000] * 50) == [0] * 50


def test_no_minute_holds_more_requests_than_allowed() -> None:
    assert times([1] * 7, requests=3) == [0, 0, 0, 60, 60, 60, 120]


def test_no_minute_holds_more_tokens_than_allowed() -> None:
    assert times([400, 400, 400, 200], limit=1000) == [0, 0, 60, 60]


def test_a_call_above_the_limit_waits_for_a_minute_of_its_own() -> None:
    assert times([10, 5000, 10], limit=1000) == [0, 60, 120]


@pytest.mark.parametrize(("used", "expected_s"), [(100, 0.0), (900, 60.0)])
def test_the_endpoints_own_count_replaces_the_guess(used: int, expected_s: float) -> None:
    clock = Clock()
    pace = RateLimiter(None, 1000, clock=clock, sleep=clock.sleep)

    async def two() -> float:
        first = await pace.slot(500)
        first.tokens = used
        return (await pace.slot(500)).at_s - 100

    assert asyncio.run(two()) == expected_s
