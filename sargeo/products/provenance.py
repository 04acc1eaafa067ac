"""The STAC item of a run: what was made, from what, with what, and where it lies.

Extensions: projection 2.0, raster 2.0, classification 2.0, processing 1.2; after the practice of
the machine-learning-model extension, results of a model are level L4 and name its item.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pystac
import shapely
from pystac.extensions.projection import ProjectionExtension

from sargeo.geo.footprint import footprint_lonlat, lonlat_bbox
from sargeo.geo.grid import GeoGrid
from sargeo.model.spec import ModelSpec
from sargeo.products.assets import add_assets
from sargeo.products.files import write_text
from sargeo.products.names import ScenePaths

_EXTENSIONS = (
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, as provenance tells it.

    Attributes
    ----------
    source : str
        The scene, as the user gave it.
    grid : GeoGrid
        Of the products.
    acquired : datetime or None
        When the scene was taken, with a time zone; None where its product does not tell.
    began, finished : datetime
        Of the processing, with a time zone.
    model : ModelSpec
    model_item : str or None
        URL of the model's own STAC item; None where its folder has none.
    command : sequence of str
        The command line; empty for a run from Python.
    settings : mapping
        What the result depends on, as plain values for JSON.
    software : mapping of str to str
        Names and versions.
    seconds : mapping of str to float
        Wall time by phase.
    processed : str
        What the model did with the scene, as in "mapped".
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
    processed: str = "mapped"


def write_item(paths: ScenePaths, run: RunRecord) -> None:
    """Write the STAC item beside the products that exist; links to them are relative.

    Raises
    ------
    sargeo.errors.DiskFullError, sargeo.errors.OutputNotWritableError
        If the operating system refuses.
    """
    item = run_item(paths, run).to_dict(include_self_link=False, transform_hrefs=False)
    write_text(paths.item, json.dumps(item, indent=2, ensure_ascii=False) + "\n")


def run_item(paths: ScenePaths, run: RunRecord) -> pystac.Item:
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
    add_assets(item, paths)
    return item


def _properties(run: RunRecord) -> dict[str, Any]:
    model = f"{run.model.name} {run.model.version}"
    properties: dict[str, Any] = {
        "processing:level": "L4",
        "processing:datetime": _rfc3339(run.finished),
        "processing:software": dict(run.software),
        "processing:lineage": f"{run.source} {run.processed} with {model}.",
        "sargeo:model": model,
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


def _links(run: RunRecord) -> list[pystac.Link]:
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


def _rfc3339(moment: datetime) -> str:
    text: str = pystac.utils.datetime_to_str(moment)
    return text
