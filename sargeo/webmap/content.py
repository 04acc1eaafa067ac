"""Everything that the page shows, gathered from the products before any HTML is written."""

from __future__ import annotations

from dataclasses import dataclass

from sargeo.errors import SargeoError
from sargeo.geo.grid import GeoGrid
from sargeo.geo.mercator import MercatorBox
from sargeo.products.names import ProductPaths
from sargeo.products.texts import read_legend
from sargeo.products.windows import open_product
from sargeo.scene.open import open_scene
from sargeo.scene.scene import Scene
from sargeo.webmap.areas import class_areas_km2
from sargeo.webmap.facts import RunFacts
from sargeo.webmap.pictures import (
    Picture,
    confidence_picture,
    land_cover_picture,
    quicklook_picture,
)
from sargeo.webmap.vectors import Cells, Objects, read_cells, read_objects


@dataclass(frozen=True, slots=True)
class PictureLayer:
    """A picture with its name in the page and in the panel, and how it is shown at first."""

    key: str
    title: str
    picture: Picture
    visible: bool
    opacity: float


@dataclass(frozen=True, slots=True)
class ClassShare:
    """A line of the land-cover legend."""

    name: str
    colour: str
    km2: float
    percent: float


@dataclass(frozen=True, slots=True)
class Content:
    """What the page shows.

    Attributes
    ----------
    title : str
        Name of the scene.
    facts : tuple of (str, str)
        Label and value of the lines under the title.
    box : MercatorBox
        Around the scene; the first view.
    pictures : tuple of PictureLayer
        From the bottom up.
    classes : tuple of ClassShare
        Classes that occur, in the order of the legend.
    cells : Cells or None
    objects : Objects or None
    notes : tuple of str
        What the page shows otherwise than the products hold, one sentence each.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    box: MercatorBox
    pictures: tuple[PictureLayer, ...]
    classes: tuple[ClassShare, ...]
    cells: Cells | None
    objects: Objects | None
    notes: tuple[str, ...]


def collect(products: ProductPaths, scene: Scene | None) -> Content:
    """Gather a page's content.

    Raises
    ------
    sargeo.errors.InputError
        If a product is damaged, or the scene reaches beyond 85 degrees of latitude.
    """
    facts = RunFacts.read(products.item)
    notes: list[str] = []
    if scene is None:
        scene = _reopen(facts, notes)
    box = MercatorBox.around(_product_grid(products))
    has_count, has_objects = products.count.is_file(), products.objects.is_file()
    pictures = _pictures(products, scene, box)
    cells = read_cells(products.count, box.centre_lon) if has_count else None
    objects = read_objects(products.objects, box.centre_lon) if has_objects else None
    notes += _thinned(pictures, box, cells, objects)
    return Content(
        title=products.stem,
        facts=facts.lines,
        box=box,
        pictures=pictures,
        classes=_class_shares(products),
        cells=cells,
        objects=objects,
        notes=tuple(notes),
    )


def _reopen(facts: RunFacts, notes: list[str]) -> Scene | None:
    if facts.source is None:
        notes.append("The scene itself is not shown: the products do not say where it is.")
        return None
    try:
        return open_scene(facts.source, assume=facts.assumptions)
    except SargeoError as problem:
        notes.append(f"The scene itself is not shown. {problem.problem}")
        return None


def _product_grid(products: ProductPaths) -> GeoGrid:
    """Return the scene's grid where a raster of it was written, else that of the counts."""
    path = products.landcover if products.landcover.is_file() else products.count
    with open_product(path) as product:
        return product.grid


def _pictures(
    products: ProductPaths, scene: Scene | None, box: MercatorBox
) -> tuple[PictureLayer, ...]:
    layers = []
    if scene is not None:
        around = MercatorBox.around(scene.grid, box.centre_lon)
        layers.append(PictureLayer("scene", "Scene", quicklook_picture(scene, around), True, 1))
    if products.landcover.is_file():
        opacity = 0.6 if scene is not None else 1.0
        picture = land_cover_picture(products.landcover, box)
        layers.append(PictureLayer("landcover", "Land cover", picture, True, opacity))
    if products.confidence.is_file():
        picture = confidence_picture(products.confidence, box)
        layers.append(PictureLayer("confidence", "Confidence", picture, False, 0.8))
    return tuple(layers)


def _class_shares(products: ProductPaths) -> tuple[ClassShare, ...]:
    if not products.landcover.is_file():
        return ()
    areas = class_areas_km2(products.landcover)
    total = sum(areas.values())
    legend = {c.code: c for c in read_legend(products.landcover)}
    return tuple(
        ClassShare(legend[code].name, legend[code].colour, km2, 100 * km2 / total)
        for code, km2 in sorted(areas.items())
    )


def _thinned(
    pictures: tuple[PictureLayer, ...],
    box: MercatorBox,
    cells: Cells | None,
    objects: Objects | None,
) -> list[str]:
    """Say what the page holds less of than the products."""
    notes = []
    full_m = box.metres_per_pixel * box.ground_per_map_metre
    coarse = [
        f"{layer.title.lower()} {layer.picture.ground_m:.3g} m"
        for layer in pictures
        if layer.picture.ground_m > 1.01 * full_m
    ]
    if coarse:
        notes.append(f"Pixels are {full_m:.3g} m in the files; here: {', '.join(coarse)}.")
    if cells is not None and cells.joined > 1:
        notes.append(f"Count cells are joined {cells.joined} by {cells.joined}.")
    if objects is not None and len(objects.lon) < objects.total:
        notes.append(
            f"The {len(objects.lon):,} most confident of {objects.total:,} objects are drawn."
        )
    return notes
