"""The command to type next, with the files of this very run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sargeo_cli.options import DEFAULT_MODEL
from sargeo_cli.page import Page


def after_map(page: Page, products: Sequence[str]) -> None:
    """Say how to look at a map."""
    paths = [Path(product) for product in products]
    written = next((path for path in paths if path.suffix == ".html"), None)
    if written is not None:
        page.next_step(f"open {written} in a browser.")
        return
    ending = ".stac.json"
    item = next(path for path in paths if path.name.endswith(ending))
    _look_at(page, item.parent, item.name.removesuffix(ending))


def after_assessment(page: Page, product: Path) -> None:
    """Say how to see where a product errs."""
    stem = product.stem.removesuffix("_landcover").removesuffix("_objects")
    _look_at(page, product.parent, stem)


def after_info(page: Page, scene: str, name: str, assume: str, model: str) -> None:
    """Say how to map a scene, with what was said of it."""
    said = [*_option("--assume", assume), *_option("--model", model, DEFAULT_MODEL)]
    page.next_command("map it", ["map", scene, "-o", f"{name}_map", *said])


def after_zones(
    page: Page, polygons: Path, out_dir: Path, name: str | None, table: Path | None
) -> None:
    """Say how to keep a table of zones, or where it is."""
    if table is not None:
        page.next_step(f"open {table} in QGIS or as a table.")
        return
    words = ["zones", polygons, out_dir, "-o", f"{polygons.stem}_zones.gpkg"]
    page.next_command("keep the table, with the shapes", [*words, *_option("--name", name or "")])


def after_words(page: Page, scene: str, assume: str, model: str) -> None:
    """Say how to have what a model told counted."""
    said = [*_option("--assume", assume), *_option("--model", model, DEFAULT_MODEL)]
    folder = f"{Path(scene).stem}_map"
    page.next_command("count and measure, which is surer", ["map", scene, "-o", folder, *said])


def _look_at(page: Page, folder: Path, stem: str) -> None:
    from sargeo.errors import InputError
    from sargeo.products.names import find_products

    try:
        find_products(folder)
        which = []
    except InputError:  # of several scenes, or of none
        which = ["--name", stem]
    written = folder / f"{stem}_map.html"
    page.next_command("look at it on a map", ["webmap", folder, "-o", written, *which])


def _option(name: str, value: str, default: str = "") -> list[str]:
    return [] if value == default else [name, value]
