"""Synthetic scenes as GeoTIFF files, across dtype, kind of nodata, and CRS.

>>> made = write_scene(tmp_path / "x.tif", dtype="uint16", nodata_kind="tag", crs_case="mercator")
>>> made.path, made.values, made.valid  # what a reader has to find
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning

DTYPES = ("uint8", "uint16", "int16", "float32", "float64")

NODATA_KINDS = ("none", "tag", "nan", "alpha", "internal_mask", "msk_file", "zero_border")
"""How a file says which pixels hold nothing; "nan" asks for a float dtype."""

CRS_CASES: dict[str, tuple[str, Affine]] = {
    "utm_north": ("EPSG:32633", Affine(10, 0, 500_000, 0, -10, 5_000_000)),
    "utm_south": ("EPSG:32733", Affine(10, 0, 400_000, 0, -10, 6_200_000)),
    "degrees": ("EPSG:4326", Affine(1e-4, 0, 12.3, 0, -1e-4, 41.9)),
    "mercator": ("EPSG:3395", Affine(10, 0, -13_200_000, 0, -10, 4_020_000)),
    "polar_north": ("EPSG:3413", Affine(40, 0, -300_000, 0, -40, -900_000)),
    "polar_south": ("EPSG:3031", Affine(40, 0, 1_200_000, 0, -40, 700_000)),
    "antimeridian": ("EPSG:4326", Affine(1e-4, 0, 179.998, 0, -1e-4, -17.0)),
    "rotated": ("EPSG:32633", Affine(10, 0, 500_000, 0, -10, 5_000_000) @ Affine.rotation(30)),
}
"""Names of CRS and transform of the first pixel's corner."""


@dataclass(frozen=True)
class MadeScene:
    """What was written, and what a reader has to find.

    Attributes
    ----------
    path : Path
    values : ndarray of float32, shape (C, H, W)
        As stored; 0 where not valid.
    valid : ndarray of bool, shape (H, W)
    """

    path: Path
    values: NDArray[np.float32]
    valid: NDArray[np.bool_]


def backscatter_db(
    shape: tuple[int, int], channels: int = 1, *, seed: int = 0
) -> NDArray[np.float32]:
    """Return speckled backscatter in dB with a bright and a dark half, shape (C, H, W)."""
    rng = np.random.default_rng(seed)
    mean = np.where(np.arange(shape[1]) < shape[1] // 2, -9.0, -20.0)
    offsets = -6.0 * (np.arange(channels) % 2)
    speckle = 1.5 * rng.standard_normal((channels, *shape))
    return np.asarray(mean + offsets[:, None, None] + speckle, dtype=np.float32)


def in_scale(db: NDArray[np.float32], scale: str, dtype: str) -> NDArray[Any]:
    """Return backscatter in a scale and dtype; integers hold amplitudes from 1, or whole dB."""
    if scale == "db":
        return np.round(db).astype(dtype) if dtype.startswith("int") else db.astype(dtype)
    power = 10 ** (db.astype(np.float64) / 10)
    values = power if scale == "linear" else np.sqrt(power)
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    return np.clip(np.round(values * 200), 1, np.iinfo(dtype).max).astype(dtype)


def triangle_mask(shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return validity with the upper left corner, a triangle of a third of each side, left out."""
    rows, cols = np.indices(shape)
    return np.asarray(rows / shape[0] + cols / shape[1] >= 1 / 3)


def write_raster(
    path: Path | str,
    values: NDArray[Any],
    *,
    crs: str | None = "EPSG:32633",
    transform: Affine | None = CRS_CASES["utm_north"][1],
    nodata: float | None = None,
    descriptions: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    band_tags: Mapping[str, str] | None = None,
    mask: NDArray[np.bool_] | None = None,
    mask_in_file: bool = True,
    alpha: NDArray[np.bool_] | None = None,
    scale: float = 1.0,
    offset: float = 0.0,
    **profile: Any,
) -> Path:
    """Write values of shape (C, H, W) as they are, and return the path.

    ``mask`` becomes a mask band (inside the file or a ``.msk`` beside it), ``alpha`` a last band.
    """
    channels, height, width = values.shape
    options = {"driver": "GTiff", "dtype": values.dtype, "nodata": nodata, "crs": crs}
    if transform is not None:
        options["transform"] = transform
    count = channels + (alpha is not None)
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=mask_in_file),
        rasterio.open(
            path, "w", height=height, width=width, count=count, **{**options, **profile}
        ) as out,
    ):
        out.write(values, list(range(1, channels + 1)))
        if alpha is not None:
            interpretation = [ColorInterp.gray] + [ColorInterp.undefined] * (channels - 1)
            out.colorinterp = [*interpretation, ColorInterp.alpha]
            opaque = np.iinfo(values.dtype).max if values.dtype.kind != "f" else 255
            out.write((alpha * opaque).astype(values.dtype), count)
        for index, description in enumerate(descriptions, start=1):
            out.set_band_description(index, description)
        out.update_tags(**(tags or {}))
        for index in range(1, channels + 1):
            out.update_tags(index, **(band_tags or {}))
        if (scale, offset) != (1.0, 0.0):
            out.scales, out.offsets = [scale] * count, [offset] * count
        if mask is not None:
            out.write_mask(mask)
    return Path(path)


def write_scene(
    path: Path | str,
    *,
    dtype: str = "float32",
    scale: str = "db",
    nodata_kind: str = "none",
    crs_case: str = "utm_north",
    shape: tuple[int, int] = (60, 80),
    bands: Sequence[str] = ("VV", "VH"),
    quantity: str | None = None,
    seed: int = 0,
    **profile: Any,
) -> MadeScene:
    """Write a scene whose bands are described, such as "sigma0 VV dB", with a corner left out.

    Integers cannot hold a polarisation's power faithfully: ask for scale "amplitude" there (whole
    decibels fit int16); they are described as uncalibrated unless they hold decibels. With
    nodata_kind "none" all pixels are valid.
    """
    calibrated = scale == "db" or np.dtype(dtype).kind == "f"
    quantity = quantity or ("sigma0" if calibrated else "uncalibrated")
    values = in_scale(backscatter_db(shape, len(bands), seed=seed), scale, dtype)
    valid = np.ones(shape, bool) if nodata_kind == "none" else triangle_mask(shape)
    signed_low = -99 if np.dtype(dtype).kind != "u" else 0
    fill = {"tag": signed_low, "nan": np.nan, "zero_border": 0}.get(nodata_kind, 1)
    stored = np.where(valid, values, np.array(fill, dtype=dtype))
    crs, transform = CRS_CASES[crs_case]
    write_raster(
        path,
        stored,
        crs=crs,
        transform=transform,
        nodata=fill if nodata_kind in ("tag", "nan") else None,
        descriptions=[f"{quantity} {band} {scale}" for band in bands],
        mask=valid if nodata_kind in ("internal_mask", "msk_file") else None,
        mask_in_file=nodata_kind != "msk_file",
        alpha=valid if nodata_kind == "alpha" else None,
        **profile,
    )
    return MadeScene(Path(path), np.where(valid, values, 0).astype(np.float32), valid)
