"""What a command prints for people: a verdict first, tables that fit, the next command last.

On a terminal, lines are broken between words and have colours where it shows them. In a pipe or a
file nothing is broken, so that a path or a command stays whole, and nothing is coloured.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from textwrap import TextWrapper
from typing import TYPE_CHECKING, cast

from sargeo_cli.shell import command_line, program
from sargeo_cli.streams import PlainStream, visible
from sargeo_cli.tables import Table

if TYPE_CHECKING:
    from typing import IO

    from rich.console import Console

# Longer lines of prose are hard to read, however wide the terminal is.
PROSE = 88

INDENT = "  "

GOOD, DOUBTFUL, BAD, TITLE, FAINT = "bold green", "bold yellow", "bold red", "bold", "cyan"


def console(*, stderr: bool = False) -> Console:
    """Return a console that writes what its stream's encoding can show."""
    from rich.console import Console

    stream = PlainStream(sys.stderr if stderr else sys.stdout)
    return Console(file=cast("IO[str]", stream), highlight=False, markup=False, emoji=False)


class Page:
    """Prints the parts of a result, one below the other.

    Parameters
    ----------
    stderr : bool
        Print to standard error, for what is no result.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        self._console = console(stderr=stderr)

    @property
    def width(self) -> int | None:
        """Characters in a line; None where lines are not to be broken."""
        return self._console.width if self._console.is_terminal else None

    def verdict(self, text: str, style: str = GOOD) -> None:
        """Print what it comes down to."""
        self.prose(text, style=style)

    def title(self, text: str) -> None:
        """Print the title of a section, below an empty line."""
        self._print("")
        self.prose(text, style=TITLE)

    def prose(self, text: str, *, indent: str = "", hanging: str = "", style: str = "") -> None:
        """Print sentences; ``hanging`` is added to the indent of all lines but the first."""
        for line in self._broken(text, indent, indent + hanging):
            self._print(line, style)

    def labelled(self, label: str, text: str, style: str) -> None:
        """Print sentences after a label that stands out."""
        from rich.text import Text

        for i, line in enumerate(self._broken(f"{label} {text}")):
            shown = Text(visible(line))
            if i == 0:
                shown.stylize(style, 0, len(label))
            self._console.print(shown, soft_wrap=True)

    def points(self, texts: Iterable[str], style: str = "") -> None:
        """Print sentences as a list."""
        for text in texts:
            self.prose(f"- {text}", indent=INDENT, hanging="  ", style=style)

    def lines(self, texts: Iterable[str]) -> None:
        """Print lines that are never broken, such as paths."""
        for text in texts:
            self._print(INDENT + text)

    def pairs(self, facts: Mapping[str, str]) -> None:
        """Print names and values, the values below each other."""
        if not facts:
            return
        longest = max(map(len, facts)) + 3
        for name, value in facts.items():
            for i, line in enumerate(value.split("\n")):
                label = (INDENT + (name if i == 0 else "")).ljust(longest + len(INDENT))
                self._pair(label, line)

    def table(self, *variants: Table) -> None:
        """Print the first of some tables that fits, or else the first, a block for each row."""
        for table in variants:
            laid_out = table.lines(None if self.width is None else self.width - len(INDENT))
            if laid_out is not None:
                head, body = laid_out
                for line in head:
                    self._print(INDENT + line, FAINT)
                self.lines(body)
                return
        for name, facts in variants[0].blocks():
            self._print(INDENT + name, TITLE)
            self.pairs({INDENT + title: cell for title, cell in facts if cell})

    def next_step(self, text: str) -> None:
        """Print what to do next, in a sentence: the end of the page."""
        self._print("")
        self.prose(f"Next: {text}", hanging=INDENT)

    def next_command(self, purpose: str, words: Sequence[object]) -> None:
        """Print the command to type next: the end of the page.

        Parameters
        ----------
        purpose : str
            What it does, as in "map it".
        words : sequence of str or path
            Without the program's name.
        """
        self._print("")
        self.prose(f"Next, {purpose}:")
        self.lines([command_line([*program(), *map(str, words)])])

    def _pair(self, label: str, value: str) -> None:
        from rich.text import Text

        # Lines are broken with the label in them, so that a long word starts a line of its own.
        for line in self._broken(value, label, " " * len(label), prose=False) or [label]:
            shown = Text(visible(line.rstrip()))
            shown.stylize(FAINT, 0, len(label))
            self._console.print(shown, soft_wrap=True)

    def _broken(
        self, text: str, first: str = "", others: str = "", *, prose: bool = True
    ) -> list[str]:
        """Break a line between words, so that each piece fits behind its indent."""
        if self.width is None:
            return [first + text]
        wrapper = TextWrapper(
            width=min(self.width, PROSE) if prose else self.width,
            initial_indent=first,
            subsequent_indent=others,
            break_long_words=False,  # a path that is cut cannot be copied
            break_on_hyphens=False,
        )
        return wrapper.wrap(text)

    def _print(self, line: str, style: str = "") -> None:
        from rich.text import Text

        self._console.print(Text(visible(line.rstrip()), style), soft_wrap=True)
