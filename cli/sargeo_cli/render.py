"""Facts on standard output: JSON for programs, aligned text for people.

Both show the same mapping, so neither can tell what the other leaves out. What a model says of
places is prose, which people read as paragraphs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import typer

from sargeo_cli.progress import ProgressStyle, emit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Wide enough for any path: output that is piped must not be wrapped.
UNWRAPPED = 10_000

# Longer lines of prose are hard to read, however wide the terminal is.
PROSE = 88

# Items of a list that are longer than this many characters, such as paths, take a line each.
LONG = 20

# Names end in their unit; these numbers are shown with a prefix to it.
BYTES = "_bytes"

# Stands in a table where a row has no value, such as an interval over one image.
_NONE = "–"

Facts = Mapping[str, object]


def show_result(facts: Facts, style: ProgressStyle) -> None:
    """Show what a run returned, in the way that its progress was shown."""
    if style is ProgressStyle.jsonl:
        emit("result", facts)
    else:
        show(facts)


def show(facts: Facts, *, as_json: bool = False) -> None:
    """Print facts; mappings within them become sections, lists of mappings become tables."""
    if as_json:
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False, default=str))
        return
    console = _console()
    own = {name: value for name, value in facts.items() if not _is_section(value)}
    if own:
        console.print(_pairs(own))
    for name, value in facts.items():
        if _is_section(value):
            console.print(f"\n{_label(name)}", style="bold", markup=False)
            console.print(_section(value))


def show_description(facts: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Print what a model says of places: `sargeo.language.description.Description` as a dict."""
    if as_json:
        show(facts, as_json=True)
        return
    own = dict(facts)
    places = own.pop("places")
    show(own)
    console = _console()
    if console.is_terminal:
        console.width = min(console.width, PROSE)
    for place in places:
        _tell(console, place)


def _tell(console: Console, place: Mapping[str, Any]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    size = "size unknown"
    if place["height_m"] is not None:
        size = f"{place['height_m'] / 1000:.3g} by {place['width_m'] / 1000:.3g} km"
    where = f"lon {place['lon']:.5f}, lat {place['lat']:.5f}, {size}"
    if place["valid_share"] < 1:
        where += f", {place['valid_share']:.0%} valid"
    scores = f"contrast {place['contrast']:.2f}, matching {place['matching']:.2f}"
    console.print(f"\n{where}", style="bold", markup=False)
    for line, style in ((place["text"], ""), (scores, "cyan")):
        console.print(Padding.indent(Text(line, style), 2))


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNWRAPPED
    return console


def _is_section(value: object) -> TypeGuard[Facts | Sequence[Facts]]:
    return isinstance(value, Mapping) or (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(row, Mapping) for row in value)
    )


def _section(value: Facts | Sequence[Facts]) -> Table:
    return _pairs(value) if isinstance(value, Mapping) else _records(value)


def _pairs(facts: Facts) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 3))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(Text(f"  {_label(name)}"), Text(_text(value, name)))
    return table


def _records(rows: Sequence[Facts]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="cyan", padding=(0, 3, 0, 0))
    for name in rows[0]:
        table.add_column(_label(name), overflow="fold")
    for row in rows:
        cells = (_NONE if value is None else _text(value, name) for name, value in row.items())
        table.add_row(*map(Text, cells))
    return table


def _label(name: str) -> str:
    return name.removesuffix(BYTES).replace("_", " ")


def _text(value: object, name: str = "") -> str:
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case int() if name.endswith(BYTES):
            from rich.filesize import decimal

            return decimal(value)
        case float():
            # Coordinates in metres keep their centimetres.
            return f"{value:.10g}" if abs(value) >= 1e5 else f"{value:.5g}"
        case Mapping():
            return ", ".join(f"{_label(key)} {_text(item, key)}" for key, item in value.items())
        case str():
            return value
        case Sequence():
            items = [_text(item, name) for item in value]
            return ("\n" if any(len(item) > LONG for item in items) else ", ").join(items)
    return str(value)
