"""Draws the crops that the labels were made on, so that another can check them.

``python -m sargeo_training.reference.render --data FOLDER --scene T11SLT --block 4608 6656 -o DIR``
writes one picture a block: optical on the left, radar on the right, both stretched, with the grid
of pixels, a scale bar and the labels so far. Land cover lies as drawn on the left and moved by the
displacement of its block on the right; ships were marked on the right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shapely import get_coordinates

from sargeo.legend import LAND_COVER
from sargeo_training.reference.blocks import BLOCK_PX, SCENES, GroundBlock
from sargeo_training.reference.labels import load_landcover, load_ships
from sargeo_training.reference.pictures import OPTICAL, RADAR, measure_displacement, read_picture

ZOOM = 2
MARGIN_PX = 40
GRID_PX = 64
_PANEL_PX = ZOOM * BLOCK_PX + MARGIN_PX
_BAR_M = 1000.0
_YELLOW, _SURE, _UNSURE = "#ffff00", "#ff00ff", "#ffa500"
_COLOURS = {c.name: c.colour for c in LAND_COVER} | {"trees": "#00ff00", "open water": "#00ffff"}
"""Colours of the legend, but brighter where a line would drown in the picture."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the blocks named on the command line."""
    args = _parser().parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    for row, col in args.block:
        ground = GroundBlock(args.scene, row, col)
        path = args.out / f"{ground.name}.png"
        render(args.data, ground).save(path)
        sys.stdout.write(f"{path}\n")


def render(folder: Path, ground: GroundBlock) -> Image.Image:
    """Return the picture of one block, optical beside radar."""
    optical, radar = (read_picture(folder, kind, ground) for kind in (OPTICAL, RADAR))
    rows, cols, correlation = measure_displacement(optical, radar)
    as_drawn, moved = (load_landcover(on=side) for side in ("optical", "radar"))
    page = Image.new("RGB", (2 * _PANEL_PX, _PANEL_PX))
    left = _panel(optical, ground, f"{ground.name} optical")
    _overlay(left, as_drawn, ground)
    page.paste(left, (0, 0))
    title = f"radar, measured {rows:+d} rows {cols:+d} cols (correlation {correlation:.2f})"
    right = _panel(radar, ground, title)
    _overlay(right, moved, ground)
    _overlay(right, load_ships(), ground)
    page.paste(right, (_PANEL_PX, 0))
    return page


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sargeo_training.reference.render")
    parser.add_argument("--data", type=Path, required=True, help="folder of the open data")
    parser.add_argument("--scene", choices=sorted(SCENES), required=True)
    parser.add_argument(
        "--block", type=int, nargs=2, action="append", required=True, metavar=("ROW", "COL")
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the pictures")
    return parser


def _panel(pixels: NDArray[np.uint8], ground: GroundBlock, title: str) -> Image.Image:
    """Return one picture, stretched and enlarged, with its grid, labels and scale bar."""
    bands = np.stack([_stretch(band) for band in pixels], axis=-1)
    picture = Image.fromarray(bands if bands.shape[-1] == 3 else bands[..., 0]).convert("RGB")
    side = ZOOM * BLOCK_PX
    panel = Image.new("RGB", (_PANEL_PX, _PANEL_PX))
    panel.paste(picture.resize((side, side), Image.Resampling.BICUBIC), (MARGIN_PX, MARGIN_PX))
    draw = ImageDraw.Draw(panel, "RGBA")
    draw.text((MARGIN_PX, 2), title, fill=_YELLOW)
    _draw_grid(draw, ground)
    _draw_scale(draw, ground)
    return panel


def _stretch(band: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Spread the values between the 0.5th and the 99th percentile of the measured pixels."""
    measured = band[band > 0]
    low, high = np.percentile(measured, (0.5, 99)) if measured.size else (0.0, 1.0)
    shares = np.clip((band - low) / max(high - low, 1.0), 0, 1)
    return np.asarray(255 * shares**0.8, dtype=np.uint8)


def _draw_grid(draw: ImageDraw.ImageDraw, ground: GroundBlock) -> None:
    """Draw a line every `GRID_PX` pixels, labelled with rows and columns of the scene."""
    for step in range(0, BLOCK_PX + 1, GRID_PX):
        at = MARGIN_PX + ZOOM * step
        draw.line([(MARGIN_PX, at), (_PANEL_PX, at)], fill=(255, 255, 255, 90))
        draw.line([(at, MARGIN_PX), (at, _PANEL_PX)], fill=(255, 255, 255, 90))
        draw.text((4, at - 6), str(ground.row + step), fill=_YELLOW)
        draw.text((at - 12, MARGIN_PX - 14), str(ground.col + step), fill=_YELLOW)


def _draw_scale(draw: ImageDraw.ImageDraw, ground: GroundBlock) -> None:
    """Draw a kilometre on the ground, near the lower left corner."""
    _, across_m = ground.grid.spacing_m(BLOCK_PX / 2, BLOCK_PX / 2)
    length = ZOOM * _BAR_M / float(across_m)
    x, y = MARGIN_PX + 16, _PANEL_PX - 16
    draw.line([(x, y), (x + length, y)], fill=_YELLOW, width=4)
    draw.text((x, y - 16), f"{_BAR_M / 1000:g} km", fill=_YELLOW)


def _overlay(panel: Image.Image, labels: gpd.GeoDataFrame, ground: GroundBlock) -> None:
    """Draw the labels of the block, each with the last part of its id."""
    mine = labels[labels["block"] == ground.name].to_crs(ground.grid.crs)
    draw = ImageDraw.Draw(panel)
    for label in mine.to_dict("records"):
        points = _on_panel(get_coordinates(label["geometry"]), ground)
        colour = _colour(label)
        draw.line(points, fill=colour, width=2)
        draw.text(points[0], str(label["id"]).rpartition("-")[2], fill=colour)


def _on_panel(
    coordinates: Iterable[Iterable[float]], ground: GroundBlock
) -> list[tuple[float, float]]:
    xs, ys = np.asarray(coordinates, dtype=float).T
    rows, cols = ground.grid.rowcol(xs, ys)
    return [
        (MARGIN_PX + ZOOM * float(col), MARGIN_PX + ZOOM * float(row))
        for row, col in zip(rows, cols, strict=True)
    ]


def _colour(label: dict[str, object]) -> str:
    if "class" in label:
        return _COLOURS[str(label["class"])]
    return _UNSURE if label["uncertain"] else _SURE


if __name__ == "__main__":
    main()
