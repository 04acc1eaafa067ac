"""Areas and counts by polygon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sargeo.legend import LAND_COVER, UNCERTAIN_CLASS
from sargeo_cli.page import BAD, DOUBTFUL, GOOD, Page
from sargeo_cli.quantities import area_digits, counted, km2, number, percent
from sargeo_cli.tables import Column, Table

HECTARES_PER_KM2 = 100.0

# Fields by which people call their zones, the first that there is.
_NAMES = ("name", "title", "label", "zone", "id", "fid")

# Names of classes by what stands for them in the names of columns.
_CLASSES = {
    c.name.replace(" ", "_").replace("-", "_"): c.name for c in (*LAND_COVER, UNCERTAIN_CLASS)
}

Row = Mapping[str, Any]


def show_zones(page: Page, rows: Sequence[Row], measured: Sequence[str]) -> None:
    """Print what `sargeo.evaluation.zones.zonal_table` found.

    Parameters
    ----------
    rows : sequence of mapping
    measured : sequence of str
        Columns that are measures; the others are the zones' own fields.
    """
    own = [name for name in rows[0] if name not in measured]
    names = _names(rows, own)
    page.verdict(*_verdict(rows, measured))
    shares = " and share of what is mapped" if "nodata_share" in measured else ""
    page.title(f"Zones: km²{shares}")
    page.table(*_tables(rows, names, measured))
    for row, name in zip(rows, names, strict=True):
        if row.get("note"):
            page.prose(f"- {name}: {row['note']}.", indent="  ", hanging="  ", style=DOUBTFUL)


def _names(rows: Sequence[Row], own: Sequence[str]) -> list[str]:
    """Call zones by their place in the file, and the field that names them if there is one."""
    by_name = {name.lower(): name for name in reversed(own)}
    field = next((by_name[n] for n in _NAMES if n in by_name), own[0] if own else None)
    titles = ["" if field is None or row[field] is None else str(row[field]) for row in rows]
    return [f"{i} {title}".strip() for i, title in enumerate(titles, start=1)]


def _verdict(rows: Sequence[Row], measured: Sequence[str]) -> tuple[str, str]:
    area = sum(row["area_ha"] for row in rows) / HECTARES_PER_KM2
    text = f"{counted(len(rows), 'zone')}, {km2(area, area_digits([area]))} km²"
    style = GOOD
    if "nodata_share" in measured:
        mapped = sum(row["area_ha"] * (1 - row["nodata_share"]) for row in rows)
        share = mapped / HECTARES_PER_KM2 / area if area else 0.0
        text += f", {percent(share)} of them mapped"
        style = GOOD if share > 0.5 else DOUBTFUL if share else BAD
    counts = [counted(sum(r[c] for r in rows), _kind(c)) for c in measured if _is_count(c)]
    return "; ".join([text, *counts]) + ".", style


def _tables(rows: Sequence[Row], names: Sequence[str], measured: Sequence[str]) -> list[Table]:
    classes = [
        c.removesuffix("_share")
        for c in measured
        if c.endswith("_share") and c != "nodata_share" and any(row[c] for row in rows)
    ]
    counts = [c for c in measured if _is_count(c)]
    digits = area_digits(row["area_ha"] / HECTARES_PER_KM2 for row in rows)
    columns = [
        Column("zone", flexible=True),
        Column("area", numeric=True),
        *(Column(_CLASSES.get(c, c), numeric=True) for c in classes),
        *(Column(_kind(c) + "s", numeric=True) for c in counts),
    ]

    def cells(row: Row, name: str, share_format: str) -> list[str]:
        def area(hectares: float, share: float | None) -> str:
            of_all = "" if share is None else share_format.format(percent(share))
            return km2(hectares / HECTARES_PER_KM2, digits) + of_all

        measures = [
            *(area(row[f"{c}_ha"], row[f"{c}_share"]) for c in classes),
            *(number(row[c]) for c in counts),
        ]
        # Nothing was seen in such a zone, which is not that nothing is there.
        known = measures if not row.get("note") else ["–"] * len(measures)
        return [name, area(row["area_ha"], None), *known]

    return [
        Table(columns, [cells(row, name, form) for row, name in zip(rows, names, strict=True)])
        for form in (" ({})", "\n{}")
    ]


def _is_count(column: str) -> bool:
    return column.endswith("_count")


def _kind(column: str) -> str:
    return column.removesuffix("_count").replace("_", " ")
