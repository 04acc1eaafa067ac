"""How good a product is: the figure that counts first, then each class or object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sargeo_cli.page import Page
from sargeo_cli.quantities import area_digits, counted, km2, number, percent, percent_range
from sargeo_cli.tables import Column, Table

HECTARES_PER_KM2 = 100.0

Facts = Mapping[str, Any]


def show_assessment(page: Page, facts: Facts) -> None:
    """Print an assessment of land cover or of objects."""
    if "confusion" in facts:
        _show_landcover(page, facts)
    else:
        _show_objects(page, facts)


def assessment_rows(facts: Facts) -> list[dict[str, Any]]:
    """Return the table of an assessment: a row for each class, or one for all objects."""
    return list(facts["classes"]) if "confusion" in facts else [dict(facts)]


def _show_landcover(page: Page, facts: Facts) -> None:
    interval = _interval(facts, "overall_accuracy")
    unknown = facts["overall_accuracy_low"] is None
    page.verdict(
        f"{percent(facts['overall_accuracy'])} of the mapped area is right (95 % interval "
        f"{interval}{'' if unknown else ' %'}), by {counted(facts['samples'], 'sample')}."
    )
    page.title("Classes: accuracy in per cent, areas in km², with 95 % intervals")
    page.table(*(_classes(facts["classes"], gap) for gap in (" ", "\n")))
    page.title("Samples: classes of the map down, of the reference across")
    names = [row["map"] for row in facts["confusion"]]
    page.table(
        Table(
            [Column("map", flexible=True), *(Column(name, numeric=True) for name in names)],
            [(row["map"], *(number(row[name]) for name in names)) for row in facts["confusion"]],
        )
    )
    page.title("How to read it")
    page.points(
        [
            "User's accuracy: of what the map shows as the class, how much is. Producer's: of "
            "what is the class, how much the map shows.",
            facts["method"],
            *filter(None, [facts["notes"]]),
        ]
    )


def _classes(classes: Sequence[Facts], gap: str) -> Table:
    digits = area_digits(c["mapped_ha"] / HECTARES_PER_KM2 for c in classes)

    def area(hectares: float | None) -> str:
        return "–" if hectares is None else km2(hectares / HECTARES_PER_KM2, digits)

    def cells(c: Facts) -> tuple[str, ...]:
        low, high = area(c["area_ha_low"]), area(c["area_ha_high"])
        return (
            c["class"],
            number(c["samples"]),
            *(_with_interval(c, name, gap) for name in ("users_accuracy", "producers_accuracy")),
            area(c["mapped_ha"]),
            area(c["area_ha"]) + ("" if c["area_ha_low"] is None else f"{gap}({low}–{high})"),
        )

    titles = ("samples", "user's accuracy", "producer's accuracy", "mapped area", "true area")
    return Table(
        [Column("class", flexible=True), *(Column(t, numeric=True) for t in titles)],
        [cells(c) for c in classes],
    )


def _with_interval(facts: Facts, name: str, gap: str) -> str:
    if facts[name] is None:
        return "–"
    value = f"{100 * facts[name]:.0f}"
    return value if facts[f"{name}_low"] is None else f"{value}{gap}({_interval(facts, name)})"


def _interval(facts: Facts, name: str) -> str:
    return percent_range(facts[f"{name}_low"], facts[f"{name}_high"])


def _show_objects(page: Page, facts: Facts) -> None:
    asked, found = facts["matched"] + facts["missed"], facts["matched"] + facts["wrong"]
    page.verdict(
        f"{facts['matched']} of {counted(asked, 'object')} of the reference found; "
        f"{facts['wrong']} of {number(found)} in the product are none."
    )
    distance = facts["median_distance_m"]
    page.title("Objects")
    page.pairs(
        {
            "recall": f"{percent(facts['recall'])} of the reference was found",
            "precision": f"{percent(facts['precision'])} of the product is in the reference",
            "F1": percent(facts["f1"]),
            "left out": f"{facts['ignored']}, marked uncertain or where nothing was seen",
            "distance": "unknown"
            if distance is None
            else f"{distance:.1f} m in the median; up to {facts['tolerance_m']:g} m is a match",
        }
    )
