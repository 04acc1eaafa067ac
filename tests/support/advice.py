"""Cases that do what a message says: each names the message, and builds it on the way.

A test that is marked by `follows` provokes one message, does literally what its remedy says, and
looks at what comes of it. The message is told by the function that builds it and by its remedy as
the source has it (`support.messages`), so that neither a new message nor new words for an old one
go without a case.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.messages import Message, all_messages


@dataclass(frozen=True)
class Case:
    """A test of one message.

    Attributes
    ----------
    test : str
        Name of the test.
    where, remedy : str
        As of `support.messages.Message`.
    problem : str
        Words of the problem, where two messages share function and remedy.
    simulated : str
        Why the cause, or what the remedy says, cannot be had in a test and is only imitated.
    """

    test: str
    where: str
    remedy: str
    problem: str
    simulated: str

    def means(self, message: Message) -> bool:
        """Tell whether a message is the one of this case."""
        return (message.where, message.remedy) == (
            self.where,
            self.remedy,
        ) and self.problem in message.problem

    def __str__(self) -> str:
        return f'{self.test}: "{self.where}", "{self.remedy}"'


CASES: list[Case] = []
"""All cases of the modules that are imported."""

Test = Callable[..., None]


def follows(
    where: str, remedy: str, *, problem: str = "", simulated: str = ""
) -> Callable[[Test], Test]:
    """Mark a test that provokes a message and does what it says; it fails without the message."""

    def mark(test: Test) -> Test:
        case = Case(f"{test.__module__}.{test.__name__}", where, remedy, problem, simulated)
        CASES.append(case)

        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            with building() as built:
                test(*args, **kwargs)
            meant = [m for m in all_messages() if case.means(m)]
            assert meant, f"The source has no such message: {case}"
            assert any(path == m.path and line in m.lines for m in meant for path, line in built), (
                f"The message was not provoked: {case}"
            )

        return run

    return mark


def read_cases(folder: Path) -> Iterator[Case]:
    """Read the cases of tests that another Python runs, as those in QGIS are, from their marks."""
    for path in sorted(folder.glob("test_*.py")):
        for test in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test_"):
                continue
            for mark in test.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == follows.__name__:
                    where, remedy = map(ast.literal_eval, mark.args)
                    named = {str(k.arg): ast.literal_eval(k.value) for k in mark.keywords}
                    told = {"problem": "", "simulated": "", **named}
                    yield Case(f"{path.stem}.{test.name}", where, remedy, **told)


EXERCISED: dict[tuple[str, str], list[str]] = {}
"""Tests by command and option, of the modules that are imported."""


def exercises(*options: str, of: str | Sequence[str]) -> Callable[[Test], Test]:
    """Mark a test that looks for the effect of options; it fails where it does not set them.

    Of several commands, the test's parameter ``command`` names the one.
    """
    commands = (of,) if isinstance(of, str) else tuple(of)

    def mark(test: Test) -> Test:
        for command in commands:
            for option in options:
                EXERCISED.setdefault((command, option), []).append(test.__name__)

        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            with invoking() as lines:
                test(*args, **kwargs)
            command = commands[0] if len(commands) == 1 else kwargs["command"]
            called = [line for line in lines if " ".join(line).startswith(f"{command} ")]
            given = {_LONG.get(word, word) for line in called for word in line}
            assert set(options) <= given, f"{test.__name__} does not set what it exercises"

        return run

    return mark


_LONG = {"-o": "--output"}


@contextmanager
def invoking() -> Iterator[list[list[str]]]:
    """Note the command lines that are run in this process."""
    from sargeo_cli import main

    lines: list[list[str]] = []
    invoke = main._invoke

    def noting(args: Sequence[str], *, quiet: bool) -> int:
        lines.append(list(args))
        return invoke(args, quiet=quiet)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "_invoke", noting)
        yield lines


@contextmanager
def building() -> Iterator[set[tuple[Path, int]]]:
    """Note where errors are built: all lines that the calls go through."""
    from sargeo_qgis.core.errors import PluginError

    from sargeo.errors import SargeoError

    built: set[tuple[Path, int]] = set()
    with pytest.MonkeyPatch.context() as patch:
        for base in (SargeoError, PluginError):
            patch.setattr(base, "__init__", _noting(base.__init__, built))
        yield built


def _noting(build: Callable[..., None], built: set[tuple[Path, int]]) -> Callable[..., None]:
    def init(self: Exception, *args: Any, **kwargs: Any) -> None:
        frame = sys._getframe(1)
        while frame is not None:
            built.add((Path(frame.f_code.co_filename), frame.f_lineno))
            frame = frame.f_back
        build(self, *args, **kwargs)

    return init
