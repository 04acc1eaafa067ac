"""Draw the picture of the README from the products of a run.

python docs/picture.py OUT_DIR docs/images/los-angeles.png --rows 5900 8192 --cols 8192 11264
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import rasterio
from matplotlib.patches import Patch
from rasterio.windows import Window

from sargeo import read_objects
from sargeo.legend import LAND_COVER
from sargeo.products.names import find_products


def draw(folder: Path, picture: Path, rows: tuple[int, int], cols: tuple[int, int]) -> None:
    """Draw land cover and objects of a part of a mapped scene, with a legend."""
    window = Window.from_slices(rows, cols)
    with rasterio.open(find_products(folder).landcover) as product:
        shape = ((rows[1] - rows[0]) // 2, (cols[1] - cols[0]) // 2)
        codes = product.read(1, window=window, out_shape=shape)
        transform = product.window_transform(window)
    image = np.full((*shape, 3), 255, dtype=np.uint8)
    for entry in LAND_COVER:
        image[codes == entry.code] = entry.rgb
    objects = read_objects(folder)
    col, row = ~transform * (objects.geometry.x.to_numpy(), objects.geometry.y.to_numpy())
    inside = (row > 0) & (row < rows[1] - rows[0]) & (col > 0) & (col < cols[1] - cols[0])
    figure, axes = plt.subplots(figsize=(9, 7.6), layout="constrained")
    axes.imshow(image, extent=(0, cols[1] - cols[0], rows[1] - rows[0], 0))
    ring = axes.scatter(
        col[inside], row[inside], s=60, facecolors="none", edgecolors="black", linewidths=1.4
    )
    axes.set_axis_off()
    patches = [Patch(color=c.colour, label=c.name) for c in LAND_COVER]
    ring.set_label("ship")
    axes.legend(handles=[*patches, ring], loc="lower left", ncols=6, fontsize=9)
    figure.savefig(picture, dpi=110)


def main() -> None:
    """Read the arguments and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--rows", type=int, nargs=2, required=True)
    parser.add_argument("--cols", type=int, nargs=2, required=True)
    given = parser.parse_args()
    draw(given.folder, given.picture, tuple(given.rows), tuple(given.cols))


if __name__ == "__main__":
    main()
