"""What ``sargeo info`` tells of a scene, in plain types."""

from __future__ import annotations

from typing import Any

import numpy as np

from sargeo.geo.footprint import footprint_lonlat, lonlat_bbox
from sargeo.geo.grid import Block, FloatArray, GeoGrid
from sargeo.scene.geotiff import GeoTiffScene
from sargeo.scene.notices import notices
from sargeo.scene.radiometry import Float32Array
from sargeo.scene.rasterfile import RasterFacts
from sargeo.scene.sampling import row_blocks, sample_values
from sargeo.scene.scene import Scene
from sargeo.scene.validity import Why
from sargeo.scene.xarray import DataArrayScene

_PERCENTILES = (1, 25, 50, 75, 99)

_REASONS = {
    Why.NOT_FINITE: "NaN or infinite",
    Why.IMPOSSIBLE: "numbers that no backscatter has",
    Why.REGION: "regions of zeros or of one impossible value",
}

BY_VALUE = (_REASONS[Why.IMPOSSIBLE], _REASONS[Why.REGION])
"""Reasons that only the values tell."""

_TELLING = GeoTiffScene, DataArrayScene
"""Scenes that tell where they found what."""


def describe(scene: Scene) -> dict[str, Any]:
    """Describe a scene. Reads all of its pixels once, block by block, to count what is nodata.

    Returns
    -------
    dict
        JSON types only: name, source, size, grid, bands (with where each property was found and
        percentiles of a fixed sample of the values), bands that are left out, what users should
        know of how it was read (`sargeo.scene.notices`), validity, what was
        masked (by band, why, and how many pixels), incidence, platform and time of acquisition
        (with where they were found, if they were) and files.
    """
    masked, valid_share = _masked(scene)
    return {
        "name": scene.name,
        "source": scene.source,
        "rows": scene.grid.height,
        "columns": scene.grid.width,
        "grid": _describe_grid(scene.grid),
        "ground_spacing_known": scene.gsd_known,
        "assumed_gsd_m": scene.assumed_gsd_m,
        "bands": _describe_bands(scene),
        "notices": list(notices(scene)),
        "left_out": _describe_companions(scene),
        "nodata": scene.nodata_kind if isinstance(scene, _TELLING) else "unknown",
        "valid_share": valid_share,
        "masked": masked,
        "incidence_deg": scene.incidence_deg,
        **_describe_platform(scene),
        **_describe_acquisition(scene),
        "files": _describe_files(scene),
    }


def _describe_platform(scene: Scene) -> dict[str, str | None]:
    told = {"platform": scene.platform}
    if isinstance(scene, _TELLING) and scene.platform_from:
        return {**told, "platform_found": scene.platform_from}
    return told


def _describe_acquisition(scene: Scene) -> dict[str, str | None]:
    told = {"acquired": None if scene.acquired is None else scene.acquired.isoformat()}
    if isinstance(scene, _TELLING) and scene.acquired_from:
        return {**told, "acquired_found": scene.acquired_from}
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
    likely = scene.likely if isinstance(scene, GeoTiffScene) else tuple
    sample = sample_values(lambda block: _values(scene, block), scene.grid.shape, likely)
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


def _describe_companions(scene: Scene) -> list[dict[str, Any]]:
    companions = scene.companions if isinstance(scene, _TELLING) else ()
    return [{"band": c.position + 1, "name": c.name, "what": c.what} for c in companions]


def _masked(scene: Scene) -> tuple[list[dict[str, Any]], float]:
    """Count what is nodata, by band and reason, and return the share of pixels that are valid."""
    rows = row_blocks(scene.grid.shape)
    if not isinstance(scene, _TELLING):
        counts = (int(scene.read(block).valid.sum()) for block in rows)
        return [], sum(counts) / scene.grid.block.size
    pixels = np.zeros((len(scene.bands), max(Why) + 1), np.int64)
    valid = 0
    for block in rows:
        reasons = scene.measurements.reasons(block)
        valid += int((~reasons.any(axis=0)).sum())
        pixels += [np.bincount(r.ravel(), minlength=len(pixels[0])) for r in reasons]
    masked = [
        {"band": band.polarisation, "why": _why(Why(why), kind), "pixels": int(pixels[i, why])}
        for i, (band, kind) in enumerate(zip(scene.bands, _said_kinds(scene), strict=True))
        for why in Why
        if pixels[i, why]
    ]
    return masked, valid / scene.grid.block.size


def _said_kinds(scene: GeoTiffScene | DataArrayScene) -> list[str]:
    if isinstance(scene, DataArrayScene):
        return [scene.nodata_kind] * len(scene.bands)
    return [" or ".join(facts.nodata_kinds) for facts in scene.facts for _ in facts.indexes]


def _why(why: Why, said: str) -> str:
    return said if why is Why.SAID else _REASONS[why]


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
