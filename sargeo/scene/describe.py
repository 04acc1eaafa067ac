"""What ``sargeo info`` tells of a scene, in plain types."""

from __future__ import annotations

from typing import Any

import numpy as np

from sargeo.footprint import footprint_lonlat, lonlat_bbox
from sargeo.grid import Block, FloatArray, GeoGrid
from sargeo.scene.geotiff import GeoTiffScene
from sargeo.scene.radiometry import Float32Array
from sargeo.scene.rasterfile import RasterFacts
from sargeo.scene.sampling import row_blocks, sample_values
from sargeo.scene.scene import Scene
from sargeo.scene.xarray import DataArrayScene

_PERCENTILES = (1, 25, 50, 75, 99)

_TELLING = GeoTiffScene, DataArrayScene
"""Scenes that tell where they found what."""


def describe(scene: Scene) -> dict[str, Any]:
    """Describe a scene. Reads all of its pixels once, block by block, to count the valid ones.

    Returns
    -------
    dict
        JSON types only: name, source, size, grid, bands (with where each property was found and
        percentiles of a fixed sample of the values), validity, incidence, platform (with where it
        was found, if it was) and files.
    """
    valid_share = _valid_share(scene)
    return {
        "name": scene.name,
        "source": scene.source,
        "rows": scene.grid.height,
        "columns": scene.grid.width,
        "grid": _describe_grid(scene.grid),
        "ground_spacing_known": scene.gsd_known,
        "assumed_gsd_m": scene.assumed_gsd_m,
        "bands": _describe_bands(scene),
        "nodata": scene.nodata_kind if isinstance(scene, _TELLING) else "unknown",
        "valid_share": valid_share,
        "incidence_deg": scene.incidence_deg,
        **_describe_platform(scene),
        "files": _describe_files(scene),
    }


def _describe_platform(scene: Scene) -> dict[str, str | None]:
    told = {"platform": scene.platform}
    if isinstance(scene, _TELLING) and scene.platform_from:
        return {**told, "platform_found": scene.platform_from}
    return told


def _describe_grid(grid: GeoGrid) -> dict[str, Any]:
    down, across = grid.sampled_spacing_m()
    epsg = grid.crs.to_epsg()
    return {
        "crs": grid.crs.name,
        "epsg": epsg,
        "transform": list(grid.transform)[:6],
        "rotated": grid.is_rotated,
        "bounds": list(grid.bounds),
        "row_spacing_m": _range(down),
        "column_spacing_m": _range(across),
        "bbox_lonlat": lonlat_bbox(footprint_lonlat(grid)),
    }


def _range(spacing_m: FloatArray) -> list[float]:
    return [round(float(spacing_m.min()), 3), round(float(spacing_m.max()), 3)]


def _describe_bands(scene: Scene) -> list[dict[str, Any]]:
    findings = scene.findings if isinstance(scene, _TELLING) else ()
    sample = sample_values(lambda block: _values(scene, block), scene.grid.shape)
    described: list[dict[str, Any]] = [
        {
            "polarisation": band.polarisation,
            "quantity": band.quantity,
            "scale": band.scale,
            "percentiles": _percentiles(values),
        }
        for band, values in zip(scene.bands, sample, strict=True)
    ]
    for entry, finding in zip(described, findings, strict=False):
        entry["found"] = {
            "polarisation": finding.polarisation_from,
            "quantity": finding.quantity_from,
            "scale": finding.scale_from,
        }
    return described


def _values(scene: Scene, block: Block) -> tuple[Float32Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    raster = scene.read(block)
    return raster.values, raster.valid


def _percentiles(values: Float32Array) -> dict[str, float]:
    if values.size == 0:
        return {}
    found = np.percentile(values, _PERCENTILES)
    return {f"p{p}": float(f"{v:.5g}") for p, v in zip(_PERCENTILES, found, strict=True)}


def _valid_share(scene: Scene) -> float:
    counts = (int(scene.read(b).valid.sum()) for b in row_blocks(scene.grid.shape))
    return sum(counts) / scene.grid.block.size


def _describe_files(scene: Scene) -> list[dict[str, Any]]:
    if not isinstance(scene, GeoTiffScene):
        return []
    return [_describe_file(*pair) for pair in zip(scene.paths, scene.facts, strict=True)]


def _describe_file(path: str, facts: RasterFacts) -> dict[str, Any]:
    return {
        "path": path,
        "driver": facts.driver,
        "dtype": facts.dtypes[0],
        "compression": facts.compression,
        "tile_rows": facts.tile_shape[0],
        "tile_columns": facts.tile_shape[1],
        "overviews": list(facts.overviews),
        # JSON has no NaN
        "nodata_value": None if facts.nodata[0] is None else str(facts.nodata[0]),
    }
