"""Dense labels for the ground between the polygons, learnt from the optical picture.

A classifier is fitted on the cells of the Sentinel-2 picture that lie in training polygons, and
asked about all others. Its answer is kept where it is sure, away from the borders of its classes
and off every tile that is held out or validated on, then moved onto the radar picture. What comes
out is noisy; `PROTOCOL.md` says how noisy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.features import geometry_mask, rasterize
from scipy.ndimage import gaussian_filter, label, maximum_filter, minimum_filter
from shapely import Polygon

from sargeo.geo.grid import GeoGrid
from sargeo.legend import BARE, BUILT_UP, LAND_COVER, LOW_VEGETATION, OPEN_WATER, TREES
from sargeo_training.images import UNKNOWN
from sargeo_training.reference.blocks import SCENES, GroundBlock
from sargeo_training.reference.cells import CELL_PX, cell_features, covered_cells
from sargeo_training.reference.displacement import measured_displacements, shift_to_radar
from sargeo_training.reference.labels import load_landcover, reserved_ground, split_of_run
from sargeo_training.reference.pictures import OPTICAL, picture_path

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

CODES = np.array([c.code for c in LAND_COVER], dtype=np.uint8)
CELLS_PER_POLYGON = 150
SMOOTHING_CELLS = 0.7
SURE: dict[int, float] = {
    TREES.code: 0.97,
    LOW_VEGETATION.code: 0.9,
    BUILT_UP.code: 0.9,
    BARE.code: 0.97,
    OPEN_WATER.code: 0.95,
}
"""Least probability of a class for its label to be kept.

With training blocks left out in turn, 95 % of such cells are right, or more, before borders are
dropped; of trees and bare some 92 %, which no cut brings to 95 % without giving up nearly half of
them.
"""

BORDER_CELLS = 2
"""Two cells are what nine in ten displacements between the measured blocks are right within."""

SMALLEST_WATER_CELLS = 200
"""Smaller water is mostly the shade of a hill or of a tower, or asphalt."""

_SEED = 0


@dataclass(frozen=True)
class Cells:
    """The cells of a scene's optical picture.

    Attributes
    ----------
    grid : GeoGrid
        Of the cells.
    covered : ndarray of bool, shape (rows, cols)
    features : ndarray of float32, shape (features, rows, cols)
    """

    grid: GeoGrid
    covered: NDArray[np.bool_]
    features: NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Cells that lie in polygons.

    Attributes
    ----------
    features : ndarray of float32, shape (N, features)
    codes : ndarray of uint8, shape (N,)
    polygons : ndarray of int64, shape (N,)
        Index of the polygon in its table.
    inside : ndarray of bool, shape (rows, cols)
        Which N cells these are.
    """

    features: NDArray[np.float32]
    codes: NDArray[np.uint8]
    polygons: NDArray[np.int64]
    inside: NDArray[np.bool_]


def teach(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """Label the training ground of each scene.

    Parameters
    ----------
    folder : Path
        The folder of the open data.

    Returns
    -------
    dict of str to ndarray of uint8, shape (rows, cols)
        Codes of the legend or `UNKNOWN`, on the pixels of the radar picture, by scene.
    """
    polygons = load_landcover(on="optical")
    taught = polygons[split_of_run(polygons) == "train"]
    cells = {scene: read_cells(folder, scene) for scene in SCENES}
    model = fit([examples(cells[scene], taught, scene) for scene in SCENES])
    codes = {scene: label_cells(model, cells.pop(scene), taught) for scene in SCENES}
    return {scene: _on_radar(codes[scene], polygons, scene) for scene in SCENES}


def read_cells(folder: Path, scene: str) -> Cells:
    """Read the optical picture of a scene and describe its cells."""
    with rasterio.open(picture_path(folder, OPTICAL, scene)) as file:
        picture = np.asarray(file.read(), dtype=np.uint8)
    covered = covered_cells(picture)
    grid = SCENES[scene].zoom_out(CELL_PX, CELL_PX)
    return Cells(grid, covered, cell_features(picture, covered))


def examples(cells: Cells, polygons: gpd.GeoDataFrame, scene: str) -> Examples:
    """Return the covered cells of a scene whose centre lies in a polygon.

    Parameters
    ----------
    cells : Cells
    polygons : geopandas.GeoDataFrame
        As ``load_landcover(on="optical")`` returns them.
    scene : str
    """
    mine = polygons[polygons["scene"] == scene].to_crs(cells.grid.crs)
    shapes = zip(mine.geometry, mine.index + 1, strict=True)
    burnt = rasterize(
        shapes, cells.covered.shape, fill=0, transform=cells.grid.transform, dtype="int32"
    )
    inside = cells.covered & (burnt > 0)
    which = burnt[inside].astype(np.int64) - 1
    code_of = {c.name: c.code for c in LAND_COVER}
    codes = mine["class"].map(code_of).loc[which].to_numpy(dtype=np.uint8)
    return Examples(cells.features[:, inside].T, codes, which, inside)


def fit(parts: list[Examples]) -> HistGradientBoostingClassifier:
    """Fit the classifier, every polygon heard a limited number of times, every class equally."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    features = np.concatenate([part.features for part in parts])
    codes = np.concatenate([part.codes for part in parts])
    heard = some_of_each(np.concatenate([part.polygons for part in parts]), CELLS_PER_POLYGON)
    model = HistGradientBoostingClassifier(
        max_iter=60,
        learning_rate=0.12,
        max_leaf_nodes=12,
        min_samples_leaf=60,
        l2_regularization=5.0,
        max_features=0.3,
        class_weight="balanced",
        early_stopping=False,
        random_state=_SEED,
    )
    return model.fit(features[heard], codes[heard])


def some_of_each(groups: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the places of at most ``most`` members of each group, chosen at random, sorted."""
    shuffled = np.random.default_rng(_SEED).permutation(len(groups))
    order = shuffled[np.argsort(groups[shuffled], kind="stable")]
    _, first, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    rank = np.arange(len(groups)) - np.repeat(first, sizes)
    return np.sort(order[rank < most])


def class_shares(
    model: HistGradientBoostingClassifier, cells: Cells, asked: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the classifier's probabilities, smoothed over neighbouring cells.

    Parameters
    ----------
    model : HistGradientBoostingClassifier
        See `fit`.
    cells : Cells
    asked : ndarray of bool, shape (rows, cols)
        Which cells the classifier is asked about.

    Returns
    -------
    ndarray of float32, shape (classes, rows, cols)
        In the order of the legend; 0 where it was not asked.
    """
    shares = np.zeros((len(CODES), *asked.shape), dtype=np.float32)
    order = np.searchsorted(model.classes_, CODES)
    shares[:, asked] = model.predict_proba(cells.features[:, asked].T).T[order]
    near = gaussian_filter(asked.astype(np.float32), SMOOTHING_CELLS)
    for share in shares:
        share[:] = np.where(asked, gaussian_filter(share, SMOOTHING_CELLS) / near.clip(1e-6), 0)
    return shares


def label_cells(
    model: HistGradientBoostingClassifier, cells: Cells, taught: gpd.GeoDataFrame
) -> NDArray[np.uint8]:
    """Label the cells that the classifier is sure of.

    Trees are believed only on tiles where trees were taught: what it took for trees on tiles that
    it had never seen was mostly something else.

    Parameters
    ----------
    model : HistGradientBoostingClassifier
        See `fit`.
    cells : Cells
    taught : geopandas.GeoDataFrame
        The polygons that it was fitted on, with ``block`` and ``class``.

    Returns
    -------
    ndarray of uint8, shape (rows, cols)
        Codes of the legend or `UNKNOWN`, on the optical picture; `UNKNOWN` on reserved ground.
    """
    asked = cells.covered & ~reserved(cells.grid)
    codes = np.where(asked, sure_codes(class_shares(model, cells, asked)), np.uint8(UNKNOWN))
    with_trees = taught.loc[taught["class"] == TREES.name, "block"]
    wooded = _touched([GroundBlock.parse(name).tile_outline for name in with_trees], cells.grid)
    codes[(codes == TREES.code) & ~wooded] = UNKNOWN
    return codes


def sure_codes(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the code of the likeliest class where it is likely enough and far from others.

    Parameters
    ----------
    shares : ndarray of float32, shape (classes, rows, cols)
        In the order of the legend.

    Returns
    -------
    ndarray of uint8, shape (rows, cols)
    """
    codes = CODES[shares.argmax(axis=0)]
    least = np.array([SURE[code] for code in CODES], dtype=np.float32)[shares.argmax(axis=0)]
    keep = (shares.max(axis=0) >= least) & _inside(codes) & ~_small_water(codes)
    return np.where(keep, codes, UNKNOWN).astype(np.uint8)


def reserved(grid: GeoGrid) -> NDArray[np.bool_]:
    """Tell which cells or pixels of a grid touch a tile that is held out or validated on."""
    return _touched(reserved_ground(), grid)


def _touched(outlines: list[Polygon], grid: GeoGrid) -> NDArray[np.bool_]:
    outside = geometry_mask(outlines, grid.shape, grid.transform, all_touched=True)
    return np.asarray(~outside)


def _inside(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which cells have no other class within `BORDER_CELLS`."""
    width = 2 * BORDER_CELLS + 1
    return np.asarray(minimum_filter(codes, width) == maximum_filter(codes, width))


def _small_water(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    patches, _ = label(codes == OPEN_WATER.code)
    sizes = np.bincount(patches.ravel())
    sizes[0] = 0
    return np.asarray((patches > 0) & (sizes < SMALLEST_WATER_CELLS)[patches])


def _on_radar(
    codes: NDArray[np.uint8], polygons: gpd.GeoDataFrame, scene: str
) -> NDArray[np.uint8]:
    moved = shift_to_radar(codes, *measured_displacements(polygons, scene))
    moved[reserved(SCENES[scene])] = UNKNOWN
    return moved
