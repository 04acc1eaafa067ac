"""What the texts of a language model cost, and where to stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sargeo_training.text.endpoint_settings import PriceSettings


class BudgetSpentError(Exception):
    """The next call might cost more than is left of the budget."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call.

    Attributes
    ----------
    input_tokens, output_tokens : int
        Of the prompt with its picture, and of the answer.
    estimated : bool
        Whether the endpoint did not say, so that they are guessed from the texts' lengths.
    """

    input_tokens: int
    output_tokens: int
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """Both together."""
        return self.input_tokens + self.output_tokens


class Bill:
    """Adds up tokens and price of one run, and keeps it within its budget.

    A call reserves the most that it may cost before it is made, so that calls under way at the
    same time do not overrun the budget together.

    Parameters
    ----------
    prices : PriceSettings

    Attributes
    ----------
    calls, failed_calls : int
        With and without an answer.
    retries : int
        That answered calls took.
    estimated_calls : int
        Calls whose tokens the endpoint did not tell.
    input_tokens, output_tokens : int
    budget_spent : bool
        Whether a call was refused for that.
    """

    def __init__(self, prices: PriceSettings) -> None:
        self.calls = 0
        self.failed_calls = 0
        self.retries = 0
        self.estimated_calls = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.budget_spent = False
        self._prices = prices
        self._reserved = 0.0

    @property
    def cost(self) -> float | None:
        """Price of all calls so far, in the currency of the settings; None without prices."""
        return self._price(self.input_tokens, self.output_tokens)

    @contextmanager
    def call(self, most: Usage) -> Iterator[None]:
        """Reserve the price of a call while it is under way.

        Parameters
        ----------
        most : Usage
            The most tokens that it may take.

        Raises
        ------
        BudgetSpentError
            If that may cost more than is left. All later calls are refused too.
        """
        price = self._price(most.input_tokens, most.output_tokens) or 0.0
        budget = self._prices.budget
        if budget is not None:
            left = budget - (self.cost or 0.0) - self._reserved
            self.budget_spent = self.budget_spent or price > left
        if self.budget_spent:
            raise BudgetSpentError
        self._reserved += price
        try:
            yield
        finally:
            self._reserved -= price

    def add(self, usage: Usage) -> None:
        """Add a call that was answered."""
        self.calls += 1
        self.estimated_calls += usage.estimated
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens

    def _price(self, input_tokens: int, output_tokens: int) -> float | None:
        prices = self._prices
        if prices.input_per_million is None or prices.output_per_million is None:
            return None
        total = input_tokens * prices.input_per_million + output_tokens * prices.output_per_million
        return total / 1e6
