"""The page: a folium map of the products, with everything that it needs inlined."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import folium

from sargeo.products.files import write_text
from sargeo.products.names import ProductPaths, find_products
from sargeo.scene.scene import Scene
from sargeo.webmap.content import Content, collect
from sargeo.webmap.elements import Head, Panel, PictureOverlay

BASEMAP_TILES = "https://tiles.maps.eox.at/wmts/1.0.0/s2cloudless_3857/default/g/{z}/{y}/{x}.jpg"
BASEMAP_CREDIT = (
    '<a href="https://s2maps.eu">Sentinel-2 cloudless</a> by EOX IT Services GmbH '
    "(contains modified Copernicus Sentinel data 2016 &amp; 2017), CC BY 4.0"
)
BASEMAP_FINEST_ZOOM = 14
"""Sentinel-2 has 10 m pixels, about those of this zoom level."""


class _Map(folium.Map):  # type: ignore[misc]  # folium is untyped
    """folium's map without the scripts, styles and fonts that it loads from the network."""

    default_js: tuple[tuple[str, str], ...] = ()
    default_css: tuple[tuple[str, str], ...] = ()


def write_web_map(products: ProductPaths | Path, page: Path, *, scene: Scene | None = None) -> Path:
    """Write the web page of a finished run.

    The page is one file of at most 15 MB, whatever the scene; it opens without network and
    requests nothing. An online basemap is offered, and asked for tiles once it is ticked.

    Parameters
    ----------
    products : ProductPaths or Path
        Or the folder that holds the products of one scene.
    page : Path
        HTML file to write; one that is there is replaced.
    scene : Scene, optional
        What was mapped. By default it is opened from the source that the run's STAC item names;
        where that fails, the page is made without a picture of it, and says so.

    Returns
    -------
    Path
        ``page``.

    Raises
    ------
    sargeo.errors.InputError
        If there are no products, one is damaged, or the scene reaches beyond 85 degrees of
        latitude.
    sargeo.errors.EnvironmentLackError
        If the page cannot be written.
    """
    if isinstance(products, Path):
        products = find_products(products)
    write_text(page, render(collect(products, scene)))
    return page


def render(content: Content) -> str:
    """Return the page as HTML."""
    page = _Map(
        tiles=None,
        location=content.box.centre,
        prefer_canvas=True,
        zoom_control="topleft",
        font_size="13px",
        max_zoom=20,
        zoom_snap=0.25,
    )
    page.get_root().title = escape(f"{content.title} – sargeo")
    basemap = folium.TileLayer(
        BASEMAP_TILES,
        name="basemap",
        attr=BASEMAP_CREDIT,
        max_zoom=20,
        max_native_zoom=BASEMAP_FINEST_ZOOM,
        show=False,
    ).add_to(page)
    Head().add_to(page)
    layers: dict[str, Any] = {"basemap": basemap}
    for order, layer in enumerate(content.pictures):
        layers[layer.key] = PictureOverlay(layer, z_index=order + 1).add_to(page)
    folium.FitBounds(content.box.bounds, padding=(12, 12)).add_to(page)
    Panel(content, layers).add_to(page)
    return str(page.get_root().render())
