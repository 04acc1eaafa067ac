"""Boxes of objects that a user gives for a scene, as the table of ships that images have.

Files of vectors and tables with ``lon`` and ``lat`` are in map coordinates; VOC annotations and
tables with ``xmin``, ``ymin``, ``xmax`` and ``ymax`` are in pixels of the scene. Objects of other
kinds than ships are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from sargeo.errors import ReferenceDataError
from sargeo.geo.grid import GeoGrid
from sargeo.geo.placement import on_grid
from sargeo.geo.vectors import SHAPES, read_vectors
from sargeo.legend import OBJECT_KINDS
from sargeo_training.data.chips.evidence.objects import metres_per_pixel
from sargeo_training.data.sources.ssdd import ship_rows

WHAT = "table of objects"

_PIXELS, _DEGREES = ("xmin", "ymin", "xmax", "ymax"), ("lon", "lat")
_AREA = 2  # dimensions of a polygon
_UPRIGHT = 0.99
"""A polygon that fills this share of its upright box is one: it does not tell a length."""


@dataclass(frozen=True, eq=False)
class ChipObjects:
    """The objects of a chip.

    Attributes
    ----------
    ships : ndarray of float32, shape (M, 5)
        In pixels of the chip; columns as `sargeo_training.images.SHIP_COLUMNS`.
    categories : tuple of str or None
        One for each ship.
    searched : ndarray of bool, shape (H, W)
        Where every ship is in the table.
    """

    ships: NDArray[np.float32]
    categories: tuple[str | None, ...]
    searched: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SceneObjects:
    """The objects of a scene.

    Attributes
    ----------
    layer : str
        As texts name it.
    grid : GeoGrid
        Of the scene.
    ships : ndarray of float64, shape (M, 5)
        In pixels of the scene; columns as `sargeo_training.images.SHIP_COLUMNS`.
    categories : tuple of str or None
        One for each ship.
    complete : bool
        Whether every ship of the scene is in the table.
    """

    layer: str
    grid: GeoGrid
    ships: NDArray[np.float64]
    categories: tuple[str | None, ...]
    complete: bool

    @classmethod
    def read(cls, path: Path, scene: GeoGrid, *, layer: str, complete: bool) -> SceneObjects:
        """Read GeoJSON, GeoPackage or other vectors, CSV, or a VOC annotation.

        Points and boxes will do; the fields ``length_m``, ``category`` and ``kind`` are read where
        they exist.

        Raises
        ------
        sargeo.errors.ReferenceDataError
            If the file cannot be read, or its coordinates cannot be told.
        """
        read = {".csv": _csv, ".xml": _voc}.get(path.suffix.lower(), _vectors)
        ships, categories = read(path, scene)
        return cls(layer, scene, ships, categories, complete)

    def within(self, chip: GeoGrid) -> ChipObjects:
        """Return the ships whose centre lies in a chip.

        Parameters
        ----------
        chip : GeoGrid
            In the CRS of the scene, with rows and columns along the scene's.
        """
        to_chip = ~chip.transform @ self.grid.transform
        across, down = abs(to_chip.a), abs(to_chip.e)
        ships = self.ships.copy()
        ships[:, 1], ships[:, 0] = to_chip @ (self.ships[:, 1], self.ships[:, 0])
        ships[:, 4] *= metres_per_pixel(
            ships[:, 2], ships[:, 3], (np.full(len(ships), down), np.full(len(ships), across))
        )
        ships[:, 2] *= down
        ships[:, 3] *= across
        inside = chip.block.contains(ships[:, 0], ships[:, 1])
        kept = tuple(c for c, within in zip(self.categories, inside, strict=True) if within)
        searched = np.full(chip.shape, self.complete)
        return ChipObjects(ships[inside].astype(np.float32), kept, searched)


Table = tuple[NDArray[np.float64], tuple[str | None, ...]]
"""Ships of a scene and their categories."""


def _vectors(path: Path, scene: GeoGrid) -> Table:
    frame = read_vectors(path, ReferenceDataError, WHAT, SHAPES, may_be_empty=True)
    strange = {*frame.geom_type} - {"Point", "Polygon"}
    if strange:
        raise ReferenceDataError(
            f"The {WHAT} {path} holds {', '.join(sorted(strange))}.",
            "Give points, or polygons of one box each.",
        )
    frame = frame.set_geometry(on_grid(frame.geometry, scene))
    frame = frame[~frame.geometry.is_empty]

    def in_pixels(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(scene.rowcol(*xy.T)[::-1], axis=1)

    return _table(frame, shapely.transform(frame.geometry.to_numpy(), in_pixels), scene)


def _csv(path: Path, scene: GeoGrid) -> Table:
    try:
        frame = pd.read_csv(path, encoding="utf-8-sig").rename(columns=str.lower)
        if {*_PIXELS} <= {*frame.columns}:
            left, top, right, bottom = (frame[key].to_numpy(float) for key in _PIXELS)
            return _table(frame, shapely.box(left, top, right, bottom), scene)
        if {*_DEGREES} <= {*frame.columns}:
            points = gpd.points_from_xy(*(frame[key] for key in _DEGREES), crs=4326)
            rows, cols = scene.rowcol(*shapely.get_coordinates(points.to_crs(scene.crs)).T)
            return _table(frame, np.asarray(shapely.points(cols, rows)), scene)
    except (OSError, ValueError) as error:
        raise ReferenceDataError(
            f"The {WHAT} {path} cannot be read: {error}.",
            "Save it as CSV in UTF-8, with numbers in the columns of coordinates.",
        ) from error
    raise ReferenceDataError(
        f"The {WHAT} {path} has the columns {', '.join(map(str, frame.columns))}.",
        f"Give it the columns {', '.join(_PIXELS)} in pixels, or {' and '.join(_DEGREES)}.",
    )


def _voc(path: Path, _scene: GeoGrid) -> Table:
    """Read an annotation as SSDD has them; a name other than "ship" is a category."""
    try:
        root = ElementTree.parse(path).getroot()
        ships = ship_rows(root).astype(np.float64)
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise ReferenceDataError(
            f"The {WHAT} {path} cannot be read as a VOC annotation: {error}.",
            "Give an XML file with an object element, and in it a bndbox, for each ship.",
        ) from error
    if np.isnan(ships[:, :2]).any():
        raise ReferenceDataError(
            f"The {WHAT} {path} holds an object without a box.",
            "Give each object a bndbox with xmin, ymin, xmax and ymax.",
        )
    names = [(item.findtext("name") or "").strip().lower() for item in root.findall("object")]
    return ships, tuple(None if name in ("", *OBJECT_KINDS) else name for name in names)


def _table(frame: pd.DataFrame, shapes: NDArray[Any], scene: GeoGrid) -> Table:
    """Return the ships of a frame; shapes are points or polygons (col, row) in pixels."""
    if "kind" in frame:
        ships = frame["kind"].isin(OBJECT_KINDS).to_numpy()
        frame, shapes = frame[ships], shapes[ships]
    left, top, right, bottom = shapely.bounds(shapes).reshape(-1, 4).T
    boxed = shapely.get_dimensions(shapes) == _AREA
    height, width = (np.where(boxed, side, np.nan) for side in (bottom - top, right - left))
    rows, cols = (top + bottom) / 2, (left + right) / 2
    length = _longer_sides(shapes)
    if "length_m" in frame:
        per_pixel = metres_per_pixel(height, width, scene.spacing_m(rows, cols))
        length = frame["length_m"].to_numpy(float) / per_pixel
    told = frame["category"] if "category" in frame else pd.Series(None, frame.index, dtype=object)
    categories = tuple(None if pd.isna(c) else str(c).strip().lower() for c in told)
    return np.stack([rows, cols, height, width, length], axis=1), categories


def _longer_sides(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Longer side of each rotated box; NaN for points and for upright boxes."""
    lengths = np.full(len(shapes), np.nan)
    turned = shapely.area(shapes) < _UPRIGHT * shapely.area(shapely.envelope(shapes))
    for i in np.flatnonzero(turned):
        corners = shapely.get_coordinates(shapely.oriented_envelope(shapes[i]))
        lengths[i] = np.hypot(*np.diff(corners[:3], axis=0).T).max()
    return lengths
