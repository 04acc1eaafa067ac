"""Which models there are, and what one is good for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sargeo_cli.page import TITLE, Page
from sargeo_cli.quantities import metres
from sargeo_cli.tables import Column, Table
from sargeo_cli.views.facts import show_facts

Spec = Mapping[str, Any]

# What has a section of its own above the details.
_SHOWN = {"name", "version", "summary", "licence", "sources", "limits", "figures"}


def show_models(page: Page, specs: Sequence[Spec], default: str) -> None:
    """Print what each model is, in a few lines."""
    page.verdict("1 model comes with sargeo." if len(specs) == 1 else f"{len(specs)} models.")
    for spec in specs:
        page.title(
            f"{spec['name']} {spec['version']}" + ", the default" * (spec["name"] == default)
        )
        page.prose(spec["summary"], indent="  ")
        page.pairs(_main_facts(spec))


def show_model(page: Page, spec: Spec) -> None:
    """Print a model's spec: what it is good for, where it fails, then all details."""
    page.verdict(f"{spec['name']} {spec['version']}", TITLE)
    page.prose(spec["summary"])
    page.title("What it takes and gives")
    page.pairs(_main_facts(spec))
    if spec["limits"]:
        page.title("Where it fails")
        page.points(spec["limits"])
    if spec["figures"]:
        page.title("How good it is, on images that it was not trained on, with 95 % intervals")
        page.table(*(_figures(spec["figures"], gap) for gap in (" ", "\n")))
    page.title("Trained on")
    page.points(spec["sources"])
    details = {name: value for name, value in spec.items() if name not in _SHOWN}
    sections = {n: v for n, v in details.items() if isinstance(v, Mapping)}
    show_facts(page, "Details", {n: v for n, v in details.items() if n not in sections})
    for name, section in sections.items():
        show_facts(page, name.capitalize(), section)


def _main_facts(spec: Spec) -> dict[str, str]:
    spacing = spec["spacing"]
    reads = spec["language"] is not None
    talks = "describes and answers" if reads and spec["writes"] else ""
    does = ["maps", "finds " + ", ".join(spec["object_kinds"]), "searches by words" * reads, talks]
    return {
        "does": ", ".join(filter(None, does)),
        "bands": ", ".join(spec["polarisations"]),
        "spacing": f"{metres((spacing['min_m'], spacing['max_m']))}, "
        f"best {spacing['preferred_m']:g} m",
        "platforms": ", ".join(spec["sensors"]) or "does not tell them apart",
        "licence": spec["licence"],
    }


def _figures(figures: Sequence[Spec], gap: str) -> Table:
    def value(figure: Spec) -> str:
        interval = ""
        if figure["low"] is not None:
            interval = f"{gap}({figure['low']:.2f}–{figure['high']:.2f})"
        return f"{figure['value']:.2f}{interval}"

    return Table(
        [
            Column("measure", flexible=True),
            Column("data"),
            Column("images", numeric=True),
            Column("value", numeric=True),
        ],
        [(f["measure"], f["data"], str(f["images"]), value(f)) for f in figures],
    )
