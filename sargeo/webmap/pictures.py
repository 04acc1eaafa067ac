"""Pictures of the page: warped to the map, coloured, and small enough."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sargeo.geo.mercator import MercatorBox
from sargeo.legend import NODATA
from sargeo.products.raster import PERCENT_NODATA
from sargeo.products.style import LEGEND
from sargeo.scene.scene import Scene
from sargeo.webmap.pixels import UInt8Array, cell_size, read_product
from sargeo.webmap.quicklook import read_quicklook

LAND_COVER_BYTES = 3_900_000
QUICKLOOK_BYTES = 3_000_000
CONFIDENCE_BYTES = 2_000_000
"""The most bytes that a picture takes, before base64 makes them a third more."""

LAND_COVER_PIXELS = 12e6
QUICKLOOK_PIXELS = 8e6
CONFIDENCE_PIXELS = 3e6
"""The most pixels of a picture, where its bytes allow them."""

CONFIDENCE_RAMP = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
"""Five colours of viridis, from 0 to 100 %: even steps to the eye, and to the colour-blind."""

_CONFIDENCE_STEP = 4

Encode = Callable[[tuple[int, int]], bytes]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image on the map.

    Attributes
    ----------
    uri : str
        The image itself, as a data URI.
    bounds : list of list of float
        Outer edges: south-west and north-east corner as [latitude, longitude].
    ground_m : float
        Side of a pixel on the ground, in the middle of the picture.
    """

    uri: str
    bounds: list[list[float]]
    ground_m: float


def land_cover_picture(path: Path, box: MercatorBox) -> Picture:
    """Draw the land cover in the legend's colours; nearest pixel of the mode overviews."""
    colours = {c.code: c.rgb for c in LEGEND}

    def encode(shape: tuple[int, int]) -> bytes:
        coarse = read_product(path, box, shape, how="mode", nodata=NODATA)
        return _png(coarse.sample(box, shape), colours)

    return _fit(box, encode, "png", LAND_COVER_BYTES, LAND_COVER_PIXELS)


def confidence_picture(path: Path, box: MercatorBox) -> Picture:
    """Draw the confidence, 0 to 100 %, in steps that the eye cannot tell apart."""
    steps = range(0, 101, _CONFIDENCE_STEP)
    colours = {step: _ramp_colour(step / 100) for step in steps}

    def encode(shape: tuple[int, int]) -> bytes:
        coarse = read_product(path, box, shape, how="average", nodata=PERCENT_NODATA)
        values = coarse.sample(box, shape)
        stepped = values // _CONFIDENCE_STEP * _CONFIDENCE_STEP
        return _png(np.where(values == PERCENT_NODATA, values, stepped), colours)

    return _fit(box, encode, "png", CONFIDENCE_BYTES, CONFIDENCE_PIXELS)


def quicklook_picture(scene: Scene, box: MercatorBox) -> Picture:
    """Draw the scene in grey."""

    def encode(shape: tuple[int, int]) -> bytes:
        coarse = read_quicklook(scene, cell_size(box, shape))
        grey = coarse.sample(box, shape)
        alpha = np.where(grey == coarse.nodata, np.uint8(0), np.uint8(255))
        return _webp(grey, alpha)

    return _fit(box, encode, "webp", QUICKLOOK_BYTES, QUICKLOOK_PIXELS)


def _fit(box: MercatorBox, encode: Encode, kind: str, budget: int, max_pixels: float) -> Picture:
    """Encode at the best resolution whose image keeps within the budget, in bytes."""
    shape = box.picture_shape(max_pixels)
    image = encode(shape)
    while len(image) > budget:
        # Incompressible pixels take bytes in proportion; a tenth less ends the search soon.
        shape = box.picture_shape(0.9 * budget / len(image) * shape[0] * shape[1])
        image = encode(shape)
    uri = f"data:image/{kind};base64,{base64.b64encode(image).decode('ascii')}"
    ground_m = (box.top - box.bottom) / shape[0] * box.ground_per_map_metre
    return Picture(uri, box.bounds, ground_m)


def _png(values: UInt8Array, colours: Mapping[int, tuple[int, int, int]]) -> bytes:
    """Encode values as a palette image; values without a colour are transparent."""
    palette, alpha = np.zeros((256, 3), np.uint8), np.zeros(256, np.uint8)
    for value, colour in colours.items():
        palette[value], alpha[value] = colour, 255
    image = Image.fromarray(values)
    image.putpalette(palette.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=alpha.tobytes())
    return buffer.getvalue()


def _webp(grey: UInt8Array, alpha: UInt8Array) -> bytes:
    image = Image.merge("LA", (Image.fromarray(grey), Image.fromarray(alpha))).convert("RGBA")
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=75, method=2)
    return buffer.getvalue()


def _ramp_colour(share: float) -> tuple[int, int, int]:
    stops = np.linspace(0, 1, len(CONFIDENCE_RAMP))
    channels = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in CONFIDENCE_RAMP])
    red, green, blue = (round(float(np.interp(share, stops, channels[:, i]))) for i in range(3))
    return red, green, blue
