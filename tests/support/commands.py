"""Every command of the command line, and its options, as Typer has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from typer.main import get_command


@dataclass(frozen=True)
class Command:
    """A command and what may follow it.

    Attributes
    ----------
    words : tuple of str
        Such as ("model", "show").
    names : tuple of tuple of str
        All names of each option.
    """

    words: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]

    @property
    def options(self) -> tuple[str, ...]:
        """The longest name of each option."""
        return tuple(max(names, key=len) for names in self.names)

    def __str__(self) -> str:
        return " ".join(self.words)


@cache
def all_commands() -> tuple[Command, ...]:
    """Return all commands that do something, those of ``sargeo train`` among them."""
    from sargeo_cli.main import app
    from sargeo_training.commands import app as train

    own = [c for c in _leaves(get_command(app), ()) if c.words != ("train",)]
    return (*own, *_leaves(get_command(train), ("train",)))


def _leaves(command: Any, words: tuple[str, ...]) -> Iterator[Command]:
    if hasattr(command, "commands"):
        for name, part in command.commands.items():
            yield from _leaves(part, (*words, name))
        return
    options = [p for p in command.params if p.param_type_name == "option"]
    yield Command(words, tuple(tuple(p.opts) for p in options if p.name != "help"))
