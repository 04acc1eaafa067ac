"""Keeps calls within the requests and tokens per minute that an endpoint allows."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_WINDOW_S = 60.0


@dataclass
class Slot:
    """A call that was let through.

    Attributes
    ----------
    at_s : float
        When, by the clock.
    requests, tokens : int
        What it counts as; corrected when the endpoint has answered.
    """

    at_s: float
    requests: int
    tokens: int


class RateLimiter:
    """Lets calls through as fast as the limits of any minute allow.

    Parameters
    ----------
    requests_per_minute, tokens_per_minute : int or None
        None where there is no limit.
    clock, sleep
        Of monotonic seconds; others in tests.
    """

    def __init__(
        self,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._requests = requests_per_minute
        self._tokens = tokens_per_minute
        self._clock = clock
        self._sleep = sleep
        self._turns: deque[Slot] = deque()

    async def slot(self, tokens: int) -> Slot:
        """Wait until a call of about so many tokens fits into the last minute.

        A call that is larger than the limit by itself is let through when nothing else counts.
        """
        while (wait_s := self._wait_s(tokens)) > 0:
            await self._sleep(wait_s)
        turn = Slot(self._clock(), 1, tokens)
        self._turns.append(turn)
        return turn

    def _wait_s(self, tokens: int) -> float:
        now = self._clock()
        while self._turns and self._turns[0].at_s + _WINDOW_S <= now:
            self._turns.popleft()
        if not self._turns:
            return 0.0
        requests = sum(turn.requests for turn in self._turns)
        used = sum(turn.tokens for turn in self._turns)
        too_many = self._requests is not None and requests + 1 > self._requests
        too_much = self._tokens is not None and used + tokens > self._tokens
        return self._turns[0].at_s + _WINDOW_S - now if too_many or too_much else 0.0
