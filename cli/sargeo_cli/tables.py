"""Tables that stay readable: as wide as the terminal at most, and never broken within a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

GAP = "  "

# Below this many characters, names in a column are harder to read than one under the other.
LEAST_FLEXIBLE = 14


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
        May be broken at its spaces where room is short.
    numeric : bool
        Numbers stand at the right.
    flexible : bool
        Its cells may be broken at their spaces too.
    """

    title: str
    numeric: bool = False
    flexible: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under titles.

    Attributes
    ----------
    columns : sequence of Column
    rows : sequence of sequence of str
        A cell may have several lines.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]

    def lines(self, width: int | None) -> tuple[list[str], list[str]] | None:
        """Lay the table out.

        Parameters
        ----------
        width : int or None
            Characters in a line; None for as many as it takes.

        Returns
        -------
        tuple of two lists of str, or None
            Lines of the titles, and of the rows; None where the table does not fit.
        """
        widths = self._widths(width)
        if widths is None:
            return None
        titles = [wrap(c.title, n) for c, n in zip(self.columns, widths, strict=True)]
        deepest = max(map(len, titles))
        # Titles stand on the rows, however few words they have.
        head = list(self._joined([[""] * (deepest - len(t)) + t for t in titles], widths))
        body = [
            line for row in self.rows for line in self._joined(self._cells(row, widths), widths)
        ]
        return head, body

    def blocks(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield each row as its first cell, and the others with their titles."""
        for row in self.rows:
            cells = [" ".join(cell.split("\n")) for cell in row]
            titles = [column.title for column in self.columns]
            yield cells[0], list(zip(titles, cells, strict=True))[1:]

    def _widths(self, width: int | None) -> list[int] | None:
        cells = [max((_widest(row[i]) for row in self.rows), default=0) for i in range(self._count)]
        natural = [max(n, len(c.title)) for n, c in zip(cells, self.columns, strict=True)]
        if width is None or _total(natural) <= width:
            return natural
        words = [max(map(len, c.title.split())) if c.title else 0 for c in self.columns]
        narrow = [max(pair) for pair in zip(cells, words, strict=True)]
        if _total(narrow) <= width:
            return narrow
        flexible = next((i for i, c in enumerate(self.columns) if c.flexible), None)
        if flexible is None:
            return None
        narrow[flexible] -= _total(narrow) - width
        return narrow if narrow[flexible] >= max(LEAST_FLEXIBLE, words[flexible]) else None

    @property
    def _count(self) -> int:
        return len(self.columns)

    def _cells(self, row: Sequence[str], widths: Sequence[int]) -> list[list[str]]:
        return [
            [part for line in cell.split("\n") for part in _broken(line, n)]
            if column.flexible
            else cell.split("\n")
            for column, cell, n in zip(self.columns, row, widths, strict=True)
        ]

    def _joined(self, cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
        for i in range(max(map(len, cells))):
            parts = [cell[i] if i < len(cell) else "" for cell in cells]
            yield GAP.join(
                _padded(part, n, at_right=not column.numeric)
                for column, part, n in zip(self.columns, parts, widths, strict=True)
            ).rstrip()


def _broken(line: str, width: int) -> list[str]:
    """Break a line at its spaces, and only words that are wider than that within themselves."""
    from rich.cells import cell_len, chop_cells

    lines = [""]
    for word in line.split():
        for part in chop_cells(word, width):
            longer = f"{lines[-1]} {part}".strip()
            if cell_len(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(part)
    return lines


def _padded(text: str, width: int, *, at_right: bool) -> str:
    spaces = " " * (width - _widest(text))
    return text + spaces if at_right else spaces + text


def _widest(cell: str) -> int:
    """Return the columns of a terminal that a cell takes: characters of East Asia take two."""
    from rich.cells import cell_len

    return max(map(cell_len, cell.split("\n")))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)
