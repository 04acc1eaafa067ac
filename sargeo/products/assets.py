"""What a STAC item says of each file of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pystac
from pystac.extensions.classification import Classification, ClassificationExtension
from pystac.extensions.projection import ProjectionExtension

from sargeo.legend import NODATA, UNCERTAIN, LandCoverClass
from sargeo.products.count import COUNT_NODATA
from sargeo.products.embedding import EMBEDDING_NODATA
from sargeo.products.names import EmbeddingPaths, ProductPaths, ScenePaths, TextPaths
from sargeo.products.raster import PERCENT_NODATA
from sargeo.products.texts import read_legend
from sargeo.products.windows import open_product

_COG = pystac.MediaType.COG
_XML = "application/xml"
_STYLE = ("metadata", "style")
_PERCENT = {"data_type": "uint8", "nodata": PERCENT_NODATA, "unit": "%"}

Bands = list[dict[str, Any]]
Assets = Iterator[tuple[str, Path, pystac.Asset]]


def add_assets(item: pystac.Item, paths: ScenePaths) -> None:
    """Add an asset for each file that exists.

    Raises
    ------
    TypeError
        If nothing is known of this kind of run.
    """
    for name, path, asset in _assets(paths):
        if path.exists():
            item.add_asset(name, asset)
    match paths:
        case ProductPaths():
            if paths.landcover.exists():
                _classify(item.assets["landcover"], read_legend(paths.landcover))
            if paths.count.exists():
                _place_count(item.assets["count"], paths.count)
        case TextPaths():
            _classify(item.assets["text"], read_legend(paths.classes))


def _assets(paths: ScenePaths) -> Assets:
    match paths:
        case ProductPaths():
            return _map_assets(paths)
        case EmbeddingPaths():
            return _embedding_assets(paths)
        case TextPaths():
            return _text_assets(paths)
    raise TypeError(f"no assets are known of {type(paths).__name__}")


def _map_assets(paths: ProductPaths) -> Assets:
    count = {"data_type": "uint16", "nodata": COUNT_NODATA}
    counts: Bands = [
        {"name": "objects", **count},
        {"name": "valid pixels", **count, "unit": "1/1000"},
    ]
    yield _raster("landcover", paths.landcover, "Land cover", _codes("land cover"))
    yield _raster("confidence", paths.confidence, "Probability of the class shown", _confidence())
    every = _probability_bands(paths)
    yield _raster("probabilities", paths.probabilities, "Probability of every class", every)
    yield _raster("count", paths.count, "Objects per cell", counts)
    yield _file("objects", paths.objects, "Objects", pystac.MediaType.GEOPACKAGE, ["data"])
    yield _file("landcover_names", paths.landcover_pam, "Class names", _XML, ["metadata"])
    title = "QGIS style of the land cover"
    yield _file("landcover_style", paths.landcover_style, title, _XML, _STYLE)
    yield _file("count_style", paths.count_style, "QGIS style of the counts", _XML, _STYLE)
    yield _file("page", paths.page, "Web page", pystac.MediaType.HTML, ["overview"])


def _embedding_assets(paths: EmbeddingPaths) -> Assets:
    with open_product(paths.embedding) as product:
        bands: Bands = [
            {
                "name": name,
                "data_type": "int8",
                "nodata": EMBEDDING_NODATA,
                "raster:scale": scale,
            }
            for name, scale in zip(product.band_names, product.scales, strict=True)
        ]
    yield _raster("embedding", paths.embedding, "Vectors and weights of the cells", bands)


def _text_assets(paths: TextPaths) -> Assets:
    yield _raster("text", paths.classes, "Classes given as texts", _codes("text"))
    yield _raster("confidence", paths.confidence, "Probability of the class shown", _confidence())
    yield _file("text_names", paths.pam, "Class names", _XML, ["metadata"])
    yield _file("text_style", paths.style, "QGIS style of the classes", _XML, _STYLE)


def _codes(name: str) -> Bands:
    return [{"name": name, "data_type": "uint8", "nodata": NODATA}]


def _confidence() -> Bands:
    return [{"name": "confidence", **_PERCENT}]


def _raster(name: str, path: Path, title: str, bands: Bands) -> tuple[str, Path, pystac.Asset]:
    return _file(name, path, title, _COG, ["data"], bands=bands, **{"raster:sampling": "area"})


def _file(
    name: str, path: Path, title: str, media: str, roles: Sequence[str], **fields: object
) -> tuple[str, Path, pystac.Asset]:
    asset = pystac.Asset(
        f"./{path.name}", title, media_type=media, roles=list(roles), extra_fields=fields
    )
    return name, path, asset


def _probability_bands(paths: ProductPaths) -> Bands:
    if not paths.probabilities.exists():
        return []
    with open_product(paths.probabilities) as product:
        return [{"name": name, **_PERCENT} for name in product.band_names]


def _classify(asset: pystac.Asset, legend: Sequence[LandCoverClass]) -> None:
    classes = [
        Classification.create(
            value=c.code,
            name=_slug(c),
            title=c.name,
            description=_crosswalk(c),
            color_hint=c.colour.removeprefix("#").upper(),
        )
        for c in legend
    ]
    nodata = Classification.create(value=NODATA, name="nodata", nodata=True)
    ClassificationExtension.ext(asset, add_if_missing=True).classes = [nodata, *classes]


def _slug(entry: LandCoverClass) -> str:
    """Name a class in the letters that the extension allows."""
    return re.sub(r"[^0-9A-Za-z_-]+", "-", entry.name).strip("-") or f"class-{entry.code}"


def _crosswalk(entry: LandCoverClass) -> str:
    if entry.worldcover:
        return f"ESA WorldCover {', '.join(map(str, entry.worldcover))}"
    return "too improbable to be shown" if entry.code == UNCERTAIN else entry.name


def _place_count(asset: pystac.Asset, path: Path) -> None:
    """Give the counts their own grid, of cells."""
    with open_product(path) as product:
        ProjectionExtension.ext(asset).apply(
            shape=list(product.grid.shape), transform=list(product.grid.transform)[:6]
        )
