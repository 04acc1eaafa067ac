"""Any facts as a page: names and values in sections, for those who look for details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sargeo_cli.page import Page
from sargeo_cli.quantities import size

# Items of a list that are longer than this many characters, such as paths, take a line each.
LONG = 20

# Names end in their unit; these numbers are shown with a prefix to it.
BYTES = "_bytes"


def show_facts(page: Page, title: str, facts: Mapping[str, Any]) -> None:
    """Print a section of facts."""
    page.title(title)
    page.pairs({label(name): in_words(value, name) for name, value in facts.items()})


def label(name: str) -> str:
    """Return the name of a fact as people read it."""
    return name.removesuffix(BYTES).replace("_", " ")


def in_words(value: object, name: str = "") -> str:
    """Return the value of a fact as people read it; lists of long items have several lines."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case int() if name.endswith(BYTES):
            return size(value)
        case float():
            # Coordinates in metres keep their centimetres.
            return f"{value:.10g}" if abs(value) >= 1e5 else f"{value:.5g}"
        case Mapping():
            return ", ".join(f"{label(key)} {in_words(item, key)}" for key, item in value.items())
        case str():
            return value
        case Sequence():
            items = [in_words(item, name) for item in value]
            return ("\n" if any(len(item) > LONG for item in items) else ", ").join(items) or "none"
    return str(value)
