"""Tests that do what a message says: each names the message, and builds it on the way.

As `support.advice` is for the tests in `tests/advice`, which also look whether every message has a
test, here or there; they read these marks without running them, so that all is written out.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from sargeo_qgis.core.errors import PluginError

Test = Callable[..., None]


def follows(where: str, remedy: str, *, simulated: str = "") -> Callable[[Test], Test]:
    """Mark a test that provokes a message and does what it says; it fails without the message.

    Parameters
    ----------
    where : str
        Module and function that build the message, such as ``sargeo_qgis.failures:add_task``.
    remedy : str
        As the source has it; what is filled in stands as "…".
    simulated : str
        Why the cause, or what the remedy says, cannot be had in a test and is only imitated.
    """
    module, _, function = where.partition(":")
    place = module, function.rpartition(".")[2]
    words = re.compile(".*".join(map(re.escape, remedy.split("…"))), re.DOTALL)

    def mark(test: Test) -> Test:
        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            built: list[tuple[str, set[tuple[str, str]]]] = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(PluginError, "__init__", _noting(PluginError.__init__, built))
                test(*args, **kwargs)
            assert any(words.fullmatch(said) and place in places for said, places in built), (
                f"The message was not provoked: {where}, {remedy}"
            )

        return run

    return mark


def _noting(
    build: Callable[..., None], built: list[tuple[str, set[tuple[str, str]]]]
) -> Callable[..., None]:
    """Let errors be built as before, and note their remedies and the functions that build them."""

    def init(self: Exception, problem: str, remedy: str) -> None:
        places = set()
        frame = sys._getframe(1)
        while frame is not None:
            places.add((frame.f_globals["__name__"], frame.f_code.co_name))
            frame = frame.f_back
        built.append((remedy, places))
        build(self, problem, remedy)

    return init
