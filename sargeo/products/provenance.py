"""The STAC item of a run: what was made, from what, with what, and where it lies.

Extensions: projection 2.0, raster 2.0, classification 2.0, processing 1.2; after the practice of
the machine-learning-model extension, results of a model are level L4 and name its item.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pystac
import shapely
from pystac.extensions.classification import Classification, ClassificationExtension
from pystac.extensions.projection import ProjectionExtension

from sargeo.footprint import footprint_lonlat, lonlat_bbox
from sargeo.grid import GeoGrid
from sargeo.legend import NODATA
from sargeo.model.spec import ModelSpec
from sargeo.products.count import COUNT_NODATA
from sargeo.products.files import write_text
from sargeo.products.names import ProductPaths
from sargeo.products.raster import PERCENT_NODATA
from sargeo.products.style import LEGEND
from sargeo.products.windows import open_product

_EXTENSIONS = (
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
)

_COG = pystac.MediaType.COG


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as provenance tells it.

    Attributes
    ----------
    source : str
        The scene, as the user gave it.
    grid : GeoGrid
        Of the products.
    acquired : datetime or None
        When the scene was taken, with a time zone.
    began, finished : datetime
        Of the processing, with a time zone.
    model : ModelSpec
    model_item : str or None
        Where the model's own STAC item lies.
    command : sequence of str
        The command line; empty for a run from Python.
    settings : mapping
        What the result depends on, as plain values for JSON.
    software : mapping of str to str
        Names and versions.
    seconds : mapping of str to float
        Wall time by phase.
    """

    source: str
    grid: GeoGrid
    acquired: datetime | None
    began: datetime
    finished: datetime
    model: ModelSpec
    model_item: str | None
    command: Sequence[str]
    settings: Mapping[str, object]
    software: Mapping[str, str]
    seconds: Mapping[str, float]


def write_item(paths: ProductPaths, run: Run) -> None:
    """Write the STAC item beside the products that exist; links to them are relative.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    item = run_item(paths, run).to_dict(include_self_link=False, transform_hrefs=False)
    write_text(paths.item, json.dumps(item, indent=2, ensure_ascii=False) + "\n")


def run_item(paths: ProductPaths, run: Run) -> pystac.Item:
    """Return the STAC item of a run, with an asset for each product that exists."""
    footprint = footprint_lonlat(run.grid)
    processing = None if run.acquired else (run.began, run.finished)
    item = pystac.Item(
        id=paths.stem,
        geometry=shapely.geometry.mapping(footprint),
        bbox=lonlat_bbox(footprint),
        # Nobody knows when the scene was taken: STAC then asks for a range, which is that of
        # the processing, and is called so.
        datetime=run.acquired,
        start_datetime=processing and processing[0],
        end_datetime=processing and processing[1],
        properties=_properties(run),
        stac_extensions=list(_EXTENSIONS),
    )
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    epsg = run.grid.crs.to_epsg()
    projection.apply(
        code=f"EPSG:{epsg}" if epsg else None,
        wkt2=None if epsg else run.grid.crs.to_wkt(),
        shape=list(run.grid.shape),
        transform=list(run.grid.transform)[:6],
    )
    for link in _links(run):
        item.add_link(link)
    for name, path, asset in _assets(paths):
        if path.exists():
            item.add_asset(name, asset)
    if paths.landcover.exists():
        _classify(item.assets["landcover"])
    if paths.count.exists():
        _place_count(item.assets["count"], paths.count)
    return item


def _properties(run: Run) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "processing:level": "L4",
        "processing:datetime": _rfc3339(run.finished),
        "processing:software": dict(run.software),
        "processing:lineage": f"{run.source} mapped with {run.model.name} {run.model.version}.",
        "sargeo:model": f"{run.model.name} {run.model.version}",
        "sargeo:model_sha256": run.model.weights_sha256,
        "sargeo:model_licence": run.model.licence,
        "sargeo:command": list(run.command),
        "sargeo:settings": dict(run.settings),
        "sargeo:seconds": dict(run.seconds),
        "sargeo:datetime_means": "acquisition" if run.acquired else "processing",
    }
    if run.model_item:
        properties["processing:expression"] = {"format": "stac-mlm", "expression": run.model_item}
    return properties


def _links(run: Run) -> list[pystac.Link]:
    links = [pystac.Link("derived_from", run.source, title="the scene")]
    if run.model_item:
        links.append(
            pystac.Link(
                "derived_from",
                run.model_item,
                media_type=pystac.MediaType.GEOJSON,
                title="the model",
                extra_fields={"mlm:name": run.model.name, "processing:level": "L4"},
            )
        )
    return links


def _assets(paths: ProductPaths) -> list[tuple[str, Path, pystac.Asset]]:
    percent = {"data_type": "uint8", "nodata": PERCENT_NODATA, "unit": "%"}
    count = {"data_type": "uint16", "nodata": COUNT_NODATA}
    bands: dict[str, list[dict[str, Any]]] = {
        "landcover": [{"name": "land cover", "data_type": "uint8", "nodata": NODATA}],
        "confidence": [{"name": "confidence", **percent}],
        "probabilities": _probability_bands(paths, percent),
        "count": [
            {"name": "objects", **count},
            {"name": "valid pixels", **count, "unit": "1/1000"},
        ],
    }
    qml, style = "application/xml", ["metadata", "style"]
    table = [
        ("landcover", paths.landcover, "Land cover", _COG, ["data"]),
        ("confidence", paths.confidence, "Probability of the class shown", _COG, ["data"]),
        ("probabilities", paths.probabilities, "Probability of every class", _COG, ["data"]),
        ("count", paths.count, "Objects per cell", _COG, ["data"]),
        ("objects", paths.objects, "Objects", pystac.MediaType.GEOPACKAGE, ["data"]),
        ("landcover_names", paths.landcover_pam, "Class names", qml, ["metadata"]),
        ("landcover_style", paths.landcover_style, "QGIS style of the land cover", qml, style),
        ("count_style", paths.count_style, "QGIS style of the counts", qml, style),
        ("page", paths.page, "Web page", pystac.MediaType.HTML, ["overview"]),
    ]
    return [
        (name, path, _asset(path, title, media, roles, bands.get(name)))
        for name, path, title, media, roles in table
    ]


def _asset(
    path: Path, title: str, media: str, roles: list[str], bands: list[dict[str, Any]] | None
) -> pystac.Asset:
    fields = {} if bands is None else {"bands": bands, "raster:sampling": "area"}
    return pystac.Asset(f"./{path.name}", title, media_type=media, roles=roles, extra_fields=fields)


def _probability_bands(paths: ProductPaths, percent: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not paths.probabilities.exists():
        return []
    with open_product(paths.probabilities) as product:
        return [{"name": name, **percent} for name in product.band_names]


def _classify(asset: pystac.Asset) -> None:
    classes = [
        Classification.create(
            value=c.code,
            name=c.name.replace(" ", "-"),
            title=c.name,
            description=_crosswalk(c.worldcover),
            color_hint=c.colour.removeprefix("#").upper(),
        )
        for c in LEGEND
    ]
    nodata = Classification.create(value=NODATA, name="nodata", nodata=True)
    ClassificationExtension.ext(asset, add_if_missing=True).classes = [nodata, *classes]


def _crosswalk(worldcover: tuple[int, ...]) -> str:
    if not worldcover:
        return "too improbable to be shown"
    return f"ESA WorldCover {', '.join(map(str, worldcover))}"


def _place_count(asset: pystac.Asset, path: Path) -> None:
    """Give the counts their own grid, of cells."""
    with open_product(path) as product:
        ProjectionExtension.ext(asset).apply(
            shape=list(product.grid.shape), transform=list(product.grid.transform)[:6]
        )


def _rfc3339(moment: datetime) -> str:
    text: str = pystac.utils.datetime_to_str(moment)
    return text
