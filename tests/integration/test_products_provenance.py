"""The STAC item of a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import numpy as np
import pystac
import pytest
from affine import Affine
from pyproj import CRS
from pystac.extensions.classification import ClassificationExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from support.models import tiny_spec
from support.products import PLACES, grid_at, ships_at, write_products

from sargeo.geo.grid import GeoGrid
from sargeo.legend import LAND_COVER, LAND_COVER_CODES
from sargeo.products.names import ProductPaths
from sargeo.products.provenance import RunRecord, write_item
from sargeo.products.raster import probabilities_sink

BEGAN, DONE = datetime(2025, 1, 2, 3, 4, tzinfo=UTC), datetime(2025, 1, 2, 3, 9, tzinfo=UTC)


def run_on(grid: GeoGrid, acquired: datetime | None = None) -> RunRecord:
    return RunRecord(
        source="scene.tif",
        grid=grid,
        acquired=acquired,
        began=BEGAN,
        finished=DONE,
        model=tiny_spec(),
        model_item="sargeo-tiny.json",
        command=("sargeo", "map", "scene.tif"),
        settings={"patch": 512},
        software={"sargeo": "0.1.0"},
        seconds={"map": 1.5},
    )


def products_at(folder: Path, place: str) -> tuple[ProductPaths, GeoGrid]:
    grid = grid_at(place, (120, 80))
    codes = np.full(grid.shape, 80, np.uint8)
    return write_products(folder, grid, codes, ships_at(np.array([1.0]), np.array([2.0]))), grid


def assert_valid(item: pystac.Item) -> None:
    """Against the schemas of the STAC core that pystac brings along; extensions have no file."""
    schemas = get_local_schema_cache()
    registry: Registry[object] = Registry().with_resources(
        [(uri, Resource.from_contents(schema)) for uri, schema in schemas.items()]
    )
    schema = next(s for uri, s in schemas.items() if uri.endswith("/item.json"))
    document = item.to_dict(include_self_link=False, transform_hrefs=False)
    jsonschema.Draft7Validator(schema, registry=registry).validate(document)


@pytest.mark.parametrize("place", PLACES)
def test_the_item_is_valid_and_lies_where_the_scene_does(place: str, tmp_path: Path) -> None:
    paths, grid = products_at(tmp_path, place)
    write_item(paths, run_on(grid))
    item = pystac.Item.from_file(str(paths.item))
    assert_valid(item)
    projection = ProjectionExtension.ext(item)
    assert projection.code == f"EPSG:{grid.crs.to_epsg()}"
    assert projection.shape == [120, 80]
    assert projection.transform == pytest.approx(list(grid.transform)[:6])
    count = ProjectionExtension.ext(item.assets["count"])
    assert count.shape is not None
    assert count.shape[0] < 120
    lon, lat = (float(v) for v in grid.lonlat(60, 40))
    west, south, east, north = item.bbox or []
    lon = (lon + 180) % 360 - 180
    assert south < lat < north
    assert west < lon < east or (west > east and (lon > west or lon < east))


def test_every_product_is_an_asset_with_a_relative_link(tmp_path: Path) -> None:
    paths, grid = products_at(tmp_path, "utm_north")
    sink = probabilities_sink(paths.probabilities, grid, LAND_COVER, {})
    sink.write(0, np.full((5, *grid.shape), 20, np.uint8))
    sink.finish()
    write_item(paths, run_on(grid))
    item = pystac.Item.from_file(str(paths.item))
    hrefs = {asset.href for asset in item.assets.values()}
    assert hrefs == {f"./{p.name}" for p in paths.existing() if p != paths.item}
    assert all(asset.roles for asset in item.assets.values())
    bands = item.assets["probabilities"].extra_fields["bands"]
    assert [b["name"] for b in bands] == [c.name for c in LAND_COVER]
    classes = ClassificationExtension.ext(item.assets["landcover"]).classes
    assert classes is not None
    assert {c.value for c in classes} == {0, 254, *LAND_COVER_CODES}


def test_the_item_says_with_what_it_was_made(tmp_path: Path) -> None:
    paths, grid = products_at(tmp_path, "utm_north")
    write_item(paths, run_on(grid))
    item = pystac.Item.from_file(str(paths.item))
    spec = tiny_spec()
    assert item.properties["sargeo:model"] == f"{spec.name} {spec.version}"
    assert item.properties["sargeo:model_sha256"] == spec.weights_sha256
    assert item.properties["processing:software"] == {"sargeo": "0.1.0"}
    assert item.properties["processing:datetime"] == "2025-01-02T03:09:00Z"
    assert item.properties["sargeo:command"] == ["sargeo", "map", "scene.tif"]
    links = [link for link in item.links if link.rel == "derived_from"]
    assert links[0].target == "scene.tif"
    assert links[1].extra_fields["mlm:name"] == spec.name


def test_an_unknown_time_is_not_invented(tmp_path: Path) -> None:
    paths, grid = products_at(tmp_path, "utm_north")
    write_item(paths, run_on(grid))
    item = pystac.Item.from_file(str(paths.item))
    assert item.datetime is None
    assert (item.common_metadata.start_datetime, item.common_metadata.end_datetime) == (BEGAN, DONE)
    assert item.properties["sargeo:datetime_means"] == "processing"
    acquired = datetime(2020, 11, 7, tzinfo=UTC)
    write_item(paths, run_on(grid, acquired))
    item = pystac.Item.from_file(str(paths.item))
    assert item.datetime == acquired
    assert item.properties["sargeo:datetime_means"] == "acquisition"


def test_a_crs_without_a_code_is_written_out(tmp_path: Path) -> None:
    crs = CRS.from_proj4("+proj=tmerc +lat_0=10 +lon_0=20.5 +k=0.9999 +x_0=1000 +ellps=WGS84")
    grid = GeoGrid(crs, Affine(10, 0, 0, 0, -10, 0), (50, 40))
    codes = np.full(grid.shape, 80, np.uint8)
    paths = write_products(tmp_path, grid, codes, ships_at(np.array([1.0]), np.array([2.0])))
    write_item(paths, run_on(grid))
    item = pystac.Item.from_file(str(paths.item))
    projection = ProjectionExtension.ext(item)
    assert projection.code is None
    assert projection.wkt2 is not None
    assert CRS.from_wkt(projection.wkt2).equals(crs)
